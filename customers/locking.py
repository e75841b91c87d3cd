"""Customers locked for an operation on several of them, always in the order of their keys.

Two operations on the same customers then wait for each other instead of deadlocking.
"""

from collections.abc import Callable, Iterable, Mapping

from django.db import transaction
from django.db.models import QuerySet

from foundation.compiled import compiled

from .models import Customer, CustomerAlias
from .placeholders import refuse_placeholders

TRIES = 5


class UnknownCustomer(Exception):
    """No customer has, or ever had, this id."""

    def __init__(self, public_id: str):
        super().__init__(f'There is no customer "{public_id}".')


class CustomerMerged(Exception):
    """A write names a customer by its id from before a merge."""

    def __init__(self, public_id: str, survivor: str):
        super().__init__(
            f"Customer {public_id} was merged into customer {survivor}. Use that id to write."
        )
        self.survivor = survivor
        self.details = {"survivor": survivor}


class CustomersContended(Exception):
    """The customers changed at every try to lock them."""

    # For the log.
    contended = "the customers of an operation"

    def __init__(self):
        super().__init__("Temporarily unavailable, try again.")


def lock_customers(pks: Iterable[int]) -> dict[int, Customer]:
    """Those of the customers that are still there, locked."""
    return {customer.pk: customer for customer in locked_rows(*pks)}


@compiled
def locked_rows(*pks: int) -> QuerySet[Customer]:
    return Customer.objects.select_for_update().filter(pk__in=pks).order_by("pk")


def nobody(locked: Mapping[str, Customer]) -> set[int]:
    return set()


def keys_of(public_ids: Iterable[str]) -> dict[str, int]:
    """Keys by id, aliases followed. Raises UnknownCustomer."""
    public_ids = list(public_ids)
    found = own_keys(public_ids)
    if missing := [public_id for public_id in public_ids if public_id not in found]:
        aliases = CustomerAlias.objects.filter(public_id__in=missing)
        found |= dict(aliases.values_list("public_id", "customer_id"))
    for public_id in missing:
        if public_id not in found:
            raise UnknownCustomer(public_id)
    return found


def own_keys(public_ids: Iterable[str]) -> dict[str, int]:
    """Keys by id of the customers that have the id today; ids from before a merge lead nowhere."""
    return dict(known_ids(*public_ids))


@compiled
def known_ids(*public_ids: str) -> QuerySet[Customer, tuple[str, int]]:
    return Customer.objects.filter(public_id__in=public_ids).values_list("public_id", "pk")


def survivors_of(public_ids: Iterable[str]) -> dict[str, str]:
    """Ids of the survivors, by the id that each customer had before it was merged. One query."""
    aliases = CustomerAlias.objects.filter(public_id__in=list(public_ids))
    return dict(aliases.values_list("public_id", "customer__public_id"))


def customer_to_write(public_id: str) -> Customer:
    """Return the customer that a write names. Raises Customer.DoesNotExist and CustomerMerged."""
    for customer in customers_with_id(public_id):
        return customer
    for survivor in survivors_of([public_id]).values():
        raise CustomerMerged(public_id, survivor)
    raise Customer.DoesNotExist


@compiled
def customers_with_id(public_id: str) -> QuerySet[Customer]:
    return Customer.objects.filter(public_id=public_id)


def refuse_former_ids(found: Mapping[str, Customer]) -> None:
    """Raise CustomerMerged where an id leads to a customer that has another id today."""
    for public_id, customer in found.items():
        if customer.public_id != public_id:
            raise CustomerMerged(public_id, customer.public_id)


def have_these_ids(locked: Mapping[int, Customer], pks: Mapping[str, int]) -> bool:
    """Whether the ids are still those of the customers, as they were when they were locked."""
    return all(locked[pk].public_id == public_id for public_id, pk in pks.items())


def lock_by_public_id(
    public_ids: Iterable[str],
    along: Callable[[Mapping[str, Customer]], set[int]] = nobody,
    keys: Callable[[Iterable[str]], dict[str, int]] = keys_of,
    *,
    follows_merges: bool = False,
) -> dict[str, Customer]:
    """Lock the customers with these ids to write to them; call it in a transaction.

    `along` tells from them the keys of others that have to be locked as well. With `own_keys` as
    `keys`, unknown ids are left out and placeholders are the caller's to refuse. Raises
    UnknownCustomer, CustomersContended, PlaceholderIsProtected, and CustomerMerged for an id from
    before a merge, unless the caller `follows_merges` to the survivor.
    """
    public_ids = list(public_ids)
    others: set[int] = set()
    for _ in range(TRIES):
        attempt = transaction.savepoint()
        pks = keys(public_ids)
        locked = lock_customers({*pks.values(), *others})
        # Whoever was merged away while we waited for the lock answers elsewhere now.
        if locked.keys() >= set(pks.values()) and (
            have_these_ids(locked, pks) or keys(public_ids) == pks
        ):
            known = {public_id: locked[pk] for public_id, pk in pks.items()}
            if not follows_merges:
                refuse_former_ids(known)
            if keys is not own_keys:
                refuse_placeholders(known.values())
            others = along(known)
            if others <= locked.keys():
                transaction.savepoint_commit(attempt)
                return known
        # More locks now would come out of order: give these back first.
        transaction.savepoint_rollback(attempt)
    raise CustomersContended
