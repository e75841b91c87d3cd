"""Many customers changed alike, or deleted, by a job."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from access.actors import Caller
from customers.bulk.change import (
    MOST_CUSTOMERS,
    BulkChange,
    BulkOutcome,
    CheckedChange,
    change_customers,
    check_delete_rights,
    delete_customers,
)
from customers.bulk.job_titles import deed_of, job_title
from customers.enqueue import ask_for
from customers.models import Customer
from jobs.models import Job
from jobs.queue import chunks_of
from jobs.registry import job_kind

from .results import asker, count, for_later, name

CHANGE_MANY = "customers.change"
DELETE_MANY = "customers.delete"
MOST_SELECTED = 100_000
KEYS_IN_A_QUERY = 1000

Selection = QuerySet[Customer] | Iterable[int]


def enqueue_bulk(
    customers: Selection, change: BulkChange, *, caller: Caller, reason: str = ""
) -> Job:
    """Change these customers in the background, 200 at a time; answers the queued job.

    `customers` is a queryset or keys; who is meant is settled now. Unlike `bulk_change`, it
    leaves out whom it cannot change, and `job.result` names them. Raises PermissionDenied, and
    ValidationError for nobody, too many, or a change that makes no sense.
    """
    checked = CheckedChange(change, caller, reason)
    parameters = {"change": asdict(change), "reason": reason}
    return enqueue_for(CHANGE_MANY, customers, deed_of(checked), parameters, caller)


def enqueue_delete(customers: Selection, *, caller: Caller, reason: str = "") -> Job:
    """Delete these customers in the background, so that it can be undone.

    Raises PermissionDenied, and ValidationError for nobody or too many.
    """
    check_delete_rights(caller)
    return enqueue_for(DELETE_MANY, customers, "Delete", {"reason": reason}, caller)


def enqueue_for(
    kind: str, customers: Selection, deed: str, parameters: dict[str, Any], caller: Caller
) -> Job:
    public_ids = chunk_ids(customers)
    if not 1 <= len(public_ids) <= MOST_SELECTED:
        raise ValidationError({"customers": f"Choose 1 to {MOST_SELECTED:,} customers."})
    return ask_for(
        kind,
        public_ids,
        caller=caller,
        title=job_title(deed, len(public_ids)),
        parameters=parameters,
        chunk_size=MOST_CUSTOMERS,
    )


def chunk_ids(customers: Selection) -> list[str]:
    """Ids in the order of keys, each once; one more than are possible at most."""
    if isinstance(customers, QuerySet):
        keys: Any = customers.order_by().values("pk")
        chosen = Customer.objects.filter(pk__in=keys)
        ids = chosen.order_by("pk").values_list("public_id", flat=True)
        return list(ids[: MOST_SELECTED + 1])
    found: list[str] = []
    for pks in chunks_of(sorted(set(customers)), KEYS_IN_A_QUERY):
        rows = Customer.objects.filter(pk__in=pks).order_by("pk")
        found += rows.values_list("public_id", flat=True)
    return found


@job_kind(CHANGE_MANY)
def change_chunk(job: Job, public_ids: list[str]) -> None:
    change = BulkChange(**job.parameters["change"])
    with for_later():
        outcome = change_customers(
            public_ids, change, caller=asker(job), reason=job.parameters["reason"], job=job
        )
    note(job, outcome)


@job_kind(DELETE_MANY)
def delete_chunk(job: Job, public_ids: list[str]) -> None:
    with for_later():
        outcome = delete_customers(
            public_ids, caller=asker(job), reason=job.parameters["reason"], job=job
        )
    note(job, outcome)


def note(job: Job, outcome: BulkOutcome) -> None:
    count(job, changed=len(outcome.changed), unchanged=len(outcome.unchanged))
    count(job, refused=len(outcome.refused))
    refusals = [{"customer": who, "errors": why} for who, why in outcome.refused.items()]
    name(job, "refusals", refusals)
