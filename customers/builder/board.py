"""The fields of the draft as the builder shows them: sections, rows, figures."""

from dataclasses import dataclass, field
from typing import Any

from customers.holdings import FillRates, fill_rates
from foundation.adminkit import chip
from schema_builder.documents import FieldDocument, by_id
from schema_builder.drafts import Draft
from schema_builder.models import FieldDefinition
from schema_builder.types import TYPES, FieldType
from schema_builder.visibility import Visibility

# Kept apart from values: as a column, or as a relation of its own.
UNRATED = frozenset({"firstName", "labels", "isAnonymous"})


@dataclass(frozen=True)
class Row:
    """One field of the draft."""

    document: FieldDocument
    is_system: bool
    # "new" or "changed" since the schema was published, or nothing.
    state: str
    rate: int | None
    rated: int

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

    @property
    def percent(self) -> int | None:
        return None if self.rate is None or not self.rated else round(100 * self.rate / self.rated)


@dataclass
class Section:
    """The fields that stand together."""

    name: str
    rows: list[Row] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.name or "No section"


def sections_of(draft: Draft) -> list[Section]:
    """All fields by section, in order. Four bounded queries."""
    known = {one.public_id: one for one in FieldDefinition.objects.all()}
    published, rates = by_id(draft.base), fill_rates()
    sections: dict[str, Section] = {}
    for document in draft.fields:
        section = sections.setdefault(document["section"], Section(document["section"]))
        section.rows.append(row_of(document, known.get(document["id"]), published, rates))
    return list(sections.values())


def row_of(
    document: FieldDocument,
    known: FieldDefinition | None,
    published: dict[str, FieldDocument],
    rates: FillRates,
) -> Row:
    before = published.get(document["id"])
    state = "new" if before is None else "changed" if before != document else ""
    rate = None
    if known is not None and document["key"] not in UNRATED:
        rate = rates.filled.get(known.pk, 0)
    return Row(document, bool(known and known.is_system), state, rate, rates.customers)


def section_names(draft: Draft) -> list[str]:
    return list(dict.fromkeys(document["section"] for document in draft.fields))
