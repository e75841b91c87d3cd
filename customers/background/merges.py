"""Likely duplicates merged by a job, group by group."""

from django.core.exceptions import ValidationError

from customers.locking import UnknownCustomer
from customers.merging.bulk_merge import MERGE_MANY, merge_group
from customers.merging.merge import MergeRefused
from customers.profiles.lifecycle import CustomerChanged
from jobs.models import Job
from jobs.registry import job_kind

from .results import asker, count, for_later, name

REFUSALS = (CustomerChanged, MergeRefused, UnknownCustomer, ValidationError)


@job_kind(MERGE_MANY)
def merge_chunk(job: Job, groups: list[list[tuple[str, int]]]) -> None:
    caller = asker(job)
    for group in groups:
        try:
            with for_later():
                merged = merge_group(group, caller=caller, job=job, reason=job.parameters["reason"])
        except REFUSALS as error:
            problems = error.messages if isinstance(error, ValidationError) else [str(error)]
            count(job, refused=1)
            name(job, "refusals", [{"customer": group[0][0], "errors": {"group": problems}}])
        else:
            count(job, merged=len(merged.merged))
