"""Who sees personal data: one decision for every surface (contract 13.16)."""

from typing import Any

from access.actors import Caller
from schema_builder.models import FieldDefinition

VIEW_PII = "customers.view_pii"


class Mask:
    """What a caller sees of a value. How a masked value looks is the field type's business."""

    __slots__ = ("sees_pii",)

    def __init__(self, caller: Caller | None):
        self.sees_pii = caller is not None and caller.has_perm(VIEW_PII)

    def hides(self, field: FieldDefinition) -> bool:
        return field.field_type.is_secret or (field.is_pii and not self.sees_pii)

    def __call__(self, field: FieldDefinition, text: str) -> str:
        """`text` of `field`, masked where this caller may not see it."""
        return field.field_type.mask(text) if text and self.hides(field) else text

    def to_wire(self, field: FieldDefinition, text: str) -> Any:
        """The stored `text` as the API gives it out, masked where it must be."""
        if self.hides(field):
            masked = field.field_type.mask(text)
            return masked if field.blank == "" else [masked]
        return field.field_type.to_wire(text)


class NoMask(Mask):
    """For code that needs the values themselves; nothing of it may reach a caller."""

    __slots__ = ()

    def __init__(self):
        super().__init__(None)

    def hides(self, field):
        return False


UNMASKED = NoMask()
