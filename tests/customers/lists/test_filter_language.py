import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from access.actors import Actor
from customers.lists.filter_language import (
    LONGEST_FILTER,
    MOST_ROWS,
    parse_rows,
    read_filter,
    selection,
)
from customers.models import Customer, DuplicatePair
from schema_builder.models import FieldDefinition
from schema_builder.types import TYPES
from schema_builder.versions import touch_schema
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    WornLabelFactory,
    field_of,
)

pytestmark = pytest.mark.django_db

PART_INDEXES = [
    "customers_identity_key_part",
    "customers_identity_value_part",
    "customers_value_text_part",
]
OPTIONS = [{"value": "gold"}, {"value": "silver"}, {"value": "go"}]
SEES_ALL = Actor(name="sue", user_id="1", is_superuser=True)
SEES_LITTLE = Actor(name="ann", user_id="2", permissions=frozenset({"customers.view_customer"}))


def day(days):
    return (timezone.now().astimezone(UTC) + timedelta(days=days)).date().isoformat()


def found(*rows, caller=SEES_ALL):
    customers = selection(read_filter([list(row) for row in rows]), caller)
    return [*customers.order_by("id").values_list("first_name", flat=True)]


def refused(*rows, caller=SEES_ALL):
    with pytest.raises(ValidationError) as error:
        found(*rows, caller=caller)
    return error.value.messages


