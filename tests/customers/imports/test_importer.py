"""Rows of a file become customers, or are refused as a whole."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from access.actors import Actor
from customers.duplicates.decisions import mark_not_duplicates
from customers.models import Customer, CustomerLabel, NotSamePerson, Operation
from labels.models import LabelGroup
from schema_builder.models import FieldDefinition
from tests.support.factories import (
    AliasFactory,
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    UserFactory,
    ValueFactory,
    WornLabelFactory,
)
from tests.support.imports import counts, imported, problems, rules
from tests.support.operations import SAM, everything, identifiers_of, labels_of, undone, values_of

pytestmark = pytest.mark.django_db
PHONE = "+923001234567"
OTHER_PHONE = "+923007654321"


def customer_with(*phones, name="Amal", **values):
    customer = CustomerFactory(first_name=name, **values)
    for phone in phones:
        IdentityFactory(customer=customer, value=phone)
    return customer


def test_a_row_of_nobody_creates_a_customer():
    FieldFactory(key="city")
    LabelFactory(name="VIP")

    outcome = imported(
        rules("firstName", "phoneNumber", "city", "labels", "", reason="Spring"),
        ["Amal", f"{PHONE}; {OTHER_PHONE}", "Ulm", "vip", "ignored"],
    )

    assert counts(outcome) == {"created": 1}
    customer = Customer.objects.get()
    assert (customer.first_name, customer.is_anonymous, customer.created_by) == (
        "Amal",
        False,
        "sam",
    )
    assert identifiers_of(customer) == [("phoneNumber", PHONE), ("phoneNumber", OTHER_PHONE)]
    assert (values_of(customer), labels_of(customer)) == ({"city": "Ulm"}, ["VIP"])
    assert set(customer.identities.values_list("trust", "source")) == {("imported", "import")}
    assert CustomerLabel.objects.get().reason == "Spring"
    operation = Operation.objects.get()
    assert (operation.kind, operation.reason, operation.is_bulk) == ("import", "Spring", True)


def test_a_row_without_a_name_creates_an_anonymous_customer():
    imported(rules("phoneNumber"), [PHONE])

    assert Customer.objects.get().is_anonymous


def test_a_row_means_who_has_the_identifier_in_any_notation():
    customer = customer_with(PHONE)

    outcome = imported(rules("firstName", "phoneNumber"), ["Amal Khan", "+92 300 1234567"])

    assert counts(outcome) == {"changed": 1}
    customer.refresh_from_db()
    assert (customer.first_name, customer.version) == ("Amal Khan", 1)
    assert customer.identities.get().trust == "self_asserted"


def test_a_row_means_the_customer_that_has_its_id_today():
    customer = customer_with(PHONE)
    former = AliasFactory(customer=customer).public_id

    outcome = imported(
        rules("_id", "firstName", "phoneNumber"),
        [customer.public_id, "Amal Khan", ""],
        [former, "", OTHER_PHONE],
    )

    merged = (
        f"Customer {former} was merged into customer {customer.public_id}. Use that id to write."
    )
    assert problems(outcome) == {3: {"_id": [merged]}}
    assert identifiers_of(customer) == [("phoneNumber", PHONE)]


def test_an_id_of_nobody_is_refused():
    outcome = imported(rules("_id", "firstName"), ["0" * 24, "Amal"])

    assert problems(outcome) == {2: {"_id": ["There is no customer with this id."]}}
    assert outcome.refused[0].cells == ["0" * 24, "Amal"]
    assert not Customer.objects.exists()
    assert not Operation.objects.exists()


def test_identifiers_are_added_and_empty_cells_say_nothing():
    FieldFactory(key="city")
    customer = customer_with(PHONE)
    imported(rules("phoneNumber", "city"), [PHONE, "Ulm"])

    outcome = imported(
        rules("_id", "phoneNumber", "city", "firstName"), [customer.public_id, OTHER_PHONE, "", ""]
    )

    assert counts(outcome) == {"changed": 1}
    assert identifiers_of(customer) == [("phoneNumber", PHONE), ("phoneNumber", OTHER_PHONE)]
    assert values_of(customer) == {"city": "Ulm"}


def test_a_row_that_says_nothing_new_changes_nothing():
    FieldFactory(key="vip", type="boolean")
    FieldFactory(key="tier", type="choice", options=[{"value": "a", "label": "Gold"}])
    FieldFactory(key="seen", type="datetime")
    ValueFactory(customer=(customer := customer_with(PHONE)), field=field("vip"), text="true")
    ValueFactory(customer=customer, field=field("tier"), text="a")
    ValueFactory(customer=customer, field=field("seen"), text="2026-01-02T03:04:05Z")
    WornLabelFactory(customer=customer, label=LabelFactory(name="VIP"))
    before = everything()

    outcome = imported(
        rules("firstName", "phoneNumber", "vip", "tier", "seen", "labels"),
        ["Amal", PHONE, "Yes", "Gold", "2026-01-02 03:04", "VIP"],
    )

    assert counts(outcome) == {"unchanged": 1}
    assert outcome.operation is None
    assert everything() == before


def field(key):
    return FieldDefinition.objects.get(key=key)


def test_words_are_read_as_values():
    FieldFactory(key="vip", type="boolean")
    FieldFactory(key="tier", type="choice", options=[{"value": "a", "label": "Gold"}])
    options = [{"value": "x", "label": "Golf"}, {"value": "y", "label": "Chess"}]
    FieldFactory(key="likes", type="multichoice", options=options)

    imported(rules("firstName", "vip", "tier", "likes"), ["Amal", "no", "gold", "chess, Golf"])

    customer = Customer.objects.get()
    assert values_of(customer) == {"vip": "false", "tier": "a", "likes": "y\nx"}


@pytest.mark.parametrize(
    ("policy", "outcome", "name", "city", "email"),
    [
        ("overwrite", {"changed": 1}, "New", "Lahore", "a@example.com"),
        ("fill", {"changed": 1}, "Amal", "Ulm", "a@example.com"),
        ("skip", {"unchanged": 1}, "Amal", "Ulm", None),
        ("refuse", {"refused": 1}, "Amal", "Ulm", None),
    ],
)
def test_a_policy_decides_about_who_exists(policy, outcome, name, city, email):
    FieldFactory(key="mail", type="email")
    customer = customer_with(PHONE)
    ValueFactory(customer=customer, field=FieldFactory(key="city"), text="Ulm")

    found = imported(
        rules("firstName", "phoneNumber", "city", "mail", policy=policy),
        ["New", PHONE, "Lahore", "a@example.com"],
        ["Bea", OTHER_PHONE, "", ""],
    )

    assert counts(found) == outcome | {"created": 1}
    customer.refresh_from_db()
    assert customer.first_name == name
    assert values_of(customer) == {"city": city} | ({"mail": email} if email else {})


def test_filling_leaves_lists_that_have_something():
    customer = customer_with(PHONE)
    LabelFactory(name="New")
    WornLabelFactory(customer=customer, label=LabelFactory(name="VIP"))

    outcome = imported(
        rules("_id", "phoneNumber", "labels", policy="fill"),
        [customer.public_id, OTHER_PHONE, "New"],
    )

    assert counts(outcome) == {"unchanged": 1}
    assert labels_of(customer) == ["VIP"]


def test_rows_with_one_identifier_land_on_one_customer_in_the_order_of_the_file():
    FieldFactory(key="city")

    outcome = imported(
        rules("firstName", "phoneNumber", "web", "city"),
        ["Amal", PHONE, "", "Ulm"],
        ["Amal K.", PHONE, "w1", ""],
        ["Amal Khan", "", "w1", "Lahore"],
    )

    assert counts(outcome) == {"created": 1, "changed": 2}
    customer = Customer.objects.get()
    assert (customer.first_name, values_of(customer)) == ("Amal Khan", {"city": "Lahore"})
    assert identifiers_of(customer) == [("phoneNumber", PHONE), ("web", "w1")]
    assert outcome.lines == {customer.public_id: 4}


def test_identifiers_of_several_known_customers_are_refused_without_naming_them():
    customer_with(PHONE)
    customer_with(OTHER_PHONE, name="Bea")
    before = everything()

    outcome = imported(rules("phoneNumber", "firstName"), [f"{PHONE};{OTHER_PHONE}", "Cal"])

    reason = "The identifiers of this row belong to 2 customers."
    assert problems(outcome) == {2: {"row": [reason]}}
    assert everything() == before


def test_the_known_one_is_meant_where_others_are_anonymous():
    known = customer_with(PHONE)
    customer_with(PHONE, name="", is_anonymous=True)

    outcome = imported(rules("phoneNumber", "firstName"), [PHONE, "Amal Khan"])

    assert counts(outcome) == {"changed": 1, "shared": 1}
    known.refresh_from_db()
    assert known.first_name == "Amal Khan"


def test_an_anonymous_customer_gets_its_name():
    unknown = customer_with(PHONE, name="", is_anonymous=True)

    outcome = imported(rules("phoneNumber", "firstName", policy="fill"), [PHONE, "Amal"])

    assert counts(outcome) == {"changed": 1}
    unknown.refresh_from_db()
    assert (unknown.first_name, unknown.is_anonymous) == ("Amal", False)
    assert not unknown.identities.get().is_anonymous


def test_a_shared_identifier_means_nobody_and_is_shared_by_who_gets_it():
    IdentityFactory(value=PHONE, is_shared=True)

    outcome = imported(
        rules("firstName", "phoneNumber"), ["Amal", PHONE], ["Bea", PHONE], ["Cal", OTHER_PHONE]
    )

    assert counts(outcome) == {"created": 3}
    created = Customer.objects.filter(first_name__in=["Amal", "Bea", "Cal"]).order_by("pk")
    assert [customer.identities.get().is_shared for customer in created] == [True, True, False]


def test_an_identifier_of_somebody_else_is_shared_with_whom_the_row_names():
    customer = customer_with(PHONE)
    customer_with(OTHER_PHONE, name="Bea")

    outcome = imported(rules("_id", "phoneNumber"), [customer.public_id, OTHER_PHONE])

    assert counts(outcome) == {"changed": 1, "shared": 1}


def test_an_identifier_of_who_was_told_apart_is_refused():
    customer, bea = customer_with(PHONE), customer_with(OTHER_PHONE, name="Bea")
    mark_not_duplicates(customer.public_id, bea.public_id, caller=SAM)
    before = everything()

    outcome = imported(
        rules("_id", "firstName", "phoneNumber"), [customer.public_id, "New", OTHER_PHONE]
    )

    reason = "Belongs to somebody who was told apart from this customer."
    assert problems(outcome) == {2: {"phoneNumber": [reason]}}
    assert everything() == before
    assert NotSamePerson.objects.count() == 1


def test_nothing_is_taken_from_another_anonymous_customer():
    one = customer_with(PHONE, name="", is_anonymous=True)
    customer_with(OTHER_PHONE, name="", is_anonymous=True)
    before = everything()

    outcome = imported(rules("_id", "phoneNumber"), [one.public_id, OTHER_PHONE])

    reason = "Belongs to another anonymous customer: merge the two first."
    assert problems(outcome) == {2: {"phoneNumber": [reason]}}
    assert everything() == before


def test_an_identifier_that_was_retired_means_nobody():
    IdentityFactory(value=PHONE, is_retired=True)

    assert counts(imported(rules("firstName", "phoneNumber"), ["Amal", PHONE])) == {"created": 1}


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["Amal", PHONE, "x"], {"age": ["A valid number is required."]}),
        (
            ["Amal", "0000", "3"],
            {
                "phoneNumber": [
                    '"0000" is not an identifier: channels send it for contacts without an identity.'
                ]
            },
        ),
        (["Amal", PHONE, "3", "4"], {"row": ["4 cells, expected 3."]}),
        (["", "", ""], {"row": ["Nothing in the columns that are used."]}),
        (
            ["A" * 201, PHONE, ""],
            {"firstName": ["Ensure this field has no more than 200 characters."]},
        ),
    ],
)
def test_a_row_with_a_problem_is_refused_whole_and_the_others_are_written(cells, reason):
    FieldFactory(key="age", type="number")

    outcome = imported(
        rules("firstName", "phoneNumber", "age"), cells, ["Bea", OTHER_PHONE, "", ""]
    )

    assert problems(outcome) == {2: reason}
    assert Customer.objects.get().first_name == "Bea"


def test_required_fields_and_patterns_hold_for_new_customers():
    FieldFactory(key="code", pattern="[A-Z]+", is_required=True)

    outcome = imported(rules("firstName", "code"), ["Amal", ""], ["Bea", "x"], ["Cal", "X"])

    assert problems(outcome) == {
        2: {"code": ["This field is required."]},
        3: {"code": ["Does not have the required format."]},
    }
    assert counts(outcome) == {"created": 1, "refused": 2}


def test_rules_of_labels_hold():
    group = LabelGroup.objects.create(name="Tier", is_exclusive=True)
    LabelFactory(name="Gold", group=group), LabelFactory(name="Silver", group=group)
    LabelFactory(name="Blocked", requires_reason=True)
    customer = customer_with(PHONE)
    WornLabelFactory(customer=customer, label__name="Bronze", label__group=group)

    outcome = imported(
        rules("phoneNumber", "labels"),
        [PHONE, "Gold"],
        [OTHER_PHONE, "Gold;Silver"],
        [OTHER_PHONE, "Blocked"],
        [OTHER_PHONE, "Platinum"],
    )

    assert labels_of(customer) == ["Gold"]
    assert problems(outcome) == {
        3: {"labels": ['"Gold" and "Silver" exclude each other: choose one of "Tier".']},
        4: {"labels": ['"Blocked" needs a reason.']},
        5: {"labels": ['There is no label "Platinum".']},
    }


def test_labels_of_other_roles_are_refused():
    sue = UserFactory(role="Supervisor")
    label = LabelFactory(name="Fraud")
    label.assignable_by.add(UserFactory(role="Administrator").groups.get())
    customer = customer_with(PHONE)

    outcome = imported(rules("phoneNumber", "labels"), [PHONE, "Fraud"], caller=sue)

    reason = '"Fraud" is put on and taken off by Administrator only.'
    assert problems(outcome) == {2: {"labels": [reason]}}
    assert labels_of(customer) == []


def test_what_somebody_may_not_see_or_write_is_no_column():
    FieldFactory(key="salary", is_pii=True)
    rights = {"import_customer", "add_customer", "change_customer"}
    kim = Actor("kim", "9", frozenset(f"customers.{right}" for right in rights))

    with pytest.raises(ValidationError) as error:
        imported(rules("web", "salary"), ["w1", "100"], caller=kim)

    problem = "There is no such field, or you may not write it."
    assert error.value.message_dict == {"salary": [problem]}
    assert not Customer.objects.exists()


@pytest.mark.parametrize("lacking", ["import_customer", "add_customer", "change_customer"])
def test_an_import_takes_the_rights_of_what_it_does(lacking):
    rights = {"import_customer", "add_customer", "change_customer"} - {lacking}
    kim = Actor("kim", "9", frozenset(f"customers.{right}" for right in rights))

    with pytest.raises(PermissionDenied, match="You do not have permission to import customers"):
        imported(rules("web"), ["w1"], caller=kim)

    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        (rules("", "_id"), {"columns": ["Choose a field for at least one column."]}),
        (
            rules("firstName", "firstName"),
            {"firstName": ["Name: Two columns are chosen for it, and it holds one value."]},
        ),
        (
            rules("planet"),
            {"planet": ["There is no such field, or you may not write it."]},
        ),
        (
            rules("web", policy="guess"),
            {"policy": ["Choose what becomes of customers who exist already."]},
        ),
    ],
)
def test_rules_that_make_no_sense_are_refused(wanted, problem):
    FieldDefinition.objects.filter(key="firstName").update(label="Name")

    with pytest.raises(ValidationError) as error:
        imported(wanted, ["a", "b"])

    assert error.value.message_dict == problem


def test_two_columns_may_hold_identifiers_of_one_field():
    imported(rules("firstName", "phoneNumber", "phoneNumber"), ["Amal", PHONE, OTHER_PHONE])

    assert len(identifiers_of(Customer.objects.get())) == 2


def test_an_import_is_undone():
    LabelFactory(name="VIP")
    customer = customer_with(PHONE)
    before = everything()
    imported(
        rules("firstName", "phoneNumber", "web", "labels"),
        ["Amal Khan", PHONE, "w1", "VIP"],
        ["Bea", OTHER_PHONE, "w2", "VIP"],
    )
    after = everything()

    undone()
    assert everything() == before

    undone()
    assert everything() == after
    assert Customer.objects.get(pk=customer.pk).first_name == "Amal Khan"


@pytest.mark.parametrize("rows", [1, 3])
def test_rows_that_change_nothing_cost_a_fixed_number_of_queries(rows, django_assert_num_queries):
    FieldFactory(key="city")
    phones = [f"+92300123456{n}" for n in range(rows)]
    wanted = rules("firstName", "phoneNumber", "city")
    lines = [["Amal", phone, "Ulm"] for phone in phones]
    imported(wanted, *lines)

    with django_assert_num_queries(QUIET):
        assert counts(imported(wanted, *lines)) == {"unchanged": rows}


QUIET = 23


@pytest.mark.parametrize("rows", [1, 3])
def test_rows_that_create_cost_so_many_queries_each(rows, django_assert_num_queries):
    FieldFactory(key="city")
    lines = [["Amal", f"+92300123456{n}", "Ulm"] for n in range(rows)]

    with django_assert_num_queries(FIXED + EACH * rows):
        imported(rules("firstName", "phoneNumber", "city"), *lines)


FIXED, EACH = 21, 5
