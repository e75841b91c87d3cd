"""Work asked for, to be done in the background with the rights of who asked."""

from collections.abc import Iterable
from typing import Any

from access.actors import Caller
from access.credentials import credential_of
from customers.bulk.job_titles import LONGEST_TITLE
from jobs.models import Job
from jobs.queue import enqueue


def ask_for(
    kind: str,
    items: Iterable[Any],
    *,
    caller: Caller,
    title: str,
    parameters: dict[str, Any],
    chunk_size: int,
) -> Job:
    """Queue a job on these items in the caller's name; answers it."""
    return enqueue(
        kind,
        items,
        title=title[:LONGEST_TITLE],
        parameters=parameters,
        created_by=caller.get_username(),
        owner=credential_of(caller),
        chunk_size=chunk_size,
    )