CASES = {
    "string": (
        "Straße 5",
        [
            ("is", "strasse 5"),
            ("contains", "ASSE"),
            ("contains", "ße 5"),
            ("starts", "stra"),
            ("filled",),
        ],
        [("is", "strasse"), ("contains", "asse 6"), ("starts", "rasse"), ("empty",)],
    ),
    "alphanumeric": ("A1 b2", [("is", "a1 B2"), ("starts", "a1")], [("starts", "b2")]),
    "name": ("Zoë", [("is", "ZOË"), ("contains", "zoë")], [("is", "zo")]),
    "email": ("zed@example.com", [("contains", "@example")], [("is", "@example.com")]),
    "phonenumber": ("+92 300 1234567", [("contains", "300 123")], [("starts", "300")]),
    "ip": ("10.0.0.1", [("starts", "10.0")], [("is", "10.0.0.2")]),
    "url": ("https://example.com/A", [("contains", "example.com/a")], [("starts", "ftp")]),
    "number": (
        "9.50",
        [("is", "9.5"), ("above", "9"), ("below", "10"), ("between", "9", "10"), ("filled",)],
        [("is", "9"), ("above", "9.5"), ("below", "9.5"), ("between", "10", "11"), ("empty",)],
    ),
    "boolean": ("true", [("is", "true"), ("filled",)], [("is", "false"), ("empty",)]),
    "date": (
        day(-3),
        [
            ("is", day(-3)),
            ("before", day(-2)),
            ("after", day(-4)),
            ("between", day(-3), day(0)),
            ("between", day(0), day(-3)),
            ("last", "3"),
            ("filled",),
        ],
        [
            ("is", day(-2)),
            ("before", day(-3)),
            ("after", day(-3)),
            ("between", day(-2), day(0)),
            ("last", "2"),
            ("next", "9"),
            ("empty",),
        ],
    ),
    "datetime": (
        f"{day(2)}T10:30:00Z",
        [("is", day(2)), ("before", day(3)), ("after", day(1)), ("next", "2")],
        [("is", day(1)), ("before", day(2)), ("after", day(2)), ("next", "1"), ("last", "5")],
    ),
    "choice": (
        "gold",
        [("any", "gold"), ("any", "silver", "gold"), ("filled",)],
        [("any", "go"), ("any", "silver"), ("empty",)],
    ),
    "multichoice": (
        "gold,silver",
        [("any", "gold"), ("any", "silver", "go"), ("filled",)],
        [("any", "go"), ("empty",)],
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_value_is_found_by_every_operator_of_its_type(kind):
    stored, matching, other = CASES[kind]
    options = OPTIONS if "choice" in kind else []
    field = FieldFactory(key="value", type=kind, options=options, is_searchable=True)
    text = field.field_type.clean(stored, field).text
    ValueFactory(field=field, text=text, customer__first_name="Amy")

    assert {row: found(("value", *row)) for row in matching} == {row: ["Amy"] for row in matching}
    assert {row: found(("value", *row)) for row in other} == {row: [] for row in other}


def test_operators_of_every_type_are_tried():
    tried = {
        kind: {row[0] for row in [*matching, *other]}
        for kind, (_, matching, other) in CASES.items()
    }
    texts = ("alphanumeric", "name", "email", "phonenumber", "ip", "url", "datetime")

    assert {kind: tried[kind] for kind in tried if kind not in texts} == {
        kind: {operator.key for operator in field_type.operators}
        for kind, field_type in TYPES.items()
        if kind in tried and kind not in texts
    } | {"date": {"is", "before", "after", "between", "last", "next", "filled", "empty"}}
    assert TYPES.keys() - tried.keys() == {"password"}


def test_who_has_no_value_is_found_as_empty():
    field = FieldFactory(key="town", is_searchable=True)
    ValueFactory(field=field, customer__first_name="Amy")
    CustomerFactory(first_name="Bob")

    assert found(("town", "empty")) == ["Bob"]
    assert found(("town", "filled")) == ["Amy"]


def test_all_rows_have_to_hold():
    town, age = (FieldFactory(key=key, is_searchable=True) for key in ("town", "age"))
    amy, bob = CustomerFactory(first_name="Amy"), CustomerFactory(first_name="Bob")
    for customer in (amy, bob):
        ValueFactory(field=town, customer=customer, text="Ulm")
    ValueFactory(field=age, customer=amy, text="old")

    assert found(("town", "is", "ulm"), ("age", "is", "old")) == ["Amy"]
    assert found() == ["Amy", "Bob"]


@pytest.mark.parametrize(
    ("row", "names"),
    [
        (("firstName", "is", "AMY ADAMS"), ["Amy Adams"]),
        (("firstName", "contains", "ada"), ["Amy Adams"]),
        (("firstName", "starts", "am"), ["Amy Adams"]),
        (("firstName", "filled"), ["Amy Adams", "Bob"]),
        (("firstName", "empty"), [""]),
        (("phoneNumber", "is", "0092 300 1234567"), ["Amy Adams"]),
        (("phoneNumber", "contains", "1234"), ["Amy Adams"]),
        (("phoneNumber", "starts", "+92 300"), ["Amy Adams"]),
        (("phoneNumber", "starts", "300"), []),
        (("phoneNumber", "filled"), ["Amy Adams"]),
        (("phoneNumber", "empty"), ["Bob", ""]),
        (("email", "starts", "BOB@"), ["Bob"]),
        (("isAnonymous", "is", "true"), [""]),
        (("isAnonymous", "is", "false"), ["Amy Adams", "Bob"]),
        (("labels", "filled"), ["Amy Adams"]),
        (("labels", "empty"), ["Bob", ""]),
        ((".duplicates", "is", "true"), ["Amy Adams", "Bob"]),
        ((".duplicates", "is", "false"), [""]),
    ],
)
def test_built_in_subjects(row, names):
    amy = CustomerFactory(first_name="Amy Adams")
    bob = CustomerFactory(first_name="Bob")
    CustomerFactory(first_name="", is_anonymous=True)
    IdentityFactory(customer=amy, value="+92 300 1234567")
    IdentityFactory(customer=bob, of="phoneNumber", value="+923009999999", is_retired=True)
    IdentityFactory(customer=bob, of="email", value="bob@example.com")
    WornLabelFactory(customer=amy)
    DuplicatePair.objects.create(first=amy, second=bob, score=90)

    assert found(row) == names


def test_labels_any_and_none():
    gold, silver = LabelFactory(name="Gold"), LabelFactory(name="Silver")
    WornLabelFactory(label=gold, customer__first_name="Amy")
    WornLabelFactory(label=silver, customer__first_name="Bob")
    CustomerFactory(first_name="Cy")

    assert found(("labels", "any", gold.public_id)) == ["Amy"]
    assert found(("labels", "any", gold.public_id, silver.public_id)) == ["Amy", "Bob"]
    assert found(("labels", "none", gold.public_id)) == ["Bob", "Cy"]


@pytest.mark.parametrize("key", ["createdAt", "updatedAt"])
def test_when_it_was_written(key):
    old = CustomerFactory(first_name="Old")
    long_ago = datetime(2020, 5, 5, 12, tzinfo=UTC)
    Customer.objects.filter(pk=old.pk).update(created_at=long_ago, updated_at=long_ago)
    CustomerFactory(first_name="New")

    assert found((key, "last", "7")) == ["New"]
    assert found((key, "before", "2020-05-06")) == ["Old"]
    assert found((key, "is", "2020-05-05")) == ["Old"]
    assert found((key, "between", "2020-05-01", "2020-05-05")) == ["Old"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("nothing", "is", "x"), 'Filter: There is no field "nothing".'),
        (("town", "like", "x"), 'town: town cannot be asked "like".'),
        (("town", "is"), "town: Say what to look for."),
        (("town", "is", "  "), "town: Say what to look for."),
        (("town", "is", "a", "b"), "town: Takes 1 values, not 2."),
        (("town", "empty", "a"), "town: Takes 0 values, not 1."),
        (("town", "contains", "ab"), "town: Type at least 3 characters."),
        (("town", "starts", "a"), "town: Type at least 2 characters."),
        (("unsearched", "is", "x"), 'unsearched: unsearched cannot be asked "is".'),
        (("age", "above", "many"), "age: A valid number is required."),
        (("age", "between", "1"), "age: Takes 2 values, not 1."),
        (("born", "is", "today"), "born: Date has wrong format. Use YYYY-MM-DD."),
        (("born", "last", "0"), "born: Give 1 to 36600 days."),
        (("born", "last", "99999999999"), "born: Give a number of days."),
        (("born", "next", "-5"), "born: Give a number of days."),
        (("tier", "any", "iron"), 'tier: "iron" is not one of the options.'),
        (("isAnonymous", "is", "maybe"), 'Is anonymous: "maybe" is not one of the options.'),
        (("labels", "any", "x"), "Labels: That is not the id of a label."),
        (("createdAt", "empty"), 'Created: Created cannot be asked "empty".'),
    ],
)
def test_row_that_makes_no_sense_is_refused(row, message):
    for key, kind in [("town", "string"), ("age", "number"), ("born", "date")]:
        FieldFactory(key=key, type=kind, is_searchable=True)
    FieldFactory(key="tier", type="choice", options=OPTIONS, is_searchable=True)
    FieldFactory(key="unsearched")

    assert refused(row) == [message]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "[[]]",
        '[["firstName"]]',
        '[["firstName","is",5]]',
        '[["firstName","is",null]]',
        '[["firstName","is","\\u0000"]]',
        '[["firstName","is","\\ud800"]]',
        '["firstName"]',
        '[["firstName",["is"],"x"]]',
        "NaN",
        "[" * 3000,
        "9" * 5000,
        json.dumps([["firstName", "is", "x" * 201]]),
        json.dumps([["firstName", "is", "x"]] * (MOST_ROWS + 1)),
        json.dumps([["labels", "any", *["x"] * 51]]),
        "x" * (LONGEST_FILTER + 1),
    ],
)
def test_broken_filter_is_refused(text):
    with pytest.raises(ValidationError):
        parse_rows(text)


