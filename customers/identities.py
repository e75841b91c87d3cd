"""What supervisors know of an identity: whose it is, who shares it, whether it was verified."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from access.actors import Caller

from .lifecycle import touch_customer
from .models import ChannelIdentity, Customer
from .models.identity import Trust


@dataclass(frozen=True, slots=True)
class Marks:
    is_shared: bool
    is_retired: bool
    trust: str


def check_marks(identity: ChannelIdentity, marks: Marks) -> None:
    """Raise ValidationError keyed by model field.

    An anonymous customer stands for its identifier: where channels could no longer find it by
    that, nobody else could be created for it either.
    """
    if identity.is_anonymous and marks.is_shared:
        raise ValidationError({"is_shared": "Name the customer first: it is anonymous."})
    if identity.is_anonymous and marks.is_retired:
        raise ValidationError({"is_retired": "Name or delete the customer: it is anonymous."})


@transaction.atomic
def mark_identities(customer: Customer, marks: Mapping[int, Marks], *, caller: Caller) -> None:
    """Mark identities of the customer, by their key; those that are gone are passed over.

    The version of the customer moves once, if anything changed. Raises ValidationError.
    """
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    author = caller.get_username()
    changed = False
    for identity in customer.identities.filter(pk__in=marks).order_by("id"):
        wanted = marks[identity.pk]
        if wanted == Marks(identity.is_shared, identity.is_retired, identity.trust):
            continue
        check_marks(identity, wanted)
        mark_identity(identity, wanted, author)
        changed = True
    if changed:
        touch_customer(customer, author)


def mark_identity(identity: ChannelIdentity, wanted: Marks, author: str) -> None:
    if wanted.trust != identity.trust:
        verified = wanted.trust == Trust.VERIFIED
        identity.verified_at = timezone.now() if verified else None
        identity.verified_by = author if verified else ""
    identity.is_shared = wanted.is_shared
    identity.is_retired = wanted.is_retired
    identity.trust = wanted.trust
    identity.save(update_fields=["is_shared", "is_retired", "trust", "verified_at", "verified_by"])
