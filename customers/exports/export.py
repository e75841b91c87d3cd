"""Customers as a file, as who asked may see them: written by a job, and kept for a while."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone

from access.actors import Caller
from access.credentials import is_credential_of
from access.denials import check_permissions
from customers.bulk.job_titles import job_title
from customers.enqueue import ask_for
from customers.lists.columns import Column, CustomerTable, list_columns
from customers.masking import visible_schema_and_mask
from customers.models import Customer, ExportPart
from customers.models.exported import EXPORT_MANY
from customers.permissions import EXPORT, VIEW
from foundation.cells import joined, separated
from foundation.csv_writer import csv_line, first_line
from jobs.models import Job, Status

CUSTOMERS_IN_A_CHUNK = 500
MOST_EXPORTED = 1_000_000
FILES_KEPT = timedelta(days=3)
# A download that was begun at the last moment goes on, or it would end early and look whole.
DOWNLOADS_TAKE = timedelta(hours=1)
PARTS_IN_A_QUERY = 20


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file that is ready, and until when it is kept."""

    job: Job
    name: str
    until: datetime

    def text(self) -> Iterator[str]:
        """The file in pieces; memory does not grow with their number."""
        last = -1
        parts = ExportPart.objects.filter(job=self.job).order_by("number")
        while rows := list(parts.filter(number__gt=last)[:PARTS_IN_A_QUERY]):
            for part in rows:
                yield part.text
            last = rows[-1].number


class FileSheet(CustomerTable):
    """Customers as lines of a file, written so that an import reads back what they have."""

    def value_text(self, definition, text):
        return definition.field_type.in_cell(text, definition)

    def identifiers_text(self, definition, values):
        return definition.field_type.joined(values)

    def labels_text(self, names):
        return joined(names, separated)


def enqueue_export(customers: QuerySet, columns: Sequence[Column], *, caller: Caller) -> Job:
    """Write these customers to a file in the background, the newest first; answers the queued job.

    Who is meant is settled now; who is gone when it comes to them is left out. Raises
    PermissionDenied, and ValidationError for nobody or too many.
    """
    check_export_permission(caller)
    keys = list(customers.order_by("-pk").values_list("pk", flat=True)[: MOST_EXPORTED + 1])
    if not 1 <= len(keys) <= MOST_EXPORTED:
        raise ValidationError({"customers": f"Choose 1 to {MOST_EXPORTED:,} customers."})
    return ask_for(
        EXPORT_MANY,
        keys,
        caller=caller,
        title=job_title("Export", len(keys)),
        parameters={"columns": [column_identity(column) for column in columns]},
        chunk_size=CUSTOMERS_IN_A_CHUNK,
    )


def column_identity(column: Column) -> tuple[str, str, int | None]:
    """(key, label, key of the field): a field that is deleted leaves its key to others."""
    return column.key, column.label, column.definition.pk if column.definition else None


def check_export_permission(caller: Caller) -> None:
    check_permissions(caller, VIEW, EXPORT, action="export customers")


def may_export(caller: Caller) -> bool:
    """Who may not see customers gets no file of them either."""
    return caller.has_perm(VIEW) and caller.has_perm(EXPORT)


def write_part(job: Job, keys: Sequence[int], *, caller: Caller) -> int:
    """Add these customers to the file of the job; how many there were. Raises PermissionDenied."""
    check_export_permission(caller)
    schema, mask = visible_schema_and_mask(caller)
    columns = job.parameters["columns"]
    known = {
        column_identity(column)[::2]: column for column in list_columns(schema, caller).values()
    }
    # Who may not see a field any more has nothing in its column.
    places = [known.get((key, field)) for key, _, field in columns]
    sheet = FileSheet([column for column in places if column], schema, mask, caller)
    lines = sheet.lines(list(Customer.objects.filter(pk__in=keys).order_by("-pk")))
    text = "".join(
        csv_line(sheet.text(line, column) if column else "" for column in places) for line in lines
    )
    if job.cursor == 0:
        text = first_line(label for _, label, _ in columns) + text
    ExportPart.objects.create(job=job, number=job.cursor, text=text)
    return len(lines)


def wrote_file(job: Job, caller: Caller) -> bool:
    """Whether the job wrote a file for the caller to its end, kept or not."""
    is_theirs = is_credential_of(job.owner, job.created_by, caller) and may_export(caller)
    return job.kind == EXPORT_MANY and job.status == Status.DONE and is_theirs


def file_of(job: Job, caller: Caller) -> ExportFile | None:
    """The file that a job wrote, if it is there, not too old, and the caller's."""
    if not wrote_file(job, caller) or job.finished_at is None:
        return None
    # Whether or not a worker has come to delete it.
    until = job.finished_at + FILES_KEPT
    if until < timezone.now() or not ExportPart.objects.filter(job=job).exists():
        return None
    return ExportFile(job, f"customers-{job.finished_at:%Y-%m-%d-%H%M}.csv", until)


def forget_files(now: datetime) -> None:
    """Delete files that are old, and what there is of those that were given up."""
    old = Q(job__status=Status.DONE, job__finished_at__lt=now - FILES_KEPT - DOWNLOADS_TAKE)
    given_up = Q(job__status__in=[Status.FAILED, Status.CANCELLED])
    ExportPart.objects.filter(old | given_up).delete()
