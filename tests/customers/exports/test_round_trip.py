"""An export is imported without a change, whatever customers have."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.exports.export import enqueue_export, write_part
from customers.imports.csv_reader import guess_delimiter, guess_encoding, read_table
from customers.imports.importer import import_rows
from customers.imports.options import Rules
from customers.lists.columns import list_columns
from customers.models import Customer, ExportPart
from customers.profiles.lifecycle import create_customer
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.schema import current_schema
from schema_builder.types import TYPES
from tests.support.factories import FieldFactory, LabelFactory, UserFactory
from tests.support.imports import counts, problems

pytestmark = pytest.mark.django_db

PIECES = [
    *("|", ";", ", ", ",", '"', "'", "=", "+", "-", "@", "\n", "\t", " ::: ", ":", "\\", "* "),
    *("=1+1", "'=1+1", "'+49", "007", "1E+11", "4.41632E+11", "a", "Ä", "ß", "é", "ﬁ", "ı", "عل"),
    *("auth0|5f81", "sep=;", "null", "<b>", "\u200d", "👩‍👩‍👧", "1.0", "{}", "%00", "yes", "No"),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
OPTIONS = [
    {"value": "a", "label": "b"},
    {"value": "b", "label": "Key; Account"},
    {"value": "c|d", "label": 'Say "hi"'},
    {"value": "=1", "label": "Rock, Pop"},
    {"value": "Rock"},
]
DAYS = st.dates().map(str)
SECONDS = st.datetimes().map(lambda moment: moment.replace(microsecond=0, tzinfo=UTC))
MOMENTS = SECONDS.map(datetime.isoformat)
NUMBERS = st.decimals(-(10**6), 10**6, places=3).map(str) | st.sampled_from(["+7", "007", ".5"])
VALUES = {
    "number": NUMBERS,
    "boolean": st.booleans(),
    "email": st.sampled_from(["Ada@Example.com", '"a;b"@example.com', "o'neil+x@example.co.uk"]),
    "phonenumber": st.sampled_from(["+49 151 12340101", "+1 212 555 0100 ext. 5", "+923001234567"]),
    "ip": st.sampled_from(["192.0.2.1", "2001:db8::1"]),
    "url": st.sampled_from(["https://example.com/a;b|c?d=e, f".replace(" ", ""), "http://[::1]/"]),
    "date": DAYS,
    "datetime": MOMENTS,
    "choice": st.sampled_from([option["value"] for option in OPTIONS]),
    "multichoice": st.lists(st.sampled_from([option["value"] for option in OPTIONS]), unique=True),
}
LABELS = ["VIP", "Gold", "VIP, Gold", "vip", 'A|B; "C"', '"VIP"; "Gold"', "=1", "* mine", "4E+11"]
IDENTIFIERS = {
    "web": st.lists(TEXTS, max_size=3),
    "phoneNumber": st.lists(st.integers(0, 9), max_size=3, unique=True),
    "email": st.lists(st.integers(0, 9), max_size=3, unique=True),
}


@st.composite
def bodies(draw):
    """A body of a customer with hostile texts in fields of every type."""
    kept = [key for key in TYPES if key != "password"]
    return {f"f{key}": draw(VALUES.get(key, TEXTS) | st.just("")) for key in kept} | {
        "firstName": draw(TEXTS),
        "isAnonymous": draw(st.booleans()),
        "labels": draw(st.lists(st.sampled_from(LABELS), max_size=3, unique=True)),
        **{key: draw(identifiers) for key, identifiers in IDENTIFIERS.items()},
    }


@pytest.fixture
def caller(db):
    for key, field_type in TYPES.items():
        if key != "password":
            options = OPTIONS if field_type.has_options else []
            FieldFactory(key=f"f{key}", label=f"Field {key}", type=key, options=options)
    for name in LABELS:
        LabelFactory(name=name)
    return UserFactory(role="Supervisor", is_superuser=True)


def written(number, body):
    """What of a body may be stored, its identifiers no other customer's."""
    labels = dict(Label.objects.values_list("name", "public_id"))
    fields = FieldDefinition.objects.in_bulk(field_name="pk")
    types = {field.key: field for field in fields.values()}
    found = {
        "firstName": body["firstName"]
        if is_storable("firstName", body["firstName"], types)
        else "A",
        "isAnonymous": body["isAnonymous"],
        "labels": [labels[name] for name in body["labels"]],
        "web": [f"{text}w{number}" for text in body["web"]],
        "phoneNumber": [f"+49 151 1234 {number}{n:03}" for n in body["phoneNumber"]],
        "email": [f"Ada.{number}.{n}@Example.com" for n in body["email"]],
    }
    values = {key: value for key, value in body.items() if key not in found}
    return found | {k: value for k, value in values.items() if is_storable(k, value, types)}


def is_storable(key, value, types):
    try:
        return types[key].field_type.clean(value, types[key]) is not None
    except ValidationError:
        return False


def exported(caller, *left_out):
    """(keys of the columns, file) of all customers."""
    known = list_columns(current_schema(), caller)
    columns = [column for key, column in known.items() if key not in left_out]
    keys = list(Customer.objects.order_by("-pk").values_list("pk", flat=True))
    job = enqueue_export(Customer.objects.all(), columns, caller=caller)
    write_part(job, keys, caller=caller)
    return [column.key for column in columns], ExportPart.objects.get(job=job).text


def imported(keys, text, caller):
    content = text.encode()
    table = read_table(content, guess_encoding(content), guess_delimiter(text))
    writable = {"_id", *(field.key for field in current_schema().fields)}
    rules = Rules([key if key in writable else "" for key in keys])
    return import_rows([(line.number, line.cells) for line in table.lines()], rules, caller=caller)


@settings(
    max_examples=25,
    deadline=timedelta(seconds=20),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(bodies(), min_size=1, max_size=3))
def test_an_export_is_imported_without_a_change(caller, drawn):
    with transaction.atomic():
        for number, body in enumerate(drawn):
            create_customer(written(number, body), caller=caller)
        outcome = imported(*exported(caller), caller)
        transaction.set_rollback(True)

    assert problems(outcome) == {}
    assert counts(outcome) == {"unchanged": len(drawn)}


@settings(
    max_examples=25,
    deadline=timedelta(seconds=20),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(bodies(), min_size=1, max_size=3))
def test_customers_that_were_deleted_come_back_from_an_export(caller, drawn):
    record = ("_id", "createdAt", "updatedAt", "createdBy", "updatedBy", ".lastConversation")
    with transaction.atomic():
        for number, body in enumerate(drawn):
            create_customer(written(number, body), caller=caller)
        keys, before = exported(caller, *record)
        Customer.objects.all().delete()
        outcome = imported(keys, before, caller)
        _, after = exported(caller, *record)
        transaction.set_rollback(True)

    assert problems(outcome) == {}
    assert sorted(after.split("\r\n")) == sorted(before.split("\r\n"))
