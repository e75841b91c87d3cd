"""What versions of the schema made of values, and what going back makes of that, in words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from customers.models import SchemaRewrite
from schema_builder.documents import FieldDocument
from schema_builder.models import SchemaVersion
from schema_builder.plans import Plan

from .impact import ImpactFinding, Level, people
from .rollback import OptionChange, Rollback, RollbackPreview
from .scan import PREVIEW_VALUES

# Of one version.
MOST_TOLD = 20


def rewrites_of(versions: Iterable[SchemaVersion]) -> dict[int, list[SchemaRewrite]]:
    """What each of the versions made of values, by its key. One query."""
    found: dict[int, list[SchemaRewrite]] = {}
    rows = SchemaRewrite.objects.filter(version__in=[version.pk for version in versions])
    for row in rows.select_related("field").order_by("id"):
        found.setdefault(row.version_id, []).append(row)
    return found


def rewrites_in_words(
    rewrites: Iterable[SchemaRewrite], *schemas: Sequence[FieldDocument]
) -> list[str]:
    """A line for each option that customers had; of fields in `schemas`, which name the options."""
    names = [option_names(fields) for fields in schemas]
    known = {document["id"]: document["label"] for fields in schemas for document in fields}
    lines = []
    for row in rewrites:
        public_id = row.field.public_id
        if public_id in known:
            option, successor = (
                version_name(one, [said.get(public_id, {}) for said in names])
                for one in (row.option, row.successor)
            )
            lines.append(f"{known[public_id]}: {note_line(option, successor, row.customers)}")
    more = len(lines) - MOST_TOLD
    return [*lines[:MOST_TOLD], f"and {more:,} more"] if more > 0 else lines


def note_line(option: str, successor: str, customers: int) -> str:
    if option and successor:
        return f"{option} became {successor} for {people(customers)}"
    if option:
        return f"{option} was taken from {people(customers)}"
    return f"{successor} came back to {people(customers)}"


def return_findings(plan: Plan, back: Rollback) -> Iterator[ImpactFinding]:
    """For each option that later versions replaced, who gets it back, and who does not."""
    outlook = back.outlook(PREVIEW_VALUES)
    sides = ([one.after for one in plan.changes], [one.before for one in plan.changes])
    names = [option_names(filter(None, side)) for side in sides]
    labels = {change.id: change.label for change in plan.changes}
    for way in sorted(outlook.back | outlook.changed, key=lambda way: (way.field, -way.version)):
        yield ImpactFinding(
            labels[way.field],
            Level.NOTE,
            return_text(way, outlook, [said.get(way.field, {}) for said in names]),
            field_id=way.field,
            is_partial=not outlook.is_complete,
        )


def return_text(
    way: OptionChange, outlook: RollbackPreview, names: Sequence[Mapping[str, str]]
) -> str:
    back, changed = outlook.back[way], outlook.changed[way]
    option, successor = (
        version_name(one, names) or "nothing" for one in (way.option, way.successor)
    )
    bound = "" if outlook.is_complete else f" (of the first {outlook.looked_at:,} values)"
    told = (
        f"{people(back + changed)} {'was' if back + changed == 1 else 'were'} moved from {option}"
        f" to {successor} by version {way.version}{bound}"
    )
    returns = f"{back:,} {'is' if back == 1 else 'are'} put back"
    stays = f"{changed:,} {'has been changed since and stays' if changed == 1 else 'have been changed since and stay'}"
    return f"{told}: {', '.join([returns] * bool(back) + [stays] * bool(changed))}."


def option_names(fields: Iterable[FieldDocument]) -> dict[str, dict[str, str]]:
    """What people call each option, by field."""
    return {
        document["id"]: {
            one["value"]: one.get("label") or one["value"] for one in document["options"]
        }
        for document in fields
    }


def version_name(option: str, names: Iterable[Mapping[str, str]]) -> str:
    """The option as the first of `names` that knows it calls it; empty for none."""
    said = next((known[option] for known in names if option in known), option)
    return f"“{said}”" if option else ""
