"""What holds for an anonymous customer because of those that it may be."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max

from customers.identification.candidates import (
    Priority,
    candidates,
    highest_priority,
    strictest_limits,
)
from customers.identification.simulation import found_by
from customers.labelling.channels import describe_channels
from customers.masking import FieldAccess, shown_name
from customers.models import Customer
from customers.profiles.rows import stored_identifier
from labels.models import DEFAULT_PRIORITY
from schema_builder.schema import Schema, current_schema

# (id, name)
Named = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class CandidateNotice:
    """Limits and priority that come from other customers with the same identifiers."""

    # (label, channels in words, its customers)
    limits: list[tuple[str, str, Named]] = field(default_factory=list)
    priority: Priority | None = None
    priority_customers: Named = field(default_factory=list)


def candidate_notice(customer: Customer, schema: Schema, mask: FieldAccess) -> dict[str, Any]:
    """The notice for the profile; at most six statements, none for an identified customer."""
    if not customer.is_anonymous:
        return {}
    held = customer.identities.active().select_related("field").order_by("id")
    current = current_schema()
    stored = [stored_identifier(row.field, row, current) for row in held]
    found = found_by([one for one in stored if one.identifies], current)
    rows = candidates(found, found.holder)
    others = [row for row in rows if row[0] != customer.public_id]
    own = customer.labels.aggregate(highest=Max("priority"))["highest"] or DEFAULT_PRIORITY
    names = {row[0]: shown_name(row[1], schema, mask) for row in others}
    priority = highest_priority(others)

    def named(public_ids: list[str]) -> Named:
        return [(public_id, names[public_id]) for public_id in public_ids]

    limits = [
        (limit.label, describe_channels(limit.channels, schema), named(limit.customers))
        for limit in strictest_limits(others)
    ]
    if priority.value <= own:
        return {"candidate_notice": CandidateNotice(limits)}
    return {"candidate_notice": CandidateNotice(limits, priority, named(priority.customers))}
