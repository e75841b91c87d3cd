"""The administration, in which supervisors work."""