def mark_pii(*keys):
    FieldDefinition.objects.filter(key__in=keys).update(is_pii=True)
    touch_schema()


def test_what_is_masked_is_found_only_as_a_whole():
    town = FieldFactory(key="town", is_searchable=True)
    amy = CustomerFactory(first_name="Amy Adams")
    IdentityFactory(customer=amy, value="+923001234567")
    ValueFactory(customer=amy, field=town, text="Lahore")
    mark_pii("firstName", "phoneNumber", "town")
    wholes = [
        ("firstName", "is", "amy adams"),
        ("phoneNumber", "is", "+92 300 1234567"),
        ("town", "is", "lahore"),
    ]
    parts = [
        ("firstName", "contains", "Amy"),
        ("firstName", "starts", "Amy"),
        ("phoneNumber", "contains", "1234"),
        ("phoneNumber", "starts", "+92"),
        ("town", "starts", "Lah"),
        ("town", "contains", "Lah"),
    ]

    assert [found(row, caller=SEES_LITTLE) for row in wholes] == [["Amy Adams"]] * 3
    assert [found(row) for row in parts] == [["Amy Adams"]] * 6
    for row in parts:
        [message] = refused(row, caller=SEES_LITTLE)
        assert message.endswith(f'cannot be asked "{row[1]}".')


