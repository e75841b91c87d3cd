"""Convert values in the background before the schema changes, some customers at a time.

Meanwhile the former schema is in force and every value is valid by it: a converted value has the
columns of both types, and an option is replaced by one that the former schema has as well. So readers
and writers need no special case. Values that they write meanwhile are found by the time of the change
of their customer and converted, too; the last ones while writers wait.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from customers.locking import lock_customers
from customers.models import AttributeValue, Customer, Operation, SchemaRewrite
from jobs.models import OPEN, Job
from schema_builder.models import FieldDefinition, SchemaVersion
from schema_builder.plans import FieldChange, Plan
from schema_builder.publishing import PlanRefused
from schema_builder.versions import lock_schema

from .rewriting import MOST_NAMED, Rewriting, unchanged, version_reason
from .scan import RULES

PUBLISH = "schema.publish"
TIDY = "schema.tidy"
# Keys of customers in a chunk; the chunk locks those customers.
KEYS_IN_A_CHUNK = 1000
LARGEST_KEY = 2**63 - 1
# By how much the clocks of two machines may differ.
CLOCK_SKEW = timedelta(seconds=5)
PUT_BACK = "Options that were replaced already can be put back: undo the job."


class ValuesBeingRewritten(Exception):
    """Values of a field that is to be published are still being rewritten for an earlier publish."""

    def __init__(self, job: Job):
        percent = 100 * job.done // (job.total or 1)
        super().__init__(
            f"Values of the same field are being rewritten for an earlier publish ({percent} % done). "
            "Wait until that job is done, or cancel it."
        )


class Step(StrEnum):
    """The task of a chunk of a publish; steps on values get a range of keys of customers."""

    # Note the moment from which on writes have to be looked at again.
    MARK = "mark"
    # Find values that stand in the way, and give the others the columns of their new type.
    CHECK = "check"
    # Replace options that go.
    REPLACE = "replace"
    # Refuse the plan where values stand in the way.
    JUDGE = "judge"
    # Bring along what was written since the mark before the last one.
    CATCH_UP = "catch_up"
    # Make the plan the schema.
    SWITCH = "switch"


def preparation_steps(changes: Iterable[FieldChange]) -> Iterator[tuple[Any, ...]]:
    """The steps of a publish, in order.

    Replacing options changes customers as other writes do, so that what others wrote meanwhile is
    looked for by going through all of them again.
    """
    replaces = any(change.removed_options for change in changes)
    ranges = list(key_ranges())
    if not replaces:
        yield (Step.MARK,)
    yield from ((Step.CHECK, *keys) for keys in ranges)
    yield (Step.JUDGE,)
    if replaces:
        yield from ((Step.REPLACE, *keys) for keys in ranges)
        yield (Step.MARK,)
        yield from ((Step.REPLACE, *keys) for keys in ranges)
    for step in (Step.MARK, Step.CATCH_UP, Step.MARK, Step.CATCH_UP, Step.SWITCH):
        yield (step,)


def key_ranges() -> Iterator[tuple[int, int]]:
    """(first, last) keys of customers, some at a time.

    The last range is open: a customer may be created before the job marks its first moment, and no
    catch-up looks back as far as that.
    """
    keys = Customer.objects.aggregate(first=Min("pk"), last=Max("pk"))
    starts = range(keys["first"] or 1, (keys["last"] or 0) + 1, KEYS_IN_A_CHUNK)
    for first in starts:
        yield first, LARGEST_KEY if first == starts[-1] else first + KEYS_IN_A_CHUNK - 1


def refuse_while_rewriting(field_pks: Iterable[int]) -> None:
    """Raise ValuesBeingRewritten while a job rewrites values of one of the fields."""
    wanted = set(field_pks)
    for job in open_rewrites():
        if wanted.intersection(job.parameters["fields"]):
            raise ValuesBeingRewritten(job)


def open_rewrites() -> QuerySet[Job]:
    return Job.objects.filter(kind__in=(PUBLISH, TIDY), status__in=OPEN).order_by("id")


def fields_rewritten(plan: Plan) -> list[int]:
    """Return the keys of the fields that the plan rewrites values of."""
    ids = [change.id for change in plan.changes if change.rewrites]
    return list(FieldDefinition.everything.filter(public_id__in=ids).values_list("pk", flat=True))


def documents_of(changes: Iterable[FieldChange]) -> list[dict[str, Any]]:
    """The changes that rewrite values, as JSON keeps them."""
    return [asdict(change) for change in changes if change.rewrites]


class Preparation:
    """The state of a job that prepares a plan, and its steps.

    The parameters of the job keep what later chunks need of earlier ones.
    """

    def __init__(self, job: Job):
        self.job = job
        self.state = job.parameters

    @cached_property
    def rewritings(self) -> list[Rewriting]:
        return [
            Rewriting(FieldChange(**document), None, self.job.created_by, self.job)
            for document in self.state["changes"]
        ]

    def mark(self) -> None:
        """Note a moment between writes: earlier ones have committed, later ones have not begun."""
        lock_schema(exclusive=True)
        self.state.setdefault("marks", []).append(timezone.now().isoformat())

    def check(self, first: int, last: int) -> None:
        for rewriting in self.rewritings:
            bring_along(rewriting, between(rewriting.values, first, last), replaces=False)
            self.note_refused(rewriting)

    def replace(self, first: int, last: int) -> None:
        for rewriting in self.rewritings:
            bring_along(rewriting, between(rewriting.values, first, last))
        self.conclude()

    def catch_up(self, mark: int = -2) -> None:
        """Convert the values that were written since the mark; raises PlanRefused."""
        since = datetime.fromisoformat(self.state["marks"][mark]) - CLOCK_SKEW
        changed = Customer.objects.filter(updated_at__gte=since).order_by("pk")
        for rewriting in self.rewritings:
            for pks in in_parts(list(changed.values_list("pk", flat=True))):
                bring_along(rewriting, rewriting.values.filter(customer__in=pks))
        self.conclude()

    def judge(self) -> None:
        """Raise PlanRefused where values stand in the way."""
        for rewriting in self.rewritings:
            rewriting.refused_count, rewriting.refused = self.refused_of(rewriting)
        self.refuse()

    def conclude(self) -> None:
        """Note what was replaced. Raises PlanRefused where a new value stands in the way."""
        replaced = self.state.setdefault("replaced", [])
        for rewriting in self.rewritings:
            for (option, successor), count in rewriting.rewrite.told.items():
                replaced.append([rewriting.field.pk, option, successor, count])
        self.refuse()

    def refuse(self) -> None:
        problems = [problem for one in self.rewritings for problem in one.problems()]
        if problems and Operation.objects.filter(job=self.job).exists():
            problems.append(PUT_BACK)
        if problems:
            raise PlanRefused(problems)

    def refused_of(self, rewriting: Rewriting) -> tuple[int, list[int]]:
        count, pks = self.state.get("refused", {}).get(rewriting.change.id, (0, []))
        return count, pks

    def note_refused(self, rewriting: Rewriting) -> None:
        if rewriting.refused_count:
            count, pks = self.refused_of(rewriting)
            self.state.setdefault("refused", {})[rewriting.change.id] = [
                count + rewriting.refused_count,
                [*pks, *rewriting.refused][:MOST_NAMED],
            ]

    def is_of(self, plan: Plan) -> bool:
        """Whether the plan makes of values what has been prepared."""
        return rules_by_field(documents_of(plan.changes)) == rules_by_field(self.state["changes"])

    def attribute_to(self, version: SchemaVersion) -> None:
        """Attribute the operations of the preparation to the version."""
        Operation.objects.filter(job=self.job).update(
            schema_version=version, reason=version_reason(version)
        )
        told: dict[tuple[int, str, str], int] = {}
        for field, option, successor, count in self.state.get("replaced", ()):
            told[field, option, successor] = told.get((field, option, successor), 0) + count
        SchemaRewrite.objects.bulk_create(
            SchemaRewrite(
                version=version,
                field_id=field,
                option=option,
                successor=successor,
                customers=count,
            )
            for (field, option, successor), count in told.items()
        )


def rules_by_field(changes: Iterable[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return the rules that decide a conversion, by id of the field."""
    return {
        one["after"]["id"]: [
            *([(one[side] or {}).get(rule) for rule in RULES] for side in ("before", "after")),
            dict(one["mapping"]),
        ]
        for one in changes
    }


def bring_along(
    rewriting: Rewriting, rows: QuerySet[AttributeValue], *, replaces: bool = True
) -> None:
    """Write those of the values that change; locks their customers, and no others.

    Without what `replaces` options.
    """
    due = [row.customer_id for row in rows if is_due(rewriting, row, replaces)]
    if rewriting.refused_count or not due:
        return
    customers = lock_customers(due)
    again = rewriting.values.filter(customer__in=list(customers))
    rewriting.write(customers, [row for row in again if is_due(rewriting, row, replaces)])


def is_due(rewriting: Rewriting, row: AttributeValue, replaces: bool) -> bool:
    value = rewriting.look(row)
    if value is None or value.text != row.text:
        return replaces
    return unchanged(row) != value


def between(values: QuerySet[AttributeValue], first: int, last: int) -> QuerySet[AttributeValue]:
    """Return the values of the customers with keys from `first` to `last`."""
    return values.filter(customer__gte=first, customer__lte=last)


def in_parts(pks: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(pks), KEYS_IN_A_CHUNK):
        yield pks[start : start + KEYS_IN_A_CHUNK]
