"""An import from its upload to its undo: rehearsed and run by jobs, forgotten after a while."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from access.actors import Caller
from access.credentials import credential_of
from access.denials import check_permissions
from customers.enqueue import ask_for
from customers.history.descriptions import OperationDescriber, operations_of
from customers.masking import FieldAccess, visible_schema_and_mask
from customers.models import CustomerImport, ImportReject
from customers.models.imported import REHEARSE, RUN
from customers.permissions import IMPORT
from customers.system_fields import BUILT_IN
from jobs.models import Job, Status
from jobs.queue import JobFinished, cancel
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema

from .csv_reader import (
    MOST_BYTES,
    UnreadableFile,
    decoded,
    guess_delimiter,
    guess_encoding,
    read_table,
)
from .importer import ImportOutcome
from .options import Rules, check_rules

ROWS_IN_A_CHUNK = 200
MOST_SAMPLES = 6
DIFFERENCES_IN_A_SAMPLE = 12
# An upload that nobody goes on with, and what is known of an import that was run.
UPLOADS_KEPT = timedelta(days=1)
IMPORTS_KEPT = timedelta(days=30)
# Figures of a rehearsal that count accepted rows.
ACCEPTED = ("created", "changed", "unchanged")
# What is known of a file once it is read.
READING = ("encoding", "delimiter", "header", "row_count")


class NotReady(Exception):
    """The import is not where it would have to be for this."""


def begin_import(name: str, content: bytes, *, caller: Caller) -> CustomerImport:
    """Keep a file, its encoding and separator guessed.

    Raises PermissionDenied, and UnreadableFile where it is no table that could be imported.
    """
    check_import_permission(caller)
    if len(content) > MOST_BYTES:
        raise UnreadableFile(f"The file is larger than {MOST_BYTES // 1024**2} MB: split it.")
    encoding = guess_encoding(content)
    imported = CustomerImport(
        name="".join(filter(str.isprintable, name))[:150],
        content=content,
        owner=credential_of(caller),
        created_by=caller.get_username(),
    )
    read_file(imported, encoding, guess_delimiter(decoded(content, encoding)))
    imported.save()
    return imported


@transaction.atomic
def reread_file(imported: CustomerImport, encoding: str, delimiter: str) -> None:
    """Read the file so from now on; what was said of its columns is forgotten.

    Raises NotReady, and UnreadableFile, and the file is then read as before.
    """
    imported = still_open(imported)
    read_file(imported, encoding, delimiter)
    give_up(imported)
    imported.rules, imported.samples, imported.rehearsal = {}, [], None
    imported.save(update_fields=[*READING, "rules", "samples", "rehearsal"])


def read_file(imported: CustomerImport, encoding: str, delimiter: str) -> None:
    """Raises UnreadableFile."""
    table = read_table(bytes(imported.content or b""), encoding, delimiter)
    imported.row_count = table.count()
    imported.encoding, imported.delimiter, imported.header = encoding, delimiter, table.header


def imports_of(caller: Caller):
    """What the caller uploaded."""
    return CustomerImport.objects.filter(owner=credential_of(caller))


def check_import_permission(caller: Caller) -> None:
    check_permissions(caller, IMPORT, action="import customers")


@transaction.atomic
def rehearse_import(imported: CustomerImport, rules: Rules, *, caller: Caller) -> Job:
    """Find out in the background what an import would do; nothing of it stays.

    A rehearsal before this one is given up. Raises PermissionDenied, NotReady, and
    ValidationError for rules that make no sense.
    """
    check_rules(rules, caller)
    imported = still_open(imported)
    give_up(imported)
    imported.rules, imported.samples = asdict(rules), []
    imported.rehearsal = enqueue_rows(REHEARSE, imported, f"Check {imported.name}", caller)
    imported.save(update_fields=["rules", "samples", "rehearsal"])
    return imported.rehearsal


@transaction.atomic
def run_import(imported: CustomerImport, *, caller: Caller) -> Job:
    """Import the file as it was rehearsed last; its rows go to the job, the file itself goes.

    Raises PermissionDenied, NotReady without a finished rehearsal, and ValidationError.
    """
    imported = still_open(imported)
    if imported.rehearsal is None or imported.rehearsal.status != Status.DONE:
        raise NotReady("Check the file first.")
    if not has_valid_rows(imported.rehearsal):
        raise NotReady("No row of the file can be imported: correct the file or its columns.")
    check_rules(Rules(**imported.rules), caller)
    imported.run = enqueue_rows(RUN, imported, f"Import {imported.name}", caller)
    imported.content = None
    imported.save(update_fields=["run", "content"])
    return imported.run


def has_valid_rows(rehearsal: Job) -> bool:
    """Whether an import of the file would accept at least one row."""
    return any(rehearsal.result.get(name) for name in ACCEPTED)


def still_open(imported: CustomerImport) -> CustomerImport:
    """The upload as it is now, locked. Raises NotReady where it is gone or imported already."""
    row = CustomerImport.objects.select_for_update().filter(pk=imported.pk).first()
    if row is None:
        raise NotReady("This upload is gone: upload the file again.")
    if row.run_id:
        raise NotReady("This file is imported already.")
    return row


def give_up(imported: CustomerImport) -> None:
    """Stop the rehearsal, if there is one, and forget what it found."""
    if imported.rehearsal:
        with suppress(JobFinished):
            cancel(imported.rehearsal)
        ImportReject.objects.filter(job=imported.rehearsal).delete()


def enqueue_rows(kind: str, imported: CustomerImport, title: str, caller: Caller) -> Job:
    table = read_table(bytes(imported.content or b""), imported.encoding, imported.delimiter)
    return ask_for(
        kind,
        ([line.number, line.cells] for line in table.lines()),
        caller=caller,
        title=title,
        parameters={"rules": imported.rules},
        chunk_size=ROWS_IN_A_CHUNK,
    )


def samples_of(outcome: ImportOutcome, caller: Caller) -> list[dict[str, Any]]:
    """Some of the customers that were written, with what differs, as the caller may see it."""
    if outcome.operation is None:
        return []
    schema, mask = visible_schema_and_mask(caller)
    [told] = OperationDescriber(schema, mask).describe(
        operations_of().filter(pk=outcome.operation.pk)
    )
    changes: dict[str, list[dict[str, Any]]] = {}
    for change in told["changes"]:
        changes.setdefault(change["to"] or change["from"], []).append(change)
    chosen = sorted(changes.keys() & outcome.lines.keys(), key=outcome.lines.__getitem__)
    return [
        {"line": outcome.lines[public_id], "changes": differences(changes[public_id], schema, mask)}
        for public_id in chosen[:MOST_SAMPLES]
    ]


def differences(
    changes: Iterable[dict[str, Any]], schema: Schema, mask: FieldAccess
) -> list[dict[str, Any]]:
    found = []
    for change in changes:
        if not (change["before"] or change["after"]):
            continue
        definition = schema.by_key.get(change["field"]) if change["field"] else None
        name = definition.label if definition else change["what"].capitalize()
        before, after = (
            shown_import_value(change[end], definition, mask) for end in ("before", "after")
        )
        found.append({"field": name, "before": before, "after": after})
    return found[:DIFFERENCES_IN_A_SAMPLE]


def shown_import_value(value: Any, definition: FieldDefinition | None, mask: FieldAccess) -> Any:
    """A stored value as pages show it: options by label, yes and no in words."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if definition is None or not isinstance(value, str) or mask.hides(definition):
        return value
    if definition.is_channel_identifier or definition.key in BUILT_IN:
        return value
    return definition.field_type.in_words(value, definition)


def needs_samples(job: Job) -> bool:
    return CustomerImport.objects.filter(rehearsal=job, samples=[]).exists()


def keep_samples(job: Job, samples: list[dict[str, Any]]) -> None:
    CustomerImport.objects.filter(rehearsal=job).update(samples=samples)


def forget_old(now: datetime) -> None:
    """Delete uploads that nobody went on with, and what is older than anybody asks about."""
    idle = Q(run=None, created_at__lt=now - UPLOADS_KEPT)
    old = CustomerImport.objects.filter(idle | Q(created_at__lt=now - IMPORTS_KEPT))
    for imported in old.defer("content").select_related("rehearsal"):
        with transaction.atomic():
            give_up(imported)
            ImportReject.objects.filter(job=imported.run_id).delete()
            imported.delete()
