"""What supervisors know of an identity: whose it is, who shares it, whether it was verified."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils import timezone

from customers.models import ChannelIdentity
from customers.models.identity import Trust


@dataclass(frozen=True, slots=True)
class IdentityFlags:
    is_shared: bool
    is_retired: bool
    trust: str


def check_flags(identity: ChannelIdentity, marks: IdentityFlags) -> None:
    """Raise ValidationError keyed by model field.

    An anonymous customer stands for its identifier: where channels could no longer find it by
    that, nobody else could be created for it either.
    """
    if identity.is_anonymous and marks.is_shared:
        raise ValidationError({"is_shared": "Name the customer first: it is anonymous."})
    if identity.is_anonymous and marks.is_retired:
        raise ValidationError({"is_retired": "Name or delete the customer: it is anonymous."})


def flags_of(identity: ChannelIdentity) -> IdentityFlags:
    return IdentityFlags(identity.is_shared, identity.is_retired, identity.trust)


def write_flags(identity: ChannelIdentity, wanted: IdentityFlags, author: str) -> None:
    """Write the marks as `author` set them. Raises ValidationError keyed by model field."""
    if wanted == flags_of(identity):
        return
    check_flags(identity, wanted)
    if wanted.trust != identity.trust:
        verified = wanted.trust == Trust.VERIFIED
        identity.verified_at = timezone.now() if verified else None
        identity.verified_by = author if verified else ""
    identity.is_shared = wanted.is_shared
    identity.is_retired = wanted.is_retired
    identity.trust = wanted.trust
    identity.save(update_fields=["is_shared", "is_retired", "trust", "verified_at", "verified_by"])
