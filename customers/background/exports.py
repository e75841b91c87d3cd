"""A file of customers, written by a job."""

from customers.exports.export import write_part
from customers.models.exported import EXPORT_MANY
from jobs.models import Job
from jobs.registry import job_kind

from .results import asker, count


@job_kind(EXPORT_MANY)
def export_chunk(job: Job, keys: list[int]) -> None:
    count(job, exported=write_part(job, keys, caller=asker(job)))
