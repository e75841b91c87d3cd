"""What readers of the builder may know of the schema; who may change it knows all of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from access.actors import roles_of
from schema_builder.documents import FieldDocument
from schema_builder.drafts import Draft, read_draft
from schema_builder.models import FieldDefinition
from schema_builder.permissions import CHANGE
from schema_builder.visibility import Visibility, allowed_by


@dataclass(frozen=True, slots=True)
class VisibleSchema:
    """Fields that a reader must not learn of, by id: today's, deleted and drafted ones alike."""

    hidden: frozenset[str]

    def of_fields(self, documents: Iterable[FieldDocument]) -> list[FieldDocument]:
        """Those of the fields that the reader may know of."""
        return [document for document in documents if document["id"] not in self.hidden]

    def of_draft(self, draft: Draft) -> Draft:
        """The draft as if it had no other fields; never keep what it makes of it."""
        if not self.hidden:
            return draft
        return replace(draft, base=self.of_fields(draft.base), fields=self.of_fields(draft.fields))


def visible_schema_of(user: Any) -> VisibleSchema:
    """What the user may know. Three queries for who may not change fields, else none."""
    if user.has_perm(CHANGE):
        return VisibleSchema(frozenset())
    roles = roles_of(user)
    said = [
        *FieldDefinition.everything.values_list("public_id", "role_visibility"),
        *((document["id"], document["role_visibility"]) for document in read_draft().fields),
    ]
    hidden = (key for key, levels in said if allowed_by(levels, roles) == Visibility.HIDDEN)
    return VisibleSchema(frozenset(hidden))


def visible_draft(user: Any) -> Draft:
    """The draft as the user may know it."""
    return visible_schema_of(user).of_draft(read_draft())
