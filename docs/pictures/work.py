"""Jobs and imports in every state that is pictured."""

import time
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from customers.background.bulk import enqueue_bulk
from customers.bulk.change import BulkChange
from customers.exports.export import enqueue_export
from customers.imports.options import Rules
from customers.imports.runs import begin_import, rehearse_import, run_import
from customers.lists.columns import list_columns
from customers.models import Customer
from jobs.execution import advance, run_chunk
from jobs.models import OPEN, Job
from labels.models import Label
from schema_builder.schema import current_schema

HEADER = "Name,Phone number,E-mail,City\n"
VISITORS = ["Amal Haddad", "Jonas Weber", "Mei Tanaka", "Sofia Rossi", "Omar Aziz", "Lena Vogel"]


def jobs(admin: User, amy: User) -> dict[str, Any]:
    """One that is done, imports in every state, and one that is under way for as long as it takes."""
    keys = list(Customer.objects.filter(values__text="Lahore").values_list("pk", flat=True))
    enqueue_bulk(keys[:40], BulkChange(fields={"city": "Kabul"}), caller=amy, reason="Moved")
    uploaded = begin_import("visitors.csv", people(60, 3), caller=admin)
    read = Rules(["firstName", "phoneNumber", "email", "city"])
    rehearse_import(uploaded, read, caller=admin)
    refused = begin_import("trade-fair.csv", people(18, 5, prefix="+4915350"), caller=admin)
    rehearse_import(refused, read, caller=admin)
    everybody = Customer.objects.filter(is_anonymous=False)
    columns = list(list_columns(current_schema(), admin).values())
    file = enqueue_export(everybody, columns, caller=admin)
    finish_all()
    job = run_import(refused, caller=admin)
    finish_all()
    fresh = begin_import("newcomers.csv", people(20, 0, prefix="+4915360"), caller=admin)
    running = under_way(admin)
    return {"refused": job, "file": file, "running": running, "checked": uploaded, "fresh": fresh}


def finish_all() -> None:
    """The worker beside the server may be at them, too."""
    while Job.objects.filter(status__in=OPEN).exists():
        if not run_chunk():
            time.sleep(0.2)


@transaction.atomic
def under_way(admin: User) -> Job:
    """A job that stopped half-way, as nobody goes on with it before tomorrow."""
    newsletter = Label.objects.get(name="Newsletter")
    job = enqueue_bulk(
        Customer.objects.filter(is_anonymous=False),
        BulkChange(add=[newsletter.public_id]),
        caller=admin,
        reason="Asked for it at the fair",
    )
    advance(job)
    advance(job)
    job.not_before = timezone.now() + timedelta(days=1)
    job.save(update_fields=["not_before"])
    return job


def people(count: int, wrong: int, prefix: str = "+4915300") -> bytes:
    """A file of so many people, the last of them with numbers that are none."""
    towns = ["Ulm", "Bonn", "Berlin"]
    lines = [
        f"{VISITORS[number % len(VISITORS)]},{prefix}{number:05},"
        f"visitor{number}@example.com,{towns[number % len(towns)]}\n"
        for number in range(count)
    ]
    lines += [
        f"{VISITORS[number % len(VISITORS)]},0000,visitor{number}@,Ulm\n" for number in range(wrong)
    ]
    return (HEADER + "".join(lines)).encode()
