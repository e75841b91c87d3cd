"""Customers as the contract shows them, each read whole within one SQL statement.

The database gathers identities, values and labels of a row as JSON; nothing walks objects. The
SQL differs by vendor in the names of the JSON functions only.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from django.db.models import TextField
from django.db.models.expressions import RawSQL

from labels.contact_limits import ContactLimit, limits_of
from labels.models import DEFAULT_PRIORITY
from schema_builder.schema import Schema

from .masking import FieldAccess

# Per cent signs are doubled: every statement that holds these runs with parameters.
_TIMESTAMP = {
    "postgresql": """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')""",
    "sqlite": "strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', {})",
}
_ROWS = {
    "postgresql": "(SELECT json_agg(json_build_array({columns}) ORDER BY {order})::text {rest})",
    "sqlite": (
        "(SELECT json_group_array(json_array({names}))"
        " FROM (SELECT {named_columns} {rest} ORDER BY {order}))"
    ),
}


def _rows(vendor: str, columns: Sequence[str], order: str, rest: str) -> str:
    names = [f"c{number}" for number in range(len(columns))]
    return _ROWS[vendor].format(
        columns=", ".join(columns),
        names=", ".join(names),
        named_columns=", ".join(f"{c} AS {n}" for c, n in zip(columns, names, strict=True)),
        order=order,
        rest=rest,
    )


def _document_sql(vendor: str) -> dict[str, str]:
    customer = "customers_customer"
    return {
        "document_id": f"{customer}.public_id",
        "document_name": f"{customer}.first_name",
        "document_anonymous": f"{customer}.is_anonymous",
        "document_version": f"{customer}.version",
        "document_created_at": _TIMESTAMP[vendor].format(f"{customer}.created_at"),
        "document_updated_at": _TIMESTAMP[vendor].format(f"{customer}.updated_at"),
        "document_created_by": f"{customer}.created_by",
        "document_updated_by": f"{customer}.updated_by",
        "document_identities": _rows(
            vendor,
            ["i.field_id", "i.value"],
            "i.id",
            f"FROM customers_channelidentity i WHERE i.customer_id = {customer}.id"
            " AND NOT i.is_retired",
        ),
        "document_values": _rows(
            vendor,
            ["v.field_id", "v.text"],
            "v.id",
            f"FROM customers_attributevalue v WHERE v.customer_id = {customer}.id",
        ),
        "document_labels": _rows(
            vendor,
            ["l.public_id", "l.name", "l.priority", "CAST(l.do_not_contact AS text)"],
            "l.name",
            "FROM customers_customerlabel w JOIN labels_label l ON l.id = w.label_id"
            f" WHERE w.customer_id = {customer}.id",
        ),
    }


DOCUMENT_SQL = {vendor: _document_sql(vendor) for vendor in ("postgresql", "sqlite")}
DOCUMENT_COLUMNS = tuple(DOCUMENT_SQL["sqlite"])


def document_annotations(vendor: str) -> dict[str, RawSQL]:
    """The columns of a document, to annotate a customer queryset with."""
    return {
        name: RawSQL(sql, [], output_field=TextField())
        for name, sql in DOCUMENT_SQL[vendor].items()
    }


def document(row: Sequence[Any], schema: Schema, mask: FieldAccess) -> dict[str, Any]:
    """The contract's customer object from one row of DOCUMENT_COLUMNS (contract 13.9, 13.10)."""
    public_id, name, anonymous, version, created_at, updated_at, created_by, updated_by = row[:8]
    identities, values, labels = row[8:11]
    shown = {"_id": public_id, **schema.blank_values}
    shown["firstName"] = mask(schema.by_key["firstName"], name)
    shown["isAnonymous"] = bool(anonymous)
    by_id = schema.by_id
    if identities:
        for field_id, value in orjson.loads(identities):
            if (field := by_id.get(field_id)) and field.is_channel_identifier:
                shown[field.key] = [*shown[field.key], mask(field, value)]
    if values:
        for field_id, text in orjson.loads(values):
            if field := by_id.get(field_id):
                shown[field.key] = mask.to_wire(field, text)
    worn = orjson.loads(labels) if labels else []
    shown["labels"] = [label[0] for label in worn]
    shown["labelNames"] = [label[1] for label in worn]
    shown["priority"] = max((label[2] for label in worn), default=DEFAULT_PRIORITY)
    shown["__v"] = version
    shown["createdAt"] = created_at
    shown["updatedAt"] = updated_at
    shown["createdBy"] = created_by
    shown["updatedBy"] = updated_by
    return shown


def leading_label(row: Sequence[Any]) -> tuple[int, str | None]:
    """The priority that counts for the customer of `row`, and the label it comes from."""
    worn = orjson.loads(row[10]) if row[10] else []
    return max(
        ((priority, name) for _, name, priority, _ in worn),
        key=lambda pair: pair[0],
        default=(DEFAULT_PRIORITY, None),
    )


def contact_limits(row: Sequence[Any]) -> list[ContactLimit]:
    """What the labels of the customer of `row` forbid."""
    worn = orjson.loads(row[10]) if row[10] else []
    return limits_of((name, orjson.loads(channels)) for _, name, _, channels in worn)
