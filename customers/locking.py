"""Customers locked for an operation on several of them, always in the order of their keys.

Two operations on the same customers then wait for each other instead of deadlocking.
"""

from collections.abc import Callable, Iterable, Mapping

from django.db import transaction

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


def nobody(locked: Mapping[str, Customer]) -> set[int]:
    return set()


def keys_of(public_ids: Iterable[str]) -> dict[str, int]:
    """Keys by id, aliases followed. Raises UnknownCustomer."""
    public_ids = list(public_ids)
    found = known_keys(public_ids)
    for public_id in public_ids:
        if public_id not in found:
            raise UnknownCustomer(public_id)
    return found


def known_keys(public_ids: Iterable[str]) -> dict[str, int]:
    """Keys by id, aliases followed, of those who are there."""
    public_ids = list(public_ids)
    found = dict(Customer.objects.filter(public_id__in=public_ids).values_list("public_id", "pk"))
    missing = [public_id for public_id in public_ids if public_id not in found]
    if missing:
        aliases = CustomerAlias.objects.filter(public_id__in=missing)
        found |= dict(aliases.values_list("public_id", "customer_id"))
    return found


def own_keys(public_ids: Iterable[str]) -> dict[str, int]:
    """Keys by id of those who have the id today; ids from before a merge lead nowhere."""
    customers = Customer.objects.filter(public_id__in=list(public_ids))
    return dict(customers.values_list("public_id", "pk"))


def lock_known_as(
    public_ids: Iterable[str],
    along: Callable[[Mapping[str, Customer]], set[int]] = nobody,
    keys: Callable[[Iterable[str]], dict[str, int]] = keys_of,
) -> dict[str, Customer]:
    """The customers that answer to these ids today, locked; merged ids give the survivor.

    `along` tells from them the keys of others that have to be locked as well. With `known_keys`
    or `own_keys` as `keys`, who is unknown is left out. Raises UnknownCustomer and CustomersContended. Call it
    in a transaction.
    """
    public_ids = list(public_ids)
    others: set[int] = set()
    for _ in range(TRIES):
        attempt = transaction.savepoint()
        pks = keys(public_ids)
        locked = lock_customers({*pks.values(), *others})
        # Whoever was merged away while we waited for the lock answers elsewhere now.
        if locked.keys() >= set(pks.values()) and keys(public_ids) == pks:
            known = {public_id: locked[pk] for public_id, pk in pks.items()}
            others = along(known)
            if others <= locked.keys():
                transaction.savepoint_commit(attempt)
                return known
        # More locks now would come out of order: give these back first.
        transaction.savepoint_rollback(attempt)
    raise CustomersContended
