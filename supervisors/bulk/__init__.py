"""Bulk actions of the customer list: selection, forms, confirmation."""
