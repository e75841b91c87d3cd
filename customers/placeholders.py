"""Placeholders: customers that stand for all contacts without an identity on a channel type."""

from collections.abc import Iterable

from .models import Customer

PROTECTED = (
    "This is the placeholder for contacts without an identity. It cannot be changed, linked, "
    "merged or deleted. Identify a contact with its conversationId to give it a customer of its own."
)


class PlaceholderIsProtected(Exception):
    """A write to the placeholder of a channel type was requested."""

    def __init__(self):
        super().__init__(PROTECTED)


def refuse_placeholders(customers: Iterable[Customer]) -> None:
    """Raise PlaceholderIsProtected if one of the customers is a placeholder."""
    if any(customer.placeholder_for_id for customer in customers):
        raise PlaceholderIsProtected
