"""What taking an operation back would write, found without writing."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import transaction

from customers.history.recording import OWNED, Image, Images, customers_of, images
from customers.history.timeline import Difference, Timeline
from customers.masking import visible_schema_and_mask
from customers.models import Operation, RowChange

from .conflict_context import Place, unique_columns
from .conflicts import UndoConflict, UndoConflicts
from .merged_labels import following_merges
from .permissions import vetoes
from .restore import returning_rows
from .undo import says_something


def plan(request, operation: Operation, met: list[UndoConflict] | None) -> dict[str, Any]:
    """The lines of the page that asks, and what stands in the way."""
    stream = Timeline(*visible_schema_and_mask(request.user), request.user)
    [entry] = stream.entries([operation], "")
    changes = list(operation.changes.all())
    with transaction.atomic():
        now = images(customers_of(changes))
        followed = following_merges(changes, now)
        changes = followed.changes
        vetoed = vetoes(operation, changes, request.user)
        obstacles = UndoConflicts(changes, now, vetoed | followed.reasons)
        found = obstacles.collisions()
    reasons = {
        (collision.table, collision.row): collision.reason for collision in [*found, *(met or [])]
    }
    shown = {difference.row for difference in entry.differences}
    free = [change for change in changes if (change.table, change.row) not in reasons]
    return {
        "entry": entry,
        "lines": list(lines_of(stream, entry.differences, obstacles, reasons)),
        # Reasons of rows that no line shows.
        "obstacles": sorted({reason for row, reason in reasons.items() if row not in shown}),
        "collides": bool(reasons),
        # One that no row stands for cannot be left out.
        "may_skip": bool(reasons)
        and all(row for _, row in reasons)
        and any(map(says_something, free)),
    }


def lines_of(
    stream: Timeline,
    differences: Iterable[Difference],
    obstacles: UndoConflicts,
    reasons: Mapping[Place, str],
) -> Iterator[tuple[Difference, str | None]]:
    """Each with the reason why it stays as it is, where there is one."""
    changes, now = obstacles.changes, obstacles.now
    back = [change for place, change in changes.items() if place not in reasons and change.before]
    labels = {row.pk: row for row in returning_rows("label", [c for c in back if not c.after])}
    for line in differences:
        change = changes.get(line.row)
        if change is None:
            # A label that is one with another label of the customer.
            yield line, None
        elif line.row in reasons:
            yield stream.by_now(line, change, image_by_now(change, now)), reasons[line.row]
        elif change.table == "label" and change.row in labels:
            yield stream.as_it_returns(line, change, labels[change.row]), None
        else:
            yield line, None


def image_by_now(change: RowChange, now: Images) -> Image | None:
    """The row as it is today, or another in its place: what was cleared comes back as another."""
    if image := now.get((change.table, change.row)):
        return image
    was: Image = change.after or change.before or {}
    places = list(unique_columns(OWNED[change.table][0]))
    return next(
        (
            image
            for (table, _), image in now.items()
            if table == change.table
            and any(all(image[name] == was[name] for name in columns) for columns in places)
        ),
        None,
    )
