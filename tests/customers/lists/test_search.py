import unicodedata

import pytest

from access.actors import Actor
from customers.lists.search import Rank, cleaned_query, find, found_page
from customers.masking import FieldAccess
from schema_builder.editing import change_field
from schema_builder.models import ChannelType
from schema_builder.schema import current_schema
from schema_builder.versions import touch_schema
from tests.support.factories import (
    AliasFactory,
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    ValueFactory,
    field_of,
)

pytestmark = pytest.mark.django_db

SUPERVISOR = Actor("supervisor", "1", frozenset({"customers.view_pii"}))
AGENT = Actor("agent", "2")
NUMBER = "+923001234567"


def hits_of(text, caller=SUPERVISOR):
    return find(cleaned_query(text), current_schema(), FieldAccess(caller))


def found(text, caller=SUPERVISOR):
    return [(hit.public_id, hit.rank) for hit in hits_of(text, caller)]


def hide(key):
    change_field(field_of(key), may_clear_pii=False, is_pii=True)


@pytest.fixture
def pakistan():
    ChannelType.objects.update(default_region="PK")
    touch_schema()


@pytest.mark.parametrize(
    "notation",
    [
        NUMBER,
        "+92 300 1234567",
        "+92-300-123 45 67",
        "+92 (300) 1234567",
        "0092 300 1234567",
        "tel:+92-300-1234567",
        "0300 1234567",
        "(0300) 123-4567",
        "٠٣٠٠١٢٣٤٥٦٧",
    ],
)
@pytest.mark.usefixtures("pakistan")
def test_find_reads_a_number_in_any_notation(notation):
    holder = IdentityFactory(value=NUMBER).customer
    IdentityFactory(value="+923009999999")

    assert found(notation) == [(holder.public_id, Rank.EXACT)]


def test_find_reads_a_national_number_where_no_region_is_known():
    holder = IdentityFactory(value=NUMBER).customer
    IdentityFactory(value="+923009999999")

    assert found("0300 1234567") == [(holder.public_id, Rank.PART)]


@pytest.mark.parametrize("text", ["Sam@Example.com", "mailto:sam@example.com", " sam@example.COM "])
def test_find_reads_an_email_in_any_case(text):
    holder = IdentityFactory(of="email", value="sam@example.com").customer

    assert found(text) == [(holder.public_id, Rank.EXACT)]


@pytest.mark.parametrize(
    ("text", "rank"),
    [
        ("zoë café", Rank.WHOLE),
        (unicodedata.normalize("NFD", "ZOË CAFÉ"), Rank.WHOLE),
        ("café zoë", Rank.PART),
        ("caf", Rank.START),
        ("afé", Rank.PART),
    ],
)
def test_find_reads_a_name_in_any_case_form_and_order(text, rank):
    named = CustomerFactory(first_name="Zoë Café")
    CustomerFactory(first_name="Zoë Smith")

    assert found(text) == [(named.public_id, rank)]


@pytest.mark.parametrize("name", ["محمد علی", "王小明", "Дарья"])
def test_find_reads_a_name_in_any_script(name):
    named = CustomerFactory(first_name=name)

    assert found(name[:2]) == [(named.public_id, Rank.START)]


def test_find_reads_an_id_even_one_that_was_merged_away():
    customer = CustomerFactory()
    alias = AliasFactory(customer=customer)

    assert found(customer.public_id.upper()) == [(customer.public_id, Rank.EXACT)]
    assert found(alias.public_id) == [(customer.public_id, Rank.EXACT)]


def test_find_reads_searchable_fields_only():
    account = FieldFactory(is_searchable=True)
    remark = FieldFactory()
    points = FieldFactory(type="number", is_searchable=True)
    wanted = ValueFactory(field=account, text="AC 4711").customer
    ValueFactory(field=remark, text="AC 4711")
    ValueFactory(field=points, text="12")

    assert found("ac 47") == [(wanted.public_id, Rank.START)]


