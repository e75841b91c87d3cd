"""The yardstick below: the one statement and a JSON reply, without any framework.

It trusts its caller: nobody is authenticated, nothing checked, masked or normalised.
"""

import os
from threading import local
from urllib.parse import parse_qsl

import django
import orjson
import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxcustomers.settings")
django.setup()

from customers.identification.lookup import holders_statement  # noqa: E402 - needs the models
from schema_builder.schema import load_schema  # noqa: E402

CHANNEL_TYPE = "CX_VOICE"
JSON = [("Content-Type", "application/json")]

schema = load_schema()
PLACES = [field.pk for field in schema.serving[CHANNEL_TYPE]]
STATEMENT = holders_statement("postgresql", len(PLACES), 0)
BLANK = {field.key: field.blank for field in schema.fields}
KEYS = {field.pk: field.key for field in schema.fields}
IDENTIFIERS = {field.pk for field in schema.identifier_fields}
connections = local()


def database() -> psycopg.Connection:
    if not hasattr(connections, "one"):
        connections.one = psycopg.connect(
            os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0
        )
    return connections.one


def application(environ, start_response):
    query = dict(parse_qsl(environ["QUERY_STRING"]))
    identifier = query["customerChannelIdentifier"]
    parameters = [part for field_id in PLACES for part in (identifier, field_id)]
    row = database().execute(STATEMENT, parameters).fetchone()
    body = orjson.dumps(answer(row[3], row[4], document(row[7:])))
    start_response("200 OK", JSON)
    return [body]


def document(row):
    shown = {"_id": row[0], **BLANK, "firstName": row[1], "isAnonymous": row[2]}
    for field_id, value in orjson.loads(row[8] or "[]"):
        key = KEYS[field_id]
        shown[key] = [*shown[key], value]
    for field_id, text in orjson.loads(row[9] or "[]"):
        shown[KEYS[field_id]] = text
    labels = orjson.loads(row[10] or "[]")
    shown["labels"] = [label[0] for label in labels]
    shown["labelNames"] = [label[1] for label in labels]
    shown["priority"] = max((label[2] for label in labels), default=1)
    shown["__v"], shown["createdAt"], shown["updatedAt"] = row[3:6]
    shown["createdBy"], shown["updatedBy"] = row[6:8]
    return shown


def answer(field_id, value, customer):
    return {
        "customer": customer,
        "customerSuggestions": [],
        "identification": {
            "outcome": "matched",
            "matchedBy": {"field": KEYS[field_id], "identifier": value, "rule": "same_identifier"},
            "suggestions": [],
            "priority": {"value": customer["priority"], "label": None},
        },
    }