@pytest.mark.parametrize("kind", ["number", "boolean", "date", "datetime", "choice"])
def test_what_is_masked_and_soon_guessed_tells_only_who_has_a_value(kind):
    options = OPTIONS if kind == "choice" else []
    field = FieldFactory(key="value", type=kind, options=options, is_searchable=True)
    text = CASES[kind][0]
    ValueFactory(field=field, text=text, customer__first_name="Amy")
    mark_pii("value")

    assert found(("value", "filled"), caller=SEES_LITTLE) == ["Amy"]
    assert refused(("value", field.field_type.operators[0].key, text), caller=SEES_LITTLE)


def test_passwords_are_asked_only_whether_there_is_one():
    pin = FieldFactory(key="pin", type="password")
    ValueFactory(field=pin, customer__first_name="Amy")
    CustomerFactory(first_name="Bob")

    assert (found(("pin", "filled")), found(("pin", "empty"))) == (["Amy"], ["Bob"])
    assert refused(("pin", "is", "secret")) == ['pin: pin cannot be asked "is".']


@pytest.mark.parametrize("kind", CASES)
def test_field_that_is_not_searchable_tells_who_has_a_value(kind):
    options = OPTIONS if "choice" in kind else []
    field = FieldFactory(key="value", type=kind, options=options)
    ValueFactory(field=field, text=CASES[kind][0], customer__first_name="Amy")
    CustomerFactory(first_name="Bob")

    assert (found(("value", "filled")), found(("value", "empty"))) == (["Amy"], ["Bob"])


def test_field_that_was_switched_off_is_gone():
    field = FieldFactory(key="town", is_searchable=True)
    FieldDefinition.objects.filter(pk=field.pk).update(is_active=False)
    touch_schema()

    assert refused(("town", "filled")) == ['Filter: There is no field "town".']


def test_key_that_looks_like_one_of_ours_cannot_be_defined():
    with pytest.raises(ValidationError):
        FieldDefinition(key=".duplicates", label="x", type="string").full_clean()


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL plans")
@pytest.mark.parametrize(
    ("row", "index"),
    [
        (("town", "is", "town 31"), "customers_attributevalue_text"),
        (("town", "contains", "own 12431"), "customers_value_text_part"),
        (("town", "starts", "town 12431"), "customers_value_text_part"),
        (("age", "between", "40", "41"), "customers_attributevalue_num"),
        (("born", "is", "1970-02-02"), "customers_attributevalue_time"),
        (("firstName", "is", "person 7919"), "customers_customer_name"),
        (("phoneNumber", "is", "+923000012345"), "customers_channelidentity_key"),
        (("phoneNumber", "starts", "+9230000123"), "customers_identity_"),
        (("createdAt", "is", "2020-01-01"), "customers_customer_created"),
        (("updatedAt", "is", "2020-01-01"), "customers_customer_changed"),
        (("rare", "filled"), "customers_attributevalue_"),
        (("pin", "filled"), "customers_attributevalue_"),
    ],
)
def test_rare_answers_are_found_by_an_index(crowd, row, index):
    page = selection(read_filter([list(row)]), SEES_ALL).newest_first()[:50]

    assert index in page.explain()


@pytest.fixture
def crowd(db):
    """Enough customers for the planner to prefer an index."""
    customers = Customer.objects.bulk_create(
        Customer(first_name=f"Person {n}", folded_name=f"person {n * 7919 % 100_003}")
        for n in range(5000)
    )
    IdentityFactory._meta.model.objects.bulk_create(
        IdentityFactory.build(
            customer=customer,
            field=field_of("phoneNumber"),
            value=f"+92300{n * 7919 % 10_000_019:07}",
            match_key=f"+92300{n * 7919 % 10_000_019:07}",
        )
        for n, customer in enumerate(customers)
    )
    values = []
    for key, kind in [("town", "string"), ("age", "number"), ("born", "date")]:
        field = FieldFactory(key=key, type=kind, is_searchable=True)
        for n, customer in enumerate(customers):
            text = {"town": f"Town {n * 31}", "age": str(n), "born": f"{1000 + n}-02-02"}[key]
            values.append(ValueFactory.build(customer=customer, field=field, text=text))
    for key, kind in [("rare", "string"), ("pin", "password")]:
        field = FieldFactory(key=key, type=kind)
        values += [ValueFactory.build(customer=one, field=field) for one in customers[::500]]
    ValueFactory._meta.model.objects.bulk_create(values)
    with connection.cursor() as cursor:
        for name in PART_INDEXES:
            cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [name])
        cursor.execute("ANALYZE")
