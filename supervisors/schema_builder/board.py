"""The fields of the draft as the builder shows them: sections, rows, figures."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from foundation.admin import chip
from schema_builder.documents import FieldDocument, by_id
from schema_builder.drafts import Draft
from schema_builder.models import FieldDefinition
from schema_builder.types import TYPES, FieldType
from schema_builder.visibility import Visibility

from .fill_rates import Rate, Rates


@dataclass(frozen=True)
class FieldCard:
    """One field of the draft."""

    document: FieldDocument
    is_system: bool
    # "new" or "changed" since the schema was published, or nothing.
    state: str
    # None for a field that nobody counts.
    rate: Rate | None

    @property
    def type(self) -> FieldType:
        return TYPES[self.document["type"]]

    @property
    def chips(self) -> list[Any]:
        """What is special about the field."""
        said = self.document
        hidden = Visibility.HIDDEN in said["role_visibility"].values()
        marks = [
            (self.state == "new", chip("New", "success", title="Not published yet")),
            (self.state == "changed", chip("Changed", "success", title="Not published yet")),
            (not said["is_active"], chip("Inactive", title="Hidden everywhere, data kept")),
            (self.is_system, chip("System", title="The product relies on this field")),
            (said["is_required"], chip("Required", "strong")),
            (said["is_pii"], chip("PII", "danger", title="Personal data, masked for some roles")),
            (said["is_channel_identifier"], chip("Identifier", "info", title=self.channels)),
            (said["is_searchable"], chip("Searchable")),
            (hidden, chip("Hidden for some", title="Some roles do not see it")),
        ]
        return [mark for has_it, mark in marks if has_it]

    @property
    def channels(self) -> str:
        names = ", ".join(self.document["channel_types"])
        return f"Finds customers on {names}" if names else "Serves no channel type yet"


@dataclass
class SectionCard:
    """The fields that stand together."""

    name: str
    rows: list[FieldCard] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.name or "No section"


def section_cards(draft: Draft, rates: Rates, empty: Iterable[str] = ()) -> list[SectionCard]:
    """All fields by section, in order, and sections without any. One query."""
    known = {one.public_id: one for one in FieldDefinition.objects.all()}
    published = by_id(draft.base)
    sections: dict[str, SectionCard] = {}
    for document in draft.fields:
        section = sections.setdefault(document["section"], SectionCard(document["section"]))
        section.rows.append(field_card(document, known.get(document["id"]), published, rates))
    for name in empty:
        sections.setdefault(name, SectionCard(name))
    return list(sections.values())


def field_card(
    document: FieldDocument,
    known: FieldDefinition | None,
    published: dict[str, FieldDocument],
    rates: Rates,
) -> FieldCard:
    before = published.get(document["id"])
    state = "new" if before is None else "changed" if before != document else ""
    if known is None:
        return FieldCard(document, is_system=False, state=state, rate=None)
    return FieldCard(document, known.is_system, state, rates.of(known))


def section_names(draft: Draft) -> list[str]:
    return list(dict.fromkeys(document["section"] for document in draft.fields))
