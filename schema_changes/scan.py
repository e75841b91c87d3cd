"""Values of a field held against what the field will be, the first of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from schema_builder.models import FieldDefinition
from schema_builder.plans import FieldChange

from .rollback import Rollback
from .stored_values import StoredText, stored_texts

# Values that a preview looks at, for each field that changes.
PREVIEW_VALUES = 20_000
SAMPLES = 8
# Attributes that decide which values a field may have.
RULES = frozenset({"type", "length", "min_value", "max_value", "pattern", "options"})


@dataclass
class Scan:
    """What a look at the values of one field found."""

    looked_at: int = 0
    failing: int = 0
    samples: list[tuple[StoredText, str]] = field(default_factory=list)
    used: Counter[str] = field(default_factory=Counter)
    users: dict[str, list[StoredText]] = field(default_factory=dict)
    is_complete: bool = True

    @property
    def bound(self) -> str:
        return "" if self.is_complete else f" (of the first {self.looked_at:,} values)"


def scanned(
    before: FieldDefinition,
    after: FieldDefinition,
    change: FieldChange,
    at_most: int = PREVIEW_VALUES,
    *,
    back: Rollback | None = None,
) -> Scan:
    """A look at the first values of a field, as they are once those that come `back` are back."""
    scan, gone = Scan(), frozenset(change.removed_options)
    for held in texts_with(back, before):
        if scan.looked_at == at_most:
            scan.is_complete = False
            break
        scan.looked_at += 1
        chosen = gone_options(held.text, before, gone)
        for option in chosen:
            scan.used[option] += 1
            if len(users := scan.users.setdefault(option, [])) < SAMPLES:
                users.append(held)
        if not chosen and (problem := value_problem(held.text, after)):
            scan.failing += 1
            if len(scan.samples) < SAMPLES:
                scan.samples.append((held, problem))
    return scan


def texts_with(
    back: Rollback | None, field: FieldDefinition, after: int = 0
) -> Iterator[StoredText]:
    texts = stored_texts(field, after=after)
    return back.as_returned(texts) if back and back.touches(field.public_id) else texts


def gone_options(text: str, before: FieldDefinition, gone: frozenset[str]) -> frozenset[str]:
    """The options of the stored `text` that are among those that go."""
    return gone.intersection(before.field_type.chosen(text)) if gone else gone


def value_problem(text: str, after: FieldDefinition) -> str:
    """Why `text` is no value of the field as it will be; empty where it is one."""
    try:
        if after.is_channel_identifier:
            after.field_type.check_limits(text, after)
        else:
            after.field_type.recleaned(text, after)
    except ValidationError as error:
        return error.messages[0]
    return ""
