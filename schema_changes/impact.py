"""What a change of the schema means for the customers who are there, before it is published."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from customers.masking import FieldAccess
from schema_builder.field_validation import ONE_WAY
from schema_builder.import_export import role_names
from schema_builder.permissions import CLEAR_PII
from schema_builder.plans import FieldChange, Plan
from schema_builder.schema import Schema
from schema_builder.types import TYPES
from schema_builder.visibility import Visibility

from .affected import Listing, Reason, Sample, VisiblePlan
from .rollback import Rollback
from .scan import RULES, Scan, scanned
from .stored_values import COUNT_LIMIT, StoredText, customers_count, holders_count


class Level(StrEnum):
    """From what is good to know to what stands in the way."""

    NOTE = "note"
    WARNING = "warning"
    BLOCKS = "blocks"


@dataclass(frozen=True)
class ImpactFinding:
    """One consequence of one change."""

    field: str
    level: Level
    text: str
    count: int = 0
    samples: tuple[Sample, ...] = ()
    # The option that goes, where it has to be said what takes its place.
    option: str | None = None
    field_id: str = ""
    # Where all of them are listed; None where there are none, or the viewer may not be told.
    listing: Listing | None = None
    # More may be concerned than were counted.
    is_partial: bool = False

    @property
    def how_many(self) -> str:
        """Of how many the samples are some."""
        shown = len(self.samples)
        return f", the first {shown} of {self.count:,}" if self.count > shown else ""


class Impact(VisiblePlan):
    """The findings about a plan, as somebody may see them."""

    def __init__(self, plan: Plan, schema: Schema, mask: FieldAccess, back: Rollback | None = None):
        super().__init__(plan, schema, mask, back)
        self.roles = role_names()

    def findings(self) -> list[ImpactFinding]:
        """Worst first. A bounded number of bounded statements for each field that changes."""
        found = [one for change in self.plan.changes for one in self.of_change(change)]
        order = [Level.BLOCKS, Level.WARNING, Level.NOTE]
        return sorted(found, key=lambda finding: order.index(finding.level))

    def of_change(self, change: FieldChange) -> Iterator[ImpactFinding]:
        for check in CHECKS:
            yield from check(self, change)

    def who(
        self,
        change: FieldChange,
        concern: Reason,
        *,
        option: str = "",
        found: Sequence[tuple[StoredText, str]] = (),
    ) -> dict[str, Any]:
        """Some who are concerned, and where all are listed, as parts of a finding."""
        listing = self.listing(change, concern, option)
        samples = self.samples(change, found) if found and listing else ()
        return {"samples": samples, "listing": listing}


def people(count: int) -> str:
    more = "at least " if count >= COUNT_LIMIT else ""
    return f"{more}{count:,} {'customer' if count == 1 else 'customers'}"


def impact_finding(change: FieldChange, level: Level, text: str, **rest) -> ImpactFinding:
    label = (change.after or change.before or {})["label"]
    return ImpactFinding(label, level, text, field_id=change.id, **rest)


def about_required(impact: Impact, change: FieldChange) -> Iterator[ImpactFinding]:
    """Who has no value of a field that becomes required."""
    is_new = change.is_added and (change.after or {})["is_required"]
    if not is_new and change.attributes.get("is_required") != (False, True):
        return
    count = customers_count() - (0 if is_new else holders_count(impact.before(change)))
    if count > 0:
        yield impact_finding(
            change,
            Level.WARNING,
            f"Required: {people(count)} {'has' if count == 1 else 'have'} no value. They stay as"
            " they are; who fills the field cannot empty it again.",
            count=count,
            **impact.who(change, Reason.EMPTY),
        )


def about_values(impact: Impact, change: FieldChange) -> Iterator[ImpactFinding]:
    """Values that the rules of the changed field would refuse."""
    if not RULES & change.attributes.keys():
        return
    scan = scanned(impact.before(change), impact.after(change), change, back=impact.back)
    if change.converts:
        yield conversion_finding(impact, change, scan)
    elif scan.failing:
        yield rule_finding(impact, change, scan)
    elif not scan.is_complete:
        yield impact_finding(
            change,
            Level.NOTE,
            f"None of the first {scan.looked_at:,} values fails the new rules; the others were not"
            " looked at.",
            is_partial=True,
            **impact.who(change, Reason.REFUSED),
        )
    yield from option_findings(impact, change, scan)


def rule_finding(impact: Impact, change: FieldChange, scan: Scan) -> ImpactFinding:
    several = scan.failing != 1
    return impact_finding(
        change,
        Level.WARNING,
        f"{scan.failing:,} {'values do' if several else 'value does'} not meet the new"
        f" rules{scan.bound}. {'They stay' if several else 'It stays'} until somebody"
        " changes them.",
        count=scan.failing,
        is_partial=not scan.is_complete,
        **impact.who(change, Reason.REFUSED, found=scan.samples),
    )


def conversion_finding(impact: Impact, change: FieldChange, scan: Scan) -> ImpactFinding:
    old, new = (TYPES[key].label for key in change.attributes["type"])
    if scan.failing:
        return impact_finding(
            change,
            Level.BLOCKS,
            f"{old} → {new}: {scan.failing:,} of {scan.looked_at:,} values cannot be converted"
            f"{scan.bound}. Correct them first.",
            count=scan.failing,
            is_partial=not scan.is_complete,
            **impact.who(change, Reason.REFUSED, found=scan.samples),
        )
    return impact_finding(
        change,
        Level.NOTE,
        f"{old} → {new}: {scan.looked_at:,} values are converted{scan.bound},"
        " none of them changes.",
        count=scan.looked_at,
        is_partial=not scan.is_complete,
        # Where some were not looked at, those that fail are what is left to find.
        **impact.who(change, Reason.FILLED if scan.is_complete else Reason.REFUSED),
    )


def option_findings(impact: Impact, change: FieldChange, scan: Scan) -> Iterator[ImpactFinding]:
    """For each option that goes, who has chosen it, and whether it is said what follows."""
    names = {
        one["value"]: one.get("label") or one["value"] for one in impact.before(change).options
    }
    for option in change.removed_options:
        count = scan.used[option]
        said = change.mapping.get(option)
        if not count and scan.is_complete and said is None:
            continue
        users = [(held, "") for held in scan.users.get(option, [])]
        follows = f"becomes “{names.get(said, said)}”" if said else "is left empty"
        decided = f" It {follows}." if said is not None else " Say what takes its place."
        yield impact_finding(
            change,
            Level.BLOCKS if said is None else Level.WARNING,
            f"Option “{names[option]}” goes: used by {people(count)}{scan.bound}.{decided}",
            count=count,
            option=option,
            is_partial=not scan.is_complete,
            **impact.who(change, Reason.OPTION, option=option, found=users),
        )


def about_use(impact: Impact, change: FieldChange) -> Iterator[ImpactFinding]:
    """What can no longer be done with the field."""
    changed = change.attributes
    if changed.get("is_searchable") == (True, False):
        yield impact_finding(change, Level.WARNING, "No longer searchable.")
    if changed.get("is_pii") == (False, True):
        yield impact_finding(
            change, Level.NOTE, "Personal data: masked for roles without permission to see it."
        )
        if impact.mask.caller is not None and not impact.mask.caller.has_perm(CLEAR_PII):
            yield impact_finding(change, Level.WARNING, ONE_WAY)
    if changed.get("is_pii") == (True, False):
        yield impact_finding(
            change, Level.WARNING, "No longer personal data: every role sees the values."
        )
    old, new = changed.get("channel_types", ([], []))
    if gone := [name for name in old if name not in new]:
        yield impact_finding(
            change, Level.WARNING, f"{', '.join(gone)} no longer finds customers by it."
        )


def about_roles(impact: Impact, change: FieldChange) -> Iterator[ImpactFinding]:
    """Who will see or change less, or more."""
    old, new = change.attributes.get("role_visibility", ({}, {}))
    for role in sorted(old.keys() | new.keys(), key=lambda role: impact.roles.get(role, "")):
        level = Visibility(new.get(role, Visibility.WRITE))
        if level != old.get(role, Visibility.WRITE) and role in impact.roles:
            is_less = level in (Visibility.HIDDEN, Visibility.MASKED)
            yield impact_finding(
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


def about_presence(impact: Impact, change: FieldChange) -> Iterator[ImpactFinding]:
    """What becomes of the values of a field that goes, or comes back."""
    hidden = change.attributes.get("is_active") == (True, False)
    if not (hidden or change.is_removed or change.is_restored):
        return
    count = holders_count(impact.before(change))
    have = f"{people(count)} {'has' if count == 1 else 'have'} a value"
    level, text = Level.WARNING, f"Deleted: {have}, out of reach until the field is restored."
    if change.is_restored:
        level, text = Level.NOTE, f"Comes back: {have}."
    elif hidden:
        text = f"Hidden everywhere: {have}, which is kept."
    yield impact_finding(change, level, text, count=count, **impact.who(change, Reason.FILLED))


CHECKS: tuple[Callable[[Impact, FieldChange], Iterator[ImpactFinding]], ...] = (
    about_presence,
    about_required,
    about_values,
    about_use,
    about_roles,
)
