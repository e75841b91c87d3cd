"""What was done to customers, told so that people can read it: masked, field by field."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from customers.masking import FieldAccess
from customers.models import Customer, Operation, OperationCustomer, RowChange
from customers.system_fields import ANONYMOUS_FIELD, NAME_FIELD
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema

from .recording import Image

COLUMNS = {"first_name": NAME_FIELD, "is_anonymous": ANONYMOUS_FIELD}


def operations_of(customer: Customer | None = None) -> QuerySet[Operation]:
    """Operations newest first, of all or one customer and those that were merged into it.

    One customer's tell nothing of the others that the same bulk operation changed.
    """
    operations = Operation.objects.order_by("-id").select_related("undone_by", "job")
    if customer is None:
        return operations.prefetch_related("customers", Prefetch("changes", changes_in_order()))
    ids = [customer.public_id, *customer.aliases.values_list("public_id", flat=True)]
    theirs = OperationCustomer.objects.filter(public_id__in=ids)
    alone = Q(operation__is_bulk=False)
    return operations.filter(pk__in=theirs.values("operation")).prefetch_related(
        Prefetch("customers", OperationCustomer.objects.filter(alone | Q(public_id__in=ids))),
        Prefetch(
            "changes",
            changes_in_order().filter(alone | Q(customer_pk__in=theirs.values("customer_pk"))),
        ),
    )


def operations_in_brief() -> QuerySet[Operation]:
    """All operations newest first; of a bulk operation not what it changed, which may be long."""
    changes = changes_in_order().filter(operation__is_bulk=False)
    return (
        operations_of()
        .prefetch_related(None)
        .prefetch_related("customers", Prefetch("changes", changes))
    )


def changes_in_order() -> QuerySet[RowChange]:
    """What changed as it was recorded, table by table: databases answer in any order."""
    return RowChange.objects.order_by("id")


class OperationDescriber:
    """Describes operations; reads the names of fields and labels once for all of them."""

    def __init__(self, schema: Schema, mask: FieldAccess):
        self.mask = mask
        self.fields: dict[int, FieldDefinition] = {
            field.pk: field for field in FieldDefinition.objects.all()
        }
        self.columns = {column: schema.by_key[key] for column, key in COLUMNS.items()}
        self.labels: dict[int, str] = dict(Label.objects.values_list("pk", "name"))

    def describe(self, operations: Iterable[Operation]) -> list[dict[str, Any]]:
        return [self.describe_one(operation) for operation in operations]

    def describe_one(self, operation: Operation) -> dict[str, Any]:
        known = known_in(operation)
        return {
            **head_of(operation),
            "undoneBy": operation.undone_by and operation.undone_by.public_id,
            "customers": sorted(known.values()),
            "changes": [
                told for change in operation.changes.all() for told in self.tell(change, known)
            ],
        }

    def tell(self, change: RowChange, known: dict[int, str]) -> Iterable[dict[str, Any]]:
        """The visible differences of one row."""
        before, after = change.before or {}, change.after or {}
        for name, field in self.differing(change):
            if field and not self.mask.shows(field):
                continue
            shown = [self.show(change.table, name, image, field) for image in (before, after)]
            if shown[0] != shown[1] or change.table not in ("customer", "value"):
                yield {
                    "what": change.table,
                    "field": field.key if field else None,
                    "before": shown[0],
                    "after": shown[1],
                    "from": known.get(self.owner(change.table, before)),
                    "to": known.get(self.owner(change.table, after)),
                }

    def owner(self, table: str, image: Image) -> int:
        return image.get("id" if table == "customer" else "customer_id", 0)

    def differing(self, change: RowChange) -> Iterable[tuple[str, FieldDefinition | None]]:
        """(column that shows it, field) for what of the row is worth telling."""
        before, after = change.before or {}, change.after or {}
        if change.table == "customer":
            for column, field in self.columns.items():
                if before.get(column) != after.get(column):
                    yield column, field
        elif change.table in ("identity", "value"):
            field_id = (before or after)["field_id"]
            yield ("value" if change.table == "identity" else "text"), self.fields.get(field_id)
        else:
            names = {"label": "label_id", "conversation": "conversation_id", "alias": "public_id"}
            yield names[change.table], None

    def show(self, table: str, name: str, image: Image, field: FieldDefinition | None) -> Any:
        value = image.get(name)
        if value is None:
            return None
        if table == "label":
            return self.labels.get(value)
        if isinstance(value, str) and table in ("customer", "identity", "value"):
            # A field that is gone cannot say whether it was personal.
            return self.mask(field, value) if field else "***"
        return value


def head_of(operation: Operation) -> dict[str, Any]:
    """Who did what, when and why."""
    return {
        "_id": operation.public_id,
        "kind": operation.kind,
        "actor": operation.actor,
        "reason": operation.reason,
        "at": operation.at,
        "job": operation.job and operation.job.public_id,
    }


def known_in(operation: Operation) -> dict[int, str]:
    """Ids of the customers of the operation, by their keys."""
    return {row.customer_pk: row.public_id for row in operation.customers.all()}
