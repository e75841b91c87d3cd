"""What tests of the import share."""

from customers.imports.importer import import_rows
from customers.imports.options import Rules
from customers.imports.runs import begin_import, rehearse_import, run_import
from jobs.worker import Worker

from .operations import SAM


def rules(*columns, **more):
    return Rules(columns, **more)


def imported(wanted, *rows, caller=SAM):
    """Import the rows as lines 2, 3, … of a file."""
    return import_rows(
        [(line, list(cells)) for line, cells in enumerate(rows, 2)], wanted, caller=caller
    )


def counts(outcome):
    return {
        name: number
        for name, number in (
            ("created", outcome.created),
            ("changed", outcome.changed),
            ("unchanged", outcome.unchanged),
            ("refused", len(outcome.refused)),
            ("shared", outcome.shared),
        )
        if number
    }


def problems(outcome):
    return {row.line: row.problems for row in outcome.refused}


def done(job):
    Worker().drain()
    job.refresh_from_db()
    return job


def rehearsed(text, wanted, caller):
    """The upload, after its rehearsal."""
    upload = begin_import("people.csv", text.encode(), caller=caller)
    done(rehearse_import(upload, wanted, caller=caller))
    upload.refresh_from_db()
    return upload


def run(text, wanted, caller):
    """The job of the import, done."""
    return done(run_import(rehearsed(text, wanted, caller), caller=caller))
