"""Undo operations: find conflicts, check permissions, restore rows."""
