"""Customers, their identities and what is done to them: the domain and its API."""
