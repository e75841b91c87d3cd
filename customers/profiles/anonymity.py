"""Who is anonymous, and that no two anonymous customers hold one identifier (contract 13.6)."""

from collections.abc import Iterable

from django.db.models import F, QuerySet

from customers.models import ChannelIdentity, Customer
from customers.system_fields import NAME_FIELD
from foundation.text import tidied
from schema_builder.schema import Schema

from .identifiers import Identifier


def stays_anonymous(schema: Schema, name: str, stated: bool | None) -> bool:
    """Contract 13.6: anonymous only under the default name, and only unless stated otherwise."""
    return stated is not False and name in ("", default_name(schema))


def default_name(schema: Schema) -> str:
    return tidied(str(schema.by_key[NAME_FIELD].default_value or ""))


def take_over_from_anonymous(customer: Customer, identifiers: list[Identifier]) -> None:
    """Move identifiers here from the anonymous customers that hold them.

    Two anonymous customers cannot hold one identifier; the client links an unknown caller to
    another anonymous profile by writing the identifier there (contract 7).
    """
    for identifier in identifiers:
        held = held_anonymously(customer, identifier)
        Customer.objects.filter(identities__in=held).update(version=F("version") + 1)
        held.delete()


def anonymous_rivals(customer: Customer, identifiers: Iterable[Identifier]) -> set[int]:
    """Keys of the customers that `take_over_from_anonymous` would take something from."""
    if not customer.is_anonymous:
        return set()
    return {
        pk
        for identifier in identifiers
        for pk in held_anonymously(customer, identifier).values_list("customer", flat=True)
    }


def held_anonymously(customer: Customer, identifier: Identifier) -> QuerySet[ChannelIdentity]:
    """The identity with this identifier of another anonymous customer."""
    return ChannelIdentity.objects.filter(
        field=identifier.field, match_key=identifier.match_key, is_anonymous=True
    ).exclude(customer=customer)
