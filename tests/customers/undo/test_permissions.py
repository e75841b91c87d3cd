"""An undo writes nothing that its caller could not write."""

import pytest

from access.actors import Actor
from customers.bulk.change import BulkChange, bulk_change, delete_customers
from customers.models import Customer, Operation
from customers.profiles.lifecycle import create_customer, label_customer, update_customer
from customers.undo.undo import UndoConflictError, undo
from tests.contract.shapes import lacking
from tests.customers.test_role_visibility import key_of, show
from tests.support.actors import logged_in
from tests.support.factories import CustomerFactory, FieldFactory, LabelFactory
from tests.support.operations import (
    SAM,
    edit,
    everything,
    labels_of,
    last_operation,
    merged,
    split,
    undone,
    values_of,
)

pytestmark = pytest.mark.django_db
HIDDEN = "You may not change a field you may not see."


def somebody(*rights, role="Agent"):
    may = frozenset(f"customers.{right}" for right in rights)
    return Actor("amy", "2", may, frozenset([key_of(role)]))


EDITOR = ("change_customer", "add_customerlabel", "delete_customerlabel")


@pytest.fixture
def customer():
    FieldFactory(key="income", label="Income")
    FieldFactory(key="city")
    return create_customer({"firstName": "Amina", "income": "90000", "city": "Lahore"}, caller=SAM)


def refused(operation, caller, **options):
    """Expect a refusal that changes nothing; answers the reasons."""
    before, operations = everything(), Operation.objects.count()
    with pytest.raises(UndoConflictError) as caught:
        undo(operation, caller=caller, **options)
    assert (everything(), Operation.objects.count()) == (before, operations)
    return [collision.reason for collision in caught.value.collisions]


@pytest.mark.parametrize(
    ("level", "reason"),
    [
        ("hidden", HIDDEN),
        ("masked", "You may not change “Income”."),
        ("read", "You may not change “Income”."),
    ],
)
def test_field_of_others_is_not_restored_by_an_undo(customer, level, reason):
    operation = edit(customer, income="1", city="Quetta")
    show("income", Agent=level)

    assert refused(operation, somebody(*EDITOR)) == [reason]

    left = undo(operation, caller=somebody(*EDITOR), skip_collisions=True).left
    assert [collision.reason for collision in left] == [reason]
    assert values_of(customer) == {"income": "1", "city": "Lahore"}


def test_identifiers_of_a_locked_field_stay(customer):
    operation = edit(customer, web=["visitor-1"])
    show("web", Agent="read")

    assert len(refused(operation, somebody(*EDITOR), skip_collisions=True)) == 1


def test_undo_of_nothing_but_what_one_may_not_write_is_refused_with_skip_too(customer):
    operation = edit(customer, income="1")
    show("income", Agent="hidden")

    assert refused(operation, somebody(*EDITOR), skip_collisions=True) == [HIDDEN]


def test_name_that_one_may_not_write_stays(customer):
    operation = edit(customer, firstName="Oliver")
    show("firstName", Agent="read")

    [reason] = refused(operation, somebody(*EDITOR))

    assert reason.startswith("You may not change “")


@pytest.mark.parametrize("is_worn", [False, True])
def test_label_of_other_roles_is_neither_taken_off_nor_put_on(customer, is_worn):
    fraud = LabelFactory(name="Fraud")
    fraud.assignable_by.add(key_of("Supervisor"))
    label_customer(customer, caller=SAM, add=[fraud])
    if is_worn:
        label_customer(customer, caller=SAM, remove=[fraud])
    expected = ['"Fraud" is put on and taken off by Supervisor only.']

    assert refused(last_operation(), somebody(*EDITOR)) == expected

    undo(last_operation(), caller=somebody(*EDITOR, role="Supervisor"))
    assert labels_of(customer) == (["Fraud"] if is_worn else [])


def test_bulk_right_alone_takes_back_neither_values_nor_labels(customer):
    change = BulkChange(add=[LabelFactory().public_id], fields={"city": "Quetta"})
    operation = bulk_change([customer.public_id], change, caller=SAM).operation

    reasons = refused(operation, somebody("change_in_bulk"), skip_collisions=True)

    assert sorted(reasons) == [
        lacking("Take labels off customers", "remove labels"),
        "You may not change customers.",
    ]
    undo(operation, caller=somebody("change_in_bulk", *EDITOR))
    assert values_of(customer)["city"] == "Lahore"


def test_whole_customers_come_back_with_what_the_caller_may_not_see(customer):
    other = create_customer({"firstName": "Oliver", "income": "5"}, caller=SAM)
    show("income", Agent="hidden")
    before = everything()

    merged(customer, other)
    undo(last_operation(), caller=somebody("merge_customer"))
    assert everything() == before

    delete_customers([other.public_id], caller=SAM)
    undo(last_operation(), caller=somebody("delete_customer"))
    assert everything() == before


def test_value_chosen_in_a_merge_is_not_taken_back_by_who_may_not_write_it(customer):
    other = CustomerFactory()
    merged(customer, other, choices={"income": {"value": "7"}})
    show("income", Agent="hidden")

    assert set(refused(last_operation(), somebody("merge_customer"))) == {HIDDEN}


def test_split_off_value_goes_not_back_by_who_may_not_write_it(customer):
    split(customer, fields=["income", "city"])
    show("income", Agent="hidden")

    assert HIDDEN in refused(last_operation(), somebody("merge_customer"))


def test_statements_of_the_rules_do_not_grow(customer, django_assert_max_num_queries):
    show("income", Agent="hidden")
    customers = [customer, *(CustomerFactory() for _ in range(9))]
    change = BulkChange(
        add=[LabelFactory().public_id, LabelFactory().public_id], fields={"income": "1"}
    )
    ids = [one.public_id for one in customers]
    operation = bulk_change(ids, change, caller=SAM).operation

    with django_assert_max_num_queries(40):
        left = undo(
            operation, caller=somebody("change_in_bulk", *EDITOR), skip_collisions=True
        ).left

    assert len(left) == 10


def test_undo_over_http_tells_no_name_of_a_hidden_field(customer):
    operation = edit(customer, income="1", city="Quetta")
    show("income", Agent="hidden")
    client = logged_in("Agent")

    answer = client.post(f"/api/operations/{operation.public_id}/undo", {}, format="json")

    assert answer.status_code == 409
    assert [collision["reason"] for collision in answer.json()["collisions"]] == [HIDDEN]
    assert "ncome" not in answer.content.decode()


def test_page_says_before_what_will_be_left(customer):
    operation = edit(customer, income="1", city="Quetta")
    show("income", Agent="hidden")
    client = logged_in("Agent")

    page = client.get(f"/operations/{operation.public_id}/undo")

    assert HIDDEN in page.content.decode()


def test_who_may_write_everything_undoes_as_before(customer):
    before = everything()
    operation = edit(customer, income="1", firstName="Oliver")
    show("income", Agent="hidden")

    undone(operation)

    assert everything() == before
    assert Customer.objects.get().first_name == "Amina"
    update_customer(customer, {"income": "2"}, caller=SAM, partial=True)
