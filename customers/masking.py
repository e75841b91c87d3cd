"""Who sees and writes what: one decision for every surface (contract 13.16)."""

from functools import lru_cache
from typing import Any

from access.actors import Caller, roles_of
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema, current_schema
from schema_builder.visibility import Visibility, visibility_for

from .system_fields import NAME_FIELD

UNNAMED = "Unnamed"

VIEW_PII = "customers.view_pii"
MASKED_LEVELS = frozenset({Visibility.HIDDEN, Visibility.MASKED})


class FieldAccess:
    """What a caller sees of a value, and may write."""

    __slots__ = ("caller", "sees_pii")

    def __init__(self, caller: Caller | None):
        self.caller = caller
        self.sees_pii = caller is not None and caller.has_perm(VIEW_PII)

    def level(self, field: FieldDefinition) -> Visibility:
        """What the roles of the caller allow; asks for them only where a field limits some."""
        if self.caller is None or not field.role_visibility:
            return Visibility.WRITE
        return visibility_for(field, roles_of(self.caller))

    def hides(self, field: FieldDefinition) -> bool:
        """Whether the caller may not see values of the field as they are."""
        return (
            field.field_type.is_secret
            or (field.is_pii and not self.sees_pii)
            or (bool(field.role_visibility) and self.level(field) in MASKED_LEVELS)
        )

    def shows(self, field: FieldDefinition) -> bool:
        """Whether the caller may know of the field at all."""
        return self.level(field) != Visibility.HIDDEN

    def locks(self, field: FieldDefinition) -> bool:
        """Whether the caller may not write values of the field."""
        return self.level(field) != Visibility.WRITE

    def __call__(self, field: FieldDefinition, text: str) -> str:
        """`text` of `field`, masked where this caller may not see it."""
        return field.mask(text) if text and self.hides(field) else text

    def to_wire(self, field: FieldDefinition, text: str) -> Any:
        """The stored `text` as the API gives it out, masked where it must be."""
        if self.hides(field):
            masked = field.mask(text)
            return masked if field.blank == "" else [masked]
        return field.field_type.to_wire(text)


class NoMask(FieldAccess):
    """For code that needs the values themselves; nothing of it may reach a caller."""

    __slots__ = ()

    def __init__(self):
        super().__init__(None)

    def hides(self, field):
        return False


UNMASKED = NoMask()


def visible_schema_and_mask(caller: Caller) -> tuple[Schema, FieldAccess]:
    """The schema as the caller may know it, and what the caller sees of its values."""
    return visible_to(caller, current_schema()), FieldAccess(caller)


def visible_to(caller: Caller, schema: Schema) -> Schema:
    """`schema` without the fields that are hidden from all roles of the caller."""
    if not schema.limits_roles:
        return schema
    return _without_hidden(schema, roles_of(caller))


@lru_cache(maxsize=64)
def _without_hidden(schema: Schema, roles: frozenset[int]) -> Schema:
    return schema.only(
        field for field in schema.fields if visibility_for(field, roles) != Visibility.HIDDEN
    )


def shown_name(name: str, schema: Schema, mask: FieldAccess) -> str:
    """Return the name of a customer as the caller may see it, "Unnamed" if there is none."""
    return mask(schema.by_key[NAME_FIELD], name) or UNNAMED