def test_find_takes_two_letters_for_the_whole_of_a_value_or_a_part_of_a_name():
    code = FieldFactory(is_searchable=True)
    whole = ValueFactory(field=code, text="Sa", customer__first_name="Bob").customer
    ValueFactory(field=code, text="Sam", customer__first_name="Bob")
    IdentityFactory(of="web", value="sam", customer__first_name="Bob")
    named = CustomerFactory(first_name="Samuel")

    assert found("sa") == [(whole.public_id, Rank.WHOLE), (named.public_id, Rank.START)]


def test_find_says_where_it_found_somebody():
    IdentityFactory(of="whatsapp", value="+92 300 1234567")

    (hit,) = hits_of(NUMBER)

    assert (hit.field.label, hit.text, hit.is_hidden) == ("WhatsApp", "+92 300 1234567", False)


def test_find_puts_identities_first_then_whole_names_beginnings_and_parts():
    part = CustomerFactory(first_name="Susamuru")
    start = CustomerFactory(first_name="Samuel")
    whole = CustomerFactory(first_name="Sam")
    exact = IdentityFactory(of="web", value="sam", customer__first_name="Zoe").customer

    assert [public_id for public_id, _ in found("sam")] == [
        customer.public_id for customer in (exact, whole, start, part)
    ]


def test_find_leaves_retired_identities_out():
    IdentityFactory(value=NUMBER, is_retired=True)

    assert found(NUMBER) == []


@pytest.mark.parametrize("part", ["sam", "sam@example", "example.com", "m@e"])
def test_find_gives_no_part_of_hidden_identities_away(part):
    hide("email")
    IdentityFactory(of="email", value="sam@example.com")

    assert found(part, AGENT) == []
    assert len(found(part)) == 1


def test_find_knows_a_hidden_identity_by_its_whole_value():
    hide("email")
    holder = IdentityFactory(of="email", value="samuel.jackson@example.com").customer

    (hit,) = hits_of("Samuel.Jackson@example.com", AGENT)

    assert (hit.public_id, hit.rank, hit.is_hidden) == (holder.public_id, Rank.EXACT, True)
    assert hit.text == "samu**********@*******.com"


def test_find_gives_no_part_of_hidden_names_and_values_away():
    hide("firstName")
    secret = FieldFactory(is_searchable=True, is_pii=True)
    named = CustomerFactory(first_name="Samuel Jackson")
    ValueFactory(field=secret, text="35202-1234567-1", customer=named)

    assert found("Samuel", AGENT) == found("Jackson Samuel", AGENT) == found("35202", AGENT) == []
    assert found("samuel jackson", AGENT) == [(named.public_id, Rank.WHOLE)]
    assert found("35202-1234567-1", AGENT) == [(named.public_id, Rank.WHOLE)]


def test_find_never_looks_into_passwords():
    ValueFactory(field=FieldFactory(type="password", is_searchable=True), text="opensesame")

    assert found("opensesame") == []


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", '"', "(", "[", "x" * 5000])
def test_find_takes_any_text(text):
    CustomerFactory(first_name="Sam")

    assert found(text) == []


@pytest.mark.parametrize("holders", [1, 3])
def test_find_costs_the_same_for_one_and_for_many(holders, django_assert_num_queries):
    ValueFactory(field=FieldFactory(is_searchable=True))
    for _ in range(holders):
        IdentityFactory(customer__first_name="Sam 300", value=f"+92300123456{_}")
    schema = current_schema()

    with django_assert_num_queries(4):
        hits = find("300", schema, FieldAccess(SUPERVISOR))

    assert len(hits) == holders


def test_found_page_sorts_by_name_with_exact_hits_first():
    for name in ("Sam C", "Sam A"):
        CustomerFactory(first_name=name)
    IdentityFactory(of="web", value="sam", customer__first_name="Zoe Sam")

    page = found_page(
        hits_of("sam"),
        order="name",
        offset=0,
        limit=2,
        schema=current_schema(),
        mask=FieldAccess(SUPERVISOR),
    )

    assert [shown["firstName"] for shown in page["docs"]] == ["Zoe Sam", "Sam A"]
    assert page["totalDocs"] == 3
