"""Customers from files: read columns, match rows, simulate and import."""
