"""Merge customers, split them, merge groups of likely duplicates."""
