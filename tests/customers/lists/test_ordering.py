"""Pages that begin after a cursor, in every order of the list."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import signing
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from access.actors import Actor
from customers.lists.ordering import CURSOR_SALT, order_named, ordered
from customers.lists.pagination import contract_page
from customers.masking import UNMASKED
from customers.models import Customer
from foundation.public_ids import new_public_id
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.schema import current_schema
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
from tests.support.operations import merged

SAM = Actor(name="sam", user_id="1", is_superuser=True)
NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
TYPED = {
    "town": ("string", ["Ulm", "ulm", "Ölde", "x" * 150 + "y", "x" * 150 + "z"]),
    "debt": ("number", ["-1", "9", "10", "0.1", "2147483646.1234567", "2147483646.1234568"]),
    "vip": ("boolean", ["true", "false"]),
    "born": ("date", ["1986-03-18", "2026-12-01"]),
    "seen": ("datetime", ["2026-04-01T10:00:00Z", "2026-04-01T10:00:00.250Z"]),
    "tier": ("choice", ["gold", "silver"]),
}
SORTS = [
    "",
    *(
        f"{key}:{direction}"
        for key in (
            *("_id", "createdAt", "updatedAt", "firstName", "isAnonymous", "labels"),
            *("phoneNumber", "web", *TYPED),
        )
        for direction in ("asc", "desc")
    ),
]
# A customer: name, anonymous, label, identifier in two fields, and a value of each type, or none.
PEOPLE = st.tuples(
    st.sampled_from(["Amy", "Bob", "Émile", "amy"]),
    st.booleans(),
    st.sampled_from([None, "Gold", "Silver"]),
    st.sampled_from([None, "+923001234561", "+923001234562"]),
    st.sampled_from([None, "visitor"]),
    *(st.sampled_from([None, *texts]) for _, texts in TYPED.values()),
)
EVENTS = st.sampled_from(["nothing", "insert", "delete", "delete the last", "merge"])


def make(person):
    name, anonymous, label, phone, web, *texts = person
    count = Customer.objects.count()
    customer = CustomerFactory(
        first_name=name,
        is_anonymous=anonymous,
        # Not in the order of the keys.
        public_id=new_public_id()[::-1],
        created_at=NOON - timedelta(microseconds=count % 3),
        updated_at=NOON - timedelta(days=count % 2),
    )
    if label:
        WornLabelFactory(customer=customer, label=Label.objects.get(name=label))
    for of, value in (("phoneNumber", phone), ("web", web)):
        if value and not anonymous:
            IdentityFactory(customer=customer, of=of, value=value)
    for key, text in zip(TYPED, texts, strict=True):
        if text:
            ValueFactory(customer=customer, field=field_of(key), text=text)
    return customer.public_id


def page_after(cursor, sort, limit):
    schema = current_schema()
    return contract_page(
        Customer.objects.all(),
        order_named(sort, schema, UNMASKED),
        offset=0,
        after=cursor,
        limit=limit,
        schema=schema,
        mask=UNMASKED,
    )


class TestPagesWhileCustomersComeAndGo(TestCase):
    def setUp(self):
        for key, (kind, texts) in TYPED.items():
            options = [{"value": text} for text in texts] if kind == "choice" else []
            FieldFactory(
                key=key, type=kind, options=options, length=1000 if key == "town" else None
            )
        for name in ("Gold", "Silver"):
            LabelFactory(name=name)

    @settings(max_examples=80, deadline=None, database=None, derandomize=True)
    @given(
        st.lists(PEOPLE, min_size=1, max_size=9),
        st.sampled_from(SORTS),
        st.integers(1, 3),
        st.lists(st.tuples(EVENTS, PEOPLE, st.randoms(use_true_random=False)), max_size=6),
    )
    def test_customers_that_stay_are_listed_once_and_in_order(self, people, sort, limit, events):
        stayed, listed, cursor = {make(person) for person in people}, [], ""
        while cursor is not None:
            page = page_after(cursor, sort, limit)
            listed += [document["_id"] for document in page["docs"]]
            cursor = page["nextCursor"]
            if events:
                stayed -= happened(*events.pop(), listed)

        expected = ordered(Customer.objects.all(), sort, current_schema(), UNMASKED)
        in_order = [one for one in expected.values_list("public_id", flat=True) if one in stayed]
        assert [one for one in listed if one in stayed] == in_order
        assert len(set(listed)) == len(listed)


def happened(event, person, random, listed):
    """Let customers come or go; returns the ids of those that are gone or are moved."""
    there = sorted(Customer.objects.values_list("public_id", flat=True))
    gone = set()
    if event == "insert":
        make(person)
    elif event == "delete" and there:
        gone = {random.choice(there)}
    elif event == "delete the last" and listed:
        gone = {listed[-1]}
    elif event == "merge":
        known = there[: 2 if len(there) > 1 else 0]
        random.shuffle(known)
        identified = Customer.objects.filter(public_id__in=known)
        if identified.count() == 2:
            survivor, duplicate = identified
            merged(survivor, duplicate)
            return set(known)
    Customer.objects.filter(public_id__in=gone).delete()
    return gone


@pytest.mark.django_db
@pytest.mark.parametrize("sort", SORTS)
def test_pages_after_cursors_are_those_by_offset(sort, agent):
    for key, (kind, texts) in TYPED.items():
        options = [{"value": text} for text in texts] if kind == "choice" else []
        FieldFactory(key=key, type=kind, options=options, length=1000 if key == "town" else None)
    LabelFactory(name="Gold")
    for index in range(7):
        texts = [texts[index % len(texts)] if index % 3 else None for _, texts in TYPED.values()]
        phone = f"+9230012345{index % 4}1" if index % 2 else None
        make(("Amy", index > 4, "Gold" if index % 2 else None, phone, None, *texts))
    url = f"/cim-customer/customers?sort={sort}&limit=3"

    by_offset = [agent.get(f"{url}&offset={offset}").json() for offset in (0, 3, 6)]
    by_cursor = [by_offset[0]]
    while cursor := by_cursor[-1]["nextCursor"]:
        by_cursor.append(agent.get(f"{url}&after={cursor}").json())

    assert [page["docs"] for page in by_cursor] == [page["docs"] for page in by_offset]
    assert [page["totalDocs"] for page in by_cursor] == [7, 7, 7]
    assert [page["nextCursor"] is None for page in by_offset] == [False, False, True]


def last_of_page(agent, sort="note:asc"):
    """The cursor of a page that has one customer of two."""
    for number, text in enumerate(("10", "9")):
        ValueFactory(customer__first_name=f"Zed {number}", field=field_of("note"), text=text)
    return agent.get(f"/cim-customer/customers?sort={sort}&limit=1").json()["nextCursor"]


@pytest.mark.django_db
@pytest.mark.parametrize(("old", "new"), [("string", "number"), ("number", "string")])
def test_cursor_of_a_field_with_another_type_since_is_refused(agent, old, new):
    field = FieldFactory(key="note", type=old)
    cursor = last_of_page(agent)
    FieldDefinition.objects.filter(pk=field.pk).update(type=new)
    touch_schema()

    response = agent.get(f"/cim-customer/customers?sort=note:asc&limit=1&after={cursor}")

    assert (response.status_code, list(response.json()["errors"])) == (400, ["after"])


@pytest.mark.django_db
def test_cursor_of_another_field_with_the_same_key_is_refused(agent):
    field = FieldFactory(key="note")
    cursor = last_of_page(agent)
    FieldDefinition.objects.filter(pk=field.pk).update(deleted_at=NOON)
    FieldFactory(key="note", label="Other note")

    response = agent.get(f"/cim-customer/customers?sort=note:asc&limit=1&after={cursor}")

    assert response.status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("content", [["", 1, None], "x", [1]])
def test_cursor_of_another_shape_is_refused(agent, content):
    cursor = signing.dumps(content, salt=CURSOR_SALT)

    response = agent.get(f"/cim-customer/customers?limit=1&after={cursor}")

    assert response.status_code == 400
