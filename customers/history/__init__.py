"""The activity log: record operations, describe them, publish events."""
