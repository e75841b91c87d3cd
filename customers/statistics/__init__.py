"""Figures about all customers."""
