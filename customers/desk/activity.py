"""What was done to a customer, and taking it back."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from customers.history import operations_of
from customers.masking import seen_by
from customers.models import Customer, Operation, RowChange
from customers.obstacles import Collision, Obstacles
from customers.operations import AlreadyUndone, UndoCollides, says_something, undo
from customers.recording import OWNED, Image, Images, customers_of, images
from customers.rights import VIEW, VIEW_OPERATION, may_undo
from customers.surroundings import unique_columns
from customers.vetoes import vetoes

from .guards import needs, tells_refusals
from .stream import Difference, Stream
from .toasts import landing, offer_undo

ENTRIES = 20
DEEPEST_PAGE = 1000


@require_safe
@needs(VIEW, "see customers")
@needs(VIEW_OPERATION, "see what was done")
def customer_activity(request, public_id):
    """The newest operations, or older ones; a part of the page for htmx."""
    customer = get_object_or_404(Customer.objects.known_as(public_id))
    page = page_of(request)
    found = list(operations_of(customer)[(page - 1) * ENTRIES : page * ENTRIES + 1])
    schema, mask = seen_by(request.user)
    stream = Stream(schema, mask, request.user)
    context = {
        "customer": customer,
        "name": mask(stream.name_field, customer.first_name),
        "entries": stream.entries(found[:ENTRIES], customer.public_id),
        "page": page,
        "next_page": page + 1 if len(found) > ENTRIES else 0,
    }
    template = "desk/_entries.html" if request.htmx else "desk/activity.html"
    return render(request, template, context)


def page_of(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    page = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    return min(max(page, 1), DEEPEST_PAGE)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(VIEW_OPERATION, "see what was done")
@tells_refusals
def operation_undo(request, public_id):
    """Ask first, naming what stands in the way; a POST takes the operation back."""
    operation = get_object_or_404(operations_of(), public_id=public_id)
    if not may_undo(request.user, operation):
        raise PermissionDenied("You may not take back what you may not do.")
    if request.method != "POST":
        return ask(request, operation)
    try:
        undone = undo(
            operation,
            caller=request.user,
            reason=request.POST.get("reason", "")[:200],
            skip_collisions="rest" in request.POST,
        )
    except UndoCollides as error:
        return ask(request, operation, error.collisions)
    back = request.POST.get("back", "")
    offer_undo(
        request, "Undone." if not undone.left else "The rest is undone.", undone.operation, back
    )
    return redirect(landing(back, operation))


def ask(request, operation: Operation, met: list[Collision] | None = None):
    """The page that says what will be written."""
    if operation.undone_by_id:
        raise AlreadyUndone(operation)
    back = request.POST.get("back") or request.GET.get("back", "")
    context = plan(request, operation, met) | {
        "operation": operation,
        "back": back,
        "cancel": landing(back, operation),
    }
    return render(request, "desk/undo.html", context, status=409 if met else 200)


def plan(request, operation: Operation, met: list[Collision] | None) -> dict[str, Any]:
    """What an undo would write and what stands in the way, found without writing."""
    stream = Stream(*seen_by(request.user), request.user)
    [entry] = stream.entries([operation], "")
    changes = list(operation.changes.all())
    with transaction.atomic():
        vetoed = vetoes(operation, changes, request.user)
        obstacles = Obstacles(changes, images(customers_of(changes)), vetoed)
        found = obstacles.collisions()
    reasons = {
        (collision.table, collision.row): collision.reason for collision in [*found, *(met or [])]
    }

    def as_it_is(line: Difference) -> Difference:
        change = obstacles.changes[line.row]
        return stream.by_now(line, change, image_by_now(change, obstacles.now))

    lines = [
        (as_it_is(line), reasons[line.row]) if line.row in reasons else (line, None)
        for line in entry.differences
    ]
    shown = {difference.row for difference in entry.differences}
    free = [change for change in changes if (change.table, change.row) not in reasons]
    return {
        "entry": entry,
        "lines": lines,
        # Reasons of rows that no line shows.
        "obstacles": sorted({reason for row, reason in reasons.items() if row not in shown}),
        "collides": bool(reasons),
        # One that no row stands for cannot be left out.
        "may_skip": bool(reasons)
        and all(row for _, row in reasons)
        and any(map(says_something, free)),
    }


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
