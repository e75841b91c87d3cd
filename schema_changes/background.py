"""Publishing that rewrites many values, as a job."""

from typing import Any

from customers.background.results import asker
from jobs.models import Job
from jobs.registry import JobRefused, job_kind
from schema_builder.models import FieldDefinition
from schema_builder.publishing import DraftConflicts, NothingToPublish, PlanRefused

from .preparation import PUBLISH, TIDY, Preparation, Step
from .publishing import publish_prepared
from .tidying import tidy_later, tidy_values


@job_kind(PUBLISH, at_end=tidy_later)
def publish_chunk(job: Job, steps: list[list[Any]]) -> None:
    for step, *keys in steps:
        try:
            take_step(job, step, *keys)
        except (DraftConflicts, NothingToPublish, PlanRefused) as error:
            raise JobRefused(str(error)) from None
    job.save(update_fields=["parameters"])


def take_step(job: Job, step: str, *keys: int) -> None:
    if step == Step.SWITCH:
        job.result["version"] = publish_prepared(job, caller=asker(job)).number
    else:
        getattr(Preparation(job), step)(*keys)


@job_kind(TIDY)
def tidy_chunk(job: Job, ranges: list[tuple[int, int]]) -> None:
    fields = FieldDefinition.everything.in_bulk(job.parameters["fields"])
    for first, last in ranges:
        for field in fields.values():
            tidy_values(field, first, last)
