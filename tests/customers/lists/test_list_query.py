import pytest
from django.core.exceptions import ValidationError

from customers.lists.list_query import filtered
from customers.lists.ordering import ordered
from customers.masking import UNMASKED
from customers.models import Customer
from schema_builder.schema import current_schema
from tests.support.factories import CustomerFactory, FieldFactory, IdentityFactory, ValueFactory

pytestmark = pytest.mark.django_db

OPTIONS = [{"value": "gold"}, {"value": "silver"}, {"value": "go"}]


def found(condition):
    customers = filtered(Customer.objects.all(), condition, current_schema(), UNMASKED)
    return [*customers.order_by("id").values_list("first_name", flat=True)]


def in_order(sort):
    customers = ordered(Customer.objects.all(), sort, current_schema(), UNMASKED)
    return [*customers.values_list("first_name", flat=True)]


@pytest.mark.parametrize(
    ("kind", "stored", "matching", "other"),
    [
        ("string", "Straße 5", ["straße", "STRASSE", "5", "ße"], ["strasse 6", "%", "_"]),
        ("string", "100%_a\\b", ["%", "_", "\\", "0%_A"], ["%%", "a%b"]),
        ("name", "Zoë", ["zo", "ZOË", "Zoe\u0308", "zoe"], ["zea"]),
        ("email", "zed@example.com", ["ZED", "@example"], ["zed@other"]),
        ("url", "https://example.com/A", ["/a", "example"], ["ftp"]),
        ("phonenumber", "+92 300 1234567", ["300 123", "+92"], ["999"]),
        ("number", "9.50", ["9.5", "9.50", "+9.5"], ["9", "95"]),
        ("boolean", "true", ["true", "TRUE"], ["false"]),
        ("date", "2026-11-23", ["2026-11-23", " 2026-11-23 "], ["2026-11-24"]),
        (
            "datetime",
            "2026-11-23T10:30:00Z",
            ["2026-11-23", "2026-11-23T10:30Z", "2026-11-23T15:30+05:00"],
            ["2026-11-22", "2026-11-23T10:31Z"],
        ),
        ("choice", "gold", ["gold", "go"], ["silver"]),
        ("multichoice", "gold,silver", ["gold", "silver"], ["iron"]),
    ],
)
def test_value_is_found_by_what_matches_it(kind, stored, matching, other):
    options = OPTIONS if "choice" in kind else []
    field = FieldFactory(key="value", type=kind, options=options)
    text = field.field_type.clean(stored, field).text
    ValueFactory(field=field, text=text, customer__first_name="Amy")
    CustomerFactory(first_name="Bob")

    assert {value: found(f"value:{value}") for value in matching} == {
        value: ["Amy"] for value in matching
    }
    assert {value: found(f"value:{value}") for value in other} == {value: [] for value in other}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "many"),
        ("boolean", "maybe"),
        ("date", "today"),
        ("datetime", "now"),
    ],
)
def test_value_of_another_type_matches_nothing(kind, value):
    FieldFactory(key="value", type=kind)
    CustomerFactory()

    assert found(f"value:{value}") == []


def test_password_is_no_key_to_search_by():
    FieldFactory(key="value", type="password")

    with pytest.raises(ValidationError) as error:
        found("value:x")

    assert error.value.message_dict == {"paginateQuery": ["Passwords cannot be searched."]}


@pytest.mark.parametrize("condition", ["", "firstName:", "firstName:  ", "web:"])
def test_empty_condition_keeps_everybody(condition):
    CustomerFactory(first_name="Amy")

    assert found(condition) == ["Amy"]


def test_condition_is_split_at_its_first_colon():
    IdentityFactory(of="web", value="urn:w:1", customer__first_name="Amy")

    assert found("web:urn:w:1") == ["Amy"]


@pytest.mark.parametrize(
    ("query", "shown"),
    [("w1", ["Amy"]), ("W1", ["Amy"]), ("w", ["Amy", "Bob"]), ("%", []), ("1", ["Amy"])],
)
def test_identifier_is_found_by_a_part(query, shown):
    IdentityFactory(of="web", value="w1", customer__first_name="Amy")
    IdentityFactory(of="web", value="w2", customer__first_name="Bob")
    IdentityFactory(of="viber", value="w1", customer__first_name="Cid")

    assert found(f"web:{query}") == shown


def test_two_digits_are_no_part_of_every_number():
    IdentityFactory(value="+49 301234567", customer__first_name="Amy")

    assert (found("phoneNumber:12"), found("phoneNumber:93")) == (["Amy"], [])
    assert found("phoneNumber:9301") == ["Amy"]


def test_customer_with_several_matching_identifiers_comes_once():
    customer = CustomerFactory(first_name="Amy")
    IdentityFactory.create_batch(3, customer=customer)

    assert found("phoneNumber:300") == ["Amy"]


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("string", ["ä", "B", "c"]),
        ("number", ["-1", "9", "10"]),
        ("date", ["1999-12-31", "2000-01-01", "2026-01-01"]),
        ("boolean", ["false", "true"]),
    ],
)
def test_order_is_that_of_the_type_and_empty_comes_last(kind, texts):
    field = FieldFactory(key="value", type=kind)
    CustomerFactory(first_name="none")
    for text in reversed(texts):
        ValueFactory(field=field, text=text, customer__first_name=text)

    if kind == "string":
        # Where "ä" stands is the business of the database's collation.
        texts = [name for name in in_order("value:asc") if name != "none"]
        assert [name for name in texts if name != "ä"] == ["B", "c"]
    assert in_order("value:asc") == [*texts, "none"]
    assert in_order("value:desc") == [*reversed(texts), "none"]


def test_equal_values_keep_one_order():
    CustomerFactory.create_batch(3, first_name="Amy")
    ids = [*Customer.objects.order_by("id").values_list("pk", flat=True)]

    def pks(sort):
        customers = ordered(Customer.objects.all(), sort, current_schema(), UNMASKED)
        return [*customers.values_list("pk", flat=True)]

    assert pks("firstName:asc") == ids
    assert pks("firstName:desc") == pks("") == ids[::-1]


def test_a_long_value_is_sorted_and_found():
    field = FieldFactory(key="value", length=1000)
    ValueFactory(field=field, text="x" * 999 + "y", customer__first_name="Amy")

    assert in_order("value:asc") == ["Amy"]
    assert found("value:xy") == ["Amy"]
