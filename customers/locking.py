"""Customers locked for an operation on several of them, always in the order of their keys.

Two operations on the same customers then wait for each other instead of deadlocking.
"""

from collections.abc import Iterable

from .models import Customer, CustomerAlias

TRIES = 5


class UnknownCustomer(Exception):
    """No customer has, or ever had, this id."""

    def __init__(self, public_id: str):
        super().__init__(f'There is no customer "{public_id}".')


class CustomersContended(Exception):
    """The customers changed at every try to lock them."""

    def __init__(self):
        super().__init__("Temporarily unavailable, try again.")


def lock_customers(pks: Iterable[int]) -> dict[int, Customer]:
    """Those of the customers that are still there, locked."""
    rows = Customer.objects.select_for_update().filter(pk__in=list(pks)).order_by("pk")
    return {customer.pk: customer for customer in rows}


def lock_known_as(public_ids: Iterable[str]) -> dict[str, Customer]:
    """The customers that answer to these ids today, locked; merged ids give the survivor.

    Raises UnknownCustomer. Call it in a transaction.
    """
    public_ids = list(public_ids)
    for _ in range(TRIES):
        pks = keys_of(public_ids)
        locked = lock_customers(set(pks.values()))
        # Whoever was merged away while we waited for the lock answers elsewhere now.
        if locked.keys() == set(pks.values()) and keys_of(public_ids) == pks:
            return {public_id: locked[pk] for public_id, pk in pks.items()}
    raise CustomersContended


def keys_of(public_ids: list[str]) -> dict[str, int]:
    """Keys by id, aliases followed. Raises UnknownCustomer."""
    found = dict(Customer.objects.filter(public_id__in=public_ids).values_list("public_id", "pk"))
    missing = [public_id for public_id in public_ids if public_id not in found]
    if missing:
        aliases = CustomerAlias.objects.filter(public_id__in=missing)
        found |= dict(aliases.values_list("public_id", "customer_id"))
    for public_id in public_ids:
        if public_id not in found:
            raise UnknownCustomer(public_id)
    return found
