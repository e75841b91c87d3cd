""" "Not the same person", remembered: who was told apart is not suggested again."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from access.actors import Caller
from customers.locking import lock_by_public_id
from customers.models import Customer, CustomerAlias, DuplicatePair, NotSamePerson


@transaction.atomic
def mark_not_duplicates(one: str, other: str, *, caller: Caller, reason: str = "") -> NotSamePerson:
    """Remember that two customers are two people. Raises UnknownCustomer, ValidationError."""
    locked = lock_by_public_id([one, other])
    if locked[one].pk == locked[other].pk:
        raise ValidationError({"other": "A customer cannot be told apart from itself."})
    first, second = sorted((locked[one].public_id, locked[other].public_id))
    decision, _ = NotSamePerson.objects.get_or_create(
        first=first,
        second=second,
        defaults={"decided_by": caller.get_username(), "reason": reason},
    )
    low, high = sorted((locked[one].pk, locked[other].pk))
    DuplicatePair.objects.filter(first=low, second=high).delete()
    return decision


def not_duplicate_pairs(pks: Iterable[int]) -> set[tuple[int, int]]:
    """The pairs (smaller key first) among these customers that were told apart. Three queries."""
    known: dict[str, int] = {}
    pks = set(pks)
    customers = Customer.objects.filter(pk__in=pks)
    known |= dict(customers.values_list("public_id", "pk"))
    aliases = CustomerAlias.objects.filter(customer__in=pks)
    known |= dict(aliases.values_list("public_id", "customer_id"))
    decisions = NotSamePerson.objects.filter(Q(first__in=known) & Q(second__in=known))
    return {
        (min(pair), max(pair))
        for first, second in decisions.values_list("first", "second")
        if len(pair := {known[first], known[second]}) == 2
    }


def not_duplicates_of(customer_pk: int) -> set[int]:
    """Who was told apart from this customer. One query, and two more where somebody was."""
    own = Customer.objects.filter(pk=customer_pk).values("public_id")
    former = CustomerAlias.objects.filter(customer=customer_pk).values("public_id")
    about = Q(first__in=own) | Q(second__in=own) | Q(first__in=former) | Q(second__in=former)
    decisions = NotSamePerson.objects.filter(about).values_list("first", "second")
    named = {public_id for pair in decisions for public_id in pair}
    if not named:
        return set()
    customers = Customer.objects.filter(public_id__in=named).values_list("pk", flat=True)
    aliases = CustomerAlias.objects.filter(public_id__in=named)
    return {*customers, *aliases.values_list("customer", flat=True)} - {customer_pk}
