"""The rows of a file, rehearsed and imported by a job."""

from django.db import transaction

from customers.imports.importer import ImportOutcome, import_rows
from customers.imports.options import Rules
from customers.imports.rejects import keep_rejects
from customers.imports.runs import keep_samples, needs_samples, samples_of
from customers.models.imported import REHEARSE, RUN
from jobs.models import Job
from jobs.registry import job_kind

from .results import asker, count, for_later


@job_kind(RUN, keeps=("import",))
def import_chunk(job: Job, rows: list[tuple[int, list[str]]]) -> None:
    rules = Rules(**job.parameters["rules"])
    with for_later():
        outcome = import_rows(rows, rules, caller=asker(job), job=job)
    note_import(job, outcome, rules)


@job_kind(REHEARSE, keeps=("import",))
def rehearse_chunk(job: Job, rows: list[tuple[int, list[str]]]) -> None:
    caller, rules = asker(job), Rules(**job.parameters["rules"])
    with for_later(), transaction.atomic():
        outcome = import_rows(rows, rules, caller=caller)
        samples = samples_of(outcome, caller) if needs_samples(job) else []
        transaction.set_rollback(True)
    note_import(job, outcome, rules)
    if samples:
        keep_samples(job, samples)


def note_import(job: Job, outcome: ImportOutcome, rules: Rules) -> None:
    """Count the rows; the refused ones are kept for the user who asked for the job alone."""
    count(job, created=outcome.created, changed=outcome.changed, unchanged=outcome.unchanged)
    count(job, shared=outcome.shared, refused=len(outcome.refused))
    keep_rejects(job, outcome.refused, rules)
