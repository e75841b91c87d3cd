"""Messages that offer to take back what they tell of."""

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse

from access.actors import Caller
from customers.models import Customer, Operation
from foundation.public_ids import is_public_id

UNDO = "undo"
QUEUE = "queue"


def offer_undo(
    request: HttpRequest, text: str, operation: Operation | None, back: str = ""
) -> None:
    """Say `text`; whoever undoes it lands on `back`, a customer's id or the queue."""
    tags = f"{UNDO} {operation.public_id} {back}" if operation else ""
    messages.success(request, text, extra_tags=tags.strip())


def landing(back: str, operation: Operation | None = None) -> str:
    """The address of `back`, or of somebody of the operation who is still there."""
    if back == QUEUE:
        return reverse("customers:duplicate-queue")
    # A text that is no id finds nothing; one with hostile characters must not reach the database.
    ids = [back] if is_public_id(back) else []
    if operation:
        ids += operation.customers.order_by("customer_pk").values_list("public_id", flat=True)
    for public_id in ids:
        if found := Customer.objects.known_as(public_id).first():
            return found.get_absolute_url()
    return reverse("customers:customer-list")


def queue_at(pair: str) -> str:
    """The queue with this pair open; the surest where there is none such."""
    queue = reverse("customers:duplicate-queue")
    return f"{queue}?pair={pair}" if pair.isascii() and pair.isdecimal() else queue


def last_operation(customer: Customer) -> int:
    """Key of the newest operation on the customer; 0 before the first."""
    newest = Operation.objects.filter(customers__customer_pk=customer.pk).order_by("-id")
    return newest.values_list("pk", flat=True).first() or 0


def edit_since(last: int, customer: Customer, caller: Caller) -> Operation | None:
    """The caller's own edit of the customer after that operation, if it changed anything."""
    edits = Operation.objects.filter(
        customers__customer_pk=customer.pk,
        kind=Operation.Kind.EDIT,
        actor=caller.get_username(),
        pk__gt=last,
    )
    return edits.order_by("-id").first()
