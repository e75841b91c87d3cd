"""Derived columns, and their renewal in the background when their rules change."""
