"""The customer list and the customer pages of the administration."""
