"""What somebody with one role sees of each field, told without a caller of that role."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Group

from access.permission_labels import permission_name, permissions_of_role
from customers.masking import VIEW_PII
from customers.permissions import CHANGE, VIEW
from schema_builder.models import FieldDefinition
from schema_builder.visibility import Visibility, visibility_for


@dataclass(frozen=True, slots=True)
class FieldVisibility:
    """One field, as the role has it."""

    section: str
    label: str
    words: str
    # Why it is masked, where no rule of the field says so.
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RoleFieldVisibility:
    """All fields, and whether the role sees any customer at all."""

    sees_customers: bool
    sights: list[FieldVisibility]


def role_visibility(role: Group, fields: Iterable[FieldDefinition]) -> RoleFieldVisibility:
    """One query."""
    rights = frozenset(map(permission_name, permissions_of_role(role)))
    return RoleFieldVisibility(
        VIEW in rights, [field_visibility(field, role, rights) for field in fields]
    )


def field_visibility(
    field: FieldDefinition, role: Group, rights: frozenset[str]
) -> FieldVisibility:
    level, reason = visibility_for(field, [role.pk]), ""
    may_write = level == Visibility.WRITE and CHANGE in rights
    if level in (Visibility.READ, Visibility.WRITE):
        level = Visibility.WRITE if may_write else Visibility.READ
        reason = masked_because(field, rights)
    if reason:
        level = Visibility.MASKED
        reason += "; may write a new value" if may_write else ""
    return FieldVisibility(field.section or "Details", field.label, level.label, reason)


def masked_because(field: FieldDefinition, rights: frozenset[str]) -> str:
    if field.field_type.is_secret:
        return "shown to nobody"
    return "personal data" if field.is_pii and VIEW_PII not in rights else ""
