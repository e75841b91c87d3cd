"""What a change of the schema means for the customers who are there, before it is published."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from django.core.exceptions import ValidationError

from schema_builder.documents import field_of
from schema_builder.exchange import role_names
from schema_builder.models import FieldDefinition
from schema_builder.plans import FieldChange, Plan
from schema_builder.snapshot import Schema
from schema_builder.types import TYPES
from schema_builder.visibility import Visibility

from .holdings import COUNT_LIMIT, Held, customers_count, held_texts, holders_count
from .masking import Mask
from .models import Customer
from .values import NAME_FIELD

# Values that a preview looks at, for each field that changes.
PREVIEW_VALUES = 20_000
SAMPLES = 8
# Attributes that decide which values a field may have.
RULES = frozenset({"type", "length", "min_value", "max_value", "pattern", "options"})


class Level(StrEnum):
    """From what is good to know to what stands in the way."""

    NOTE = "note"
    WARNING = "warning"
    BLOCKS = "blocks"


@dataclass(frozen=True)
class Sample:
    """A customer concerned, as the viewer may see it."""

    public_id: str
    name: str
    text: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Finding:
    """One consequence of one change."""

    field: str
    level: Level
    text: str
    count: int = 0
    samples: tuple[Sample, ...] = ()
    # The option that goes, where it has to be said what takes its place.
    option: str | None = None
    field_id: str = ""

    @property
    def how_many(self) -> str:
        """Of how many the samples are some."""
        shown = len(self.samples)
        return f", the first {shown} of {self.count:,}" if self.count > shown else ""


@dataclass
class Scan:
    """What a look at the values of one field found."""

    looked_at: int = 0
    failing: int = 0
    samples: list[tuple[Held, str]] = field(default_factory=list)
    used: Counter[str] = field(default_factory=Counter)
    users: dict[str, list[Held]] = field(default_factory=dict)
    is_complete: bool = True

    @property
    def bound(self) -> str:
        return "" if self.is_complete else f" (of the first {self.looked_at:,} values)"


class Impact:
    """The findings about a plan, as somebody may see them."""

    def __init__(self, plan: Plan, schema: Schema, mask: Mask):
        self.plan = plan
        self.schema = schema
        self.mask = mask
        self.roles = role_names()
        known = FieldDefinition.everything.filter(public_id__in=[c.id for c in plan.changes])
        self.known = {one.public_id: one for one in known}

    def findings(self) -> list[Finding]:
        """Worst first. A bounded number of bounded statements for each field that changes."""
        found = [one for change in self.plan.changes for one in self.of_change(change)]
        order = [Level.BLOCKS, Level.WARNING, Level.NOTE]
        return sorted(found, key=lambda finding: order.index(finding.level))

    def of_change(self, change: FieldChange) -> Iterator[Finding]:
        for check in CHECKS:
            yield from check(self, change)

    def before(self, change: FieldChange) -> FieldDefinition:
        """The field as it is; without a key where it is not there yet."""
        return field_of(change.before or change.after or {}, self.known.get(change.id))

    def after(self, change: FieldChange) -> FieldDefinition:
        return field_of(change.after or change.before or {}, self.known.get(change.id))

    def samples(self, change: FieldChange, found: Iterable[tuple[Held, str]]) -> tuple[Sample, ...]:
        """Customers with their texts, masked by what was and by what will be. One query."""
        pairs = list(found)
        rows = Customer.objects.filter(pk__in=[held.customer_pk for held, _ in pairs])
        customers = {row.pk: row for row in rows}
        name_field = self.schema.by_key[NAME_FIELD]
        return tuple(
            Sample(
                customers[held.customer_pk].public_id,
                self.mask(name_field, customers[held.customer_pk].first_name) or "Unnamed",
                self.shown(change, held.text),
                "" if self.hides(change) else problem,
            )
            for held, problem in pairs
            if held.customer_pk in customers
        )

    def hides(self, change: FieldChange) -> bool:
        return self.mask.hides(self.before(change)) or self.mask.hides(self.after(change))

    def shown(self, change: FieldChange, text: str) -> str:
        """`text` as who may see it both before and after the change."""
        shown = self.before(change).mask(text) if self.hides(change) else text
        return shown.replace("\n", ", ")


def people(count: int) -> str:
    more = "at least " if count >= COUNT_LIMIT else ""
    return f"{more}{count:,} {'customer' if count == 1 else 'customers'}"


def finding(change: FieldChange, level: Level, text: str, **rest) -> Finding:
    return Finding((change.after or change.before or {})["label"], level, text, **rest)


def about_required(impact: Impact, change: FieldChange) -> Iterator[Finding]:
    """Who has no value of a field that becomes required."""
    is_new = change.is_added and (change.after or {})["is_required"]
    if not is_new and change.attributes.get("is_required") != (False, True):
        return
    count = customers_count() - (0 if is_new else holders_count(impact.before(change)))
    if count > 0:
        yield finding(
            change,
            Level.WARNING,
            f"Required: {people(count)} {'has' if count == 1 else 'have'} no value. They stay as"
            " they are; who fills the field cannot empty it again.",
            count=count,
        )


def about_values(impact: Impact, change: FieldChange) -> Iterator[Finding]:
    """Values that the rules of the changed field would refuse."""
    if not RULES & change.attributes.keys():
        return
    scan = scanned(impact.before(change), impact.after(change), change)
    if change.converts:
        yield conversion_finding(impact, change, scan)
    elif scan.failing:
        several = scan.failing != 1
        yield finding(
            change,
            Level.WARNING,
            f"{scan.failing:,} {'values do' if several else 'value does'} not meet the new"
            f" rules{scan.bound}. {'They stay' if several else 'It stays'} until somebody"
            " changes them.",
            count=scan.failing,
            samples=impact.samples(change, scan.samples),
        )
    yield from option_findings(impact, change, scan)


def conversion_finding(impact: Impact, change: FieldChange, scan: Scan) -> Finding:
    old, new = (TYPES[key].label for key in change.attributes["type"])
    if not scan.failing:
        return finding(
            change,
            Level.NOTE,
            f"{old} → {new}: {scan.looked_at:,} values are converted{scan.bound},"
            " none of them changes.",
            count=scan.looked_at,
        )
    return finding(
        change,
        Level.BLOCKS,
        f"{old} → {new}: {scan.failing:,} of {scan.looked_at:,} values cannot be converted"
        f"{scan.bound}. Correct them first.",
        count=scan.failing,
        samples=impact.samples(change, scan.samples),
    )


def option_findings(impact: Impact, change: FieldChange, scan: Scan) -> Iterator[Finding]:
    """For each option that goes, who has chosen it, and whether it is said what follows."""
    names = {
        one["value"]: one.get("label") or one["value"] for one in impact.before(change).options
    }
    for option in change.removed_options:
        count = scan.used[option]
        said = change.mapping.get(option)
        if not count and scan.is_complete and said is None:
            continue
        follows = f"becomes “{names.get(said, said)}”" if said else "is left empty"
        decided = f" It {follows}." if said is not None else " Say what takes its place."
        yield finding(
            change,
            Level.BLOCKS if said is None else Level.WARNING,
            f"Option “{names[option]}” goes: used by {people(count)}{scan.bound}.{decided}",
            count=count,
            samples=impact.samples(change, [(held, "") for held in scan.users.get(option, [])]),
            option=option,
            field_id=change.id,
        )


def scanned(
    before: FieldDefinition,
    after: FieldDefinition,
    change: FieldChange,
    at_most: int | None = PREVIEW_VALUES,
) -> Scan:
    """A look at the values of a field, at all of them or at the first."""
    scan, gone = Scan(), set(change.removed_options)
    for held in held_texts(before, at_most=None if at_most is None else at_most + 1):
        if scan.looked_at == at_most:
            scan.is_complete = False
            break
        scan.looked_at += 1
        chosen = gone.intersection(before.field_type.chosen(held.text)) if gone else ()
        for option in chosen:
            scan.used[option] += 1
            if len(users := scan.users.setdefault(option, [])) < SAMPLES:
                users.append(held)
        if not chosen and (problem := problem_of(held.text, before, after)):
            scan.failing += 1
            if len(scan.samples) < SAMPLES:
                scan.samples.append((held, problem))
    return scan


def problem_of(text: str, before: FieldDefinition, after: FieldDefinition) -> str:
    """Why `text` is no value of the field as it will be; empty where it is one."""
    try:
        if after.is_channel_identifier:
            after.field_type.check_limits(text, after)
        else:
            after.field_type.recleaned(text, after)
    except ValidationError as error:
        return error.messages[0]
    return ""


def about_use(impact: Impact, change: FieldChange) -> Iterator[Finding]:
    """What can no longer be done with the field."""
    changed = change.attributes
    if changed.get("is_searchable") == (True, False):
        yield finding(change, Level.WARNING, "No longer searchable.")
    if changed.get("is_pii") == (False, True):
        yield finding(
            change, Level.NOTE, "Personal data: masked for everybody who may not see such data."
        )
    if changed.get("is_pii") == (True, False):
        yield finding(change, Level.WARNING, "No longer personal data: every role sees the values.")
    old, new = changed.get("channel_types", ([], []))
    if gone := [name for name in old if name not in new]:
        yield finding(change, Level.WARNING, f"{', '.join(gone)} no longer finds customers by it.")


def about_roles(impact: Impact, change: FieldChange) -> Iterator[Finding]:
    """Who will see or change less, or more."""
    old, new = change.attributes.get("role_visibility", ({}, {}))
    for role in sorted(old.keys() | new.keys(), key=lambda role: impact.roles.get(role, "")):
        level = Visibility(new.get(role, Visibility.WRITE))
        if level != old.get(role, Visibility.WRITE) and role in impact.roles:
            is_less = level in (Visibility.HIDDEN, Visibility.MASKED)
            yield finding(
                change,
                Level.WARNING if is_less else Level.NOTE,
                f"{impact.roles[role]} {VISIBILITY_TEXTS[level]}.",
            )


VISIBILITY_TEXTS = {
    Visibility.HIDDEN: "will no longer see it",
    Visibility.MASKED: "will see it masked",
    Visibility.READ: "will see it, but not change it",
    Visibility.WRITE: "will see and change it",
}


def about_presence(impact: Impact, change: FieldChange) -> Iterator[Finding]:
    """What becomes of the values of a field that goes, or comes back."""
    hidden = change.attributes.get("is_active") == (True, False)
    if not (hidden or change.is_removed or change.is_restored):
        return
    count = holders_count(impact.before(change))
    have = f"{people(count)} {'has' if count == 1 else 'have'} a value"
    if change.is_restored:
        yield finding(change, Level.NOTE, f"Comes back: {have}.", count=count)
    elif hidden:
        text = f"Hidden everywhere: {have}, which is kept."
        yield finding(change, Level.WARNING, text, count=count)
    else:
        text = f"Deleted: {have}, out of reach until the field is restored."
        yield finding(change, Level.WARNING, text, count=count)


CHECKS: tuple[Callable[[Impact, FieldChange], Iterator[Finding]], ...] = (
    about_presence,
    about_required,
    about_values,
    about_use,
    about_roles,
)
