import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.actors import Actor
from customers.bulk.change import BulkChange, bulk_change, change_customers, delete_customers
from customers.history.descriptions import OperationDescriber, operations_in_brief, operations_of
from customers.locking import CustomerMerged
from customers.masking import FieldAccess
from customers.models import AttributeValue, Customer, Operation
from customers.permissions import BULK, CHANGE
from customers.undo.undo import UndoConflictError
from labels.models import Label, LabelGroup
from schema_builder.models import FieldDefinition
from schema_builder.schema import current_schema
from tests.support.factories import (
    AliasFactory,
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    WornLabelFactory,
)
from tests.support.operations import (
    SAM,
    edit,
    everything,
    identifiers_of,
    labels_of,
    last_operation,
    linked,
    merged,
    undone,
    values_of,
)

pytestmark = pytest.mark.django_db
LABEL = "customers.add_customerlabel"
UNLABEL = "customers.delete_customerlabel"


def actor(*permissions):
    return Actor(name="amy", user_id="2", permissions=frozenset(permissions))


def changed(customers, caller=SAM, dry_run=False, reason="", **change):
    ids = [customer.public_id for customer in customers]
    return bulk_change(ids, BulkChange(**change), caller=caller, dry_run=dry_run, reason=reason)


def refusal(customers, **change):
    """What is wrong with the change, which writes nothing."""
    before = everything()
    with pytest.raises(ValidationError) as error:
        changed(customers, **change)
    assert (everything(), Operation.objects.filter(kind="bulk").count()) == (before, 0)
    return error.value.message_dict


def versions():
    return list(Customer.objects.order_by("pk").values_list("version", flat=True))


def test_labels_are_put_on_and_taken_off():
    vip, gold, old = (LabelFactory(name=name) for name in ("VIP", "Gold", "Old"))
    one, other = CustomerFactory(), CustomerFactory(version=4)
    WornLabelFactory(customer=one, label=old)
    WornLabelFactory(customer=other, label=vip)
    WornLabelFactory(customer=other, label=gold)

    outcome = changed([one, other], add=[vip.public_id], remove=[old.public_id], reason="Spring")

    assert (labels_of(one), labels_of(other)) == (["VIP"], ["Gold", "VIP"])
    assert (outcome.changed, outcome.unchanged) == ([one.public_id], [other.public_id])
    assert versions() == [1, 4]
    operation = Operation.objects.get()
    assert (operation.kind, operation.reason, operation.actor) == ("bulk", "Spring", "sam")
    assert [row.public_id for row in operation.customers.all()] == [one.public_id]


def test_fields_are_set_and_emptied():
    city, tier = FieldFactory(key="city"), FieldFactory(key="tier", type="number")
    one, other = CustomerFactory(), CustomerFactory()
    ValueFactory(customer=one, field=city, text="Lahore")
    ValueFactory(customer=other, field=tier, text="3")
    IdentityFactory(customer=other)

    outcome = changed([one, other], fields={"city": "", "tier": 7, "phoneNumber": []})

    assert (values_of(one), values_of(other)) == ({"tier": "7"}, {"tier": "7"})
    assert identifiers_of(other) == []
    assert (len(outcome.changed), versions()) == (2, [1, 1])


def test_it_is_undone_and_done_again():
    vip, city = LabelFactory(name="VIP"), FieldFactory(key="city")
    one, other = CustomerFactory(version=3), CustomerFactory()
    ValueFactory(customer=one, field=city, text="Lahore")
    before = everything()
    outcome = changed([one, other], add=[vip.public_id], fields={"city": "Karachi"})
    after = everything()

    taken_back = undone(outcome.operation).operation
    assert everything() == before
    assert versions() == [5, 2]

    undone(taken_back)
    assert everything() == after
    assert versions() == [6, 3]


def test_an_undo_leaves_what_was_changed_since_if_it_may():
    city = FieldFactory(key="city")
    one, other = CustomerFactory(), CustomerFactory()
    ValueFactory(customer=one, field=city, text="Lahore")
    operation = changed([one, other], fields={"city": "Karachi"}).operation
    edit(one, city="Multan")

    with pytest.raises(UndoConflictError):
        undone(operation)
    left = undone(operation, skip_collisions=True).left

    assert [collision.reason for collision in left] == ["The value was changed again since."]
    assert (values_of(one), values_of(other)) == ({"city": "Multan"}, {})


def test_nobody_changed_is_no_operation():
    customer = CustomerFactory()
    vip = LabelFactory()

    outcome = changed([customer], remove=[vip.public_id])

    assert (outcome.operation, outcome.unchanged) == (None, [customer.public_id])
    assert not Operation.objects.exists()


def test_a_dry_run_writes_nothing():
    customer, vip = CustomerFactory(), LabelFactory()
    before = everything()

    outcome = changed([customer], add=[vip.public_id], dry_run=True)

    assert (outcome.operation, outcome.changed) == (None, [customer.public_id])
    assert (everything(), Operation.objects.count(), versions()) == (before, 0, [0])


def test_ids_from_before_a_merge_are_refused_with_the_survivor():
    vip, survivor = LabelFactory(name="VIP"), CustomerFactory()
    alias = AliasFactory(customer=survivor)

    with pytest.raises(CustomerMerged, match=survivor.public_id):
        changed([alias, survivor, alias], add=[vip.public_id])

    assert (labels_of(survivor), versions()) == ([], [0])


def test_job_leaves_out_who_was_merged_meanwhile():
    vip, survivor = LabelFactory(name="VIP"), CustomerFactory()
    former = AliasFactory(customer=survivor).public_id

    change = BulkChange(add=[vip.public_id])
    outcome = change_customers([former, survivor.public_id], change, caller=SAM)

    problem = (
        f"Customer {former} was merged into customer {survivor.public_id}. Use that id to write."
    )
    assert (outcome.changed, outcome.refused) == (
        [survivor.public_id],
        {former: {"_id": [problem]}},
    )


def test_one_refusal_stops_all_and_every_refusal_is_named():
    city = FieldFactory(key="city", is_required=True)
    one, other, third = CustomerFactory.create_batch(3)
    for customer in (one, other):
        ValueFactory(customer=customer, field=city, text="Lahore")
    ghost = CustomerFactory.build(public_id="f" * 24)

    problems = refusal([one, other, third, ghost], fields={"city": ""})

    assert problems == {
        f"{one.public_id}.city": ["This field is required."],
        f"{other.public_id}.city": ["This field is required."],
        f"{'f' * 24}._id": ["There is no customer with this id."],
    }


def test_what_is_wrong_for_everybody_is_said_once():
    customers = CustomerFactory.create_batch(2)
    FieldFactory(key="tier", type="number")
    vip = LabelFactory()

    problems = refusal(
        customers,
        add=[vip.public_id],
        remove=[vip.public_id, "f" * 24],
        fields={"tier": "x", "planet": 1, "_id": "x", "labels": [], "phoneNumber": ["+1"]},
    )

    assert problems == {
        "labels.remove": [f'"{"f" * 24}" is not the id of a label.'],
        "fields.tier": ["A valid number is required."],
        "fields.planet": ["Unknown field."],
        "fields._id": ["Unknown field."],
        "fields.labels": ["Labels are added and removed, not replaced."],
        "fields.phoneNumber": [
            "An identifier belongs to one customer: it can be emptied here, not set."
        ],
    }


def test_a_label_is_not_added_and_removed():
    vip = LabelFactory().public_id

    problems = refusal([CustomerFactory()], add=[vip], remove=[vip])

    assert problems == {"labels.remove": ["The same label is added and removed."]}


def test_a_change_changes_something():
    assert refusal([CustomerFactory()]) == {"fields": ["Name a label or a field to change."]}


@pytest.mark.parametrize("count", [0, 201])
def test_too_few_or_many_are_refused(count):
    customers = CustomerFactory.build_batch(count)
    vip = LabelFactory()

    problems = refusal(customers, add=[vip.public_id])

    assert problems == {"customers": ["Name 1 to 200 customers."]}


@pytest.mark.parametrize(
    ("may", "change"),
    [
        ([CHANGE, LABEL, UNLABEL], {"fields": {"city": "Ulm"}}),
        ([BULK, LABEL, UNLABEL], {"fields": {"city": "Ulm"}}),
        ([BULK, CHANGE, UNLABEL], {"add": ["label"]}),
        ([BULK, CHANGE, LABEL], {"remove": ["label"]}),
    ],
)
def test_rights_are_asked_before_anything_else(may, change):
    FieldFactory(key="city")
    customer = CustomerFactory()

    with pytest.raises(PermissionDenied):
        changed([customer], caller=actor(*may), **change)

    assert versions() == [0]


@pytest.mark.parametrize("value", ["Lahore", "Lah***", ""])
def test_hidden_fields_are_neither_found_out_nor_overwritten(value):
    field = FieldFactory(key="city", is_pii=True)
    customer = ValueFactory(field=field, text="Lahore").customer

    with pytest.raises(ValidationError) as error:
        changed([customer], caller=actor(BULK, CHANGE), fields={"city": value}, dry_run=True)

    assert error.value.message_dict == {
        "fields.city": ["You may not see this field, so you may not change it for many at once."]
    }
    assert values_of(customer) == {"city": "Lahore"}


def statements(work, *args, **values):
    current_schema()
    with CaptureQueriesContext(connection) as queries:
        done = work(*args, **values)
    return len(queries), done


def test_queries_for_those_who_stay_as_they_are_do_not_grow():
    city, vip = FieldFactory(key="city"), LabelFactory()

    def asked(count):
        customers = [ValueFactory(field=city, text="Ulm").customer for _ in range(count)]
        for customer in customers:
            WornLabelFactory(customer=customer, label=vip)
        return statements(changed, customers, add=[vip.public_id], fields={"city": "Ulm"})[0]

    assert asked(1) == asked(3)


def motley(count):
    """Customers of whom each has everything, and everybody something else."""
    city, tier = (FieldDefinition.objects.get(key=key) for key in ("city", "tier"))
    for number in range(count):
        customer = CustomerFactory(first_name=f"Name {number}", version=number)
        ValueFactory(customer=customer, field=city, text=f"City {number}")
        ValueFactory(customer=customer, field=tier, text=str(number))
        IdentityFactory(customer=customer)
        WornLabelFactory(customer=customer, label=Label.objects.get(name="Silver"))
        WornLabelFactory(customer=customer, label=Label.objects.get(name="Old"))
        yield customer


@pytest.fixture
def gold():
    """The label of a group of which everybody has another one, with rules of all kinds."""
    tier = LabelGroup.objects.create(name="Tier")
    LabelFactory(name="Silver", group=tier)
    LabelFactory(name="Old")
    FieldFactory(key="city")
    FieldFactory(key="tier", type="number")
    label = LabelFactory(name="Gold", group=tier, requires_reason=True, expires_after_days=9)
    label.assignable_by.add(Group.objects.get(name="Supervisor"))
    return label


def test_statements_grow_neither_for_the_change_nor_for_its_undo(gold):
    old = Label.objects.get(name="Old")
    fields = {"city": "Ulm", "tier": "", "phoneNumber": [], "firstName": "Amy"}

    def asked(count):
        customers = list(motley(count))
        before = everything()
        change, outcome = statements(
            changed,
            customers,
            reason="Spring",
            add=[gold.public_id],
            remove=[old.public_id],
            fields=fields,
        )
        after = everything()
        undo, taken_back = statements(undone, outcome.operation)
        assert everything() == before
        redo, again = statements(undone, taken_back.operation)
        assert everything() == after
        assert (len(outcome.changed), identifiers_of(customers[-1])) == (count, [])
        assert values_of(customers[-1]) == {"city": "Ulm"}
        assert labels_of(customers[-1]) == ["Gold"]
        assert Customer.objects.get(pk=customers[-1].pk).version == count + 2
        undone(again.operation)
        return change, undo, redo

    # Few rows that become each something else are written one by one.
    few, some, many = asked(1), asked(4), asked(20)
    assert some == many
    assert few <= some
    assert all(more - less <= 2 for less, more in zip(few, some, strict=True))
    # Six of an undo write search keys again, one looks for labels that were merged.
    assert max(many) <= 55


def test_statements_of_a_deletion_and_its_undo_do_not_grow(gold):
    def asked(count):
        customers = list(motley(count))
        before = everything()
        deletion, outcome = statements(
            delete_customers, [c.public_id for c in customers], caller=SAM
        )
        undo, _ = statements(undone, outcome.operation)
        assert everything() == before
        return deletion, undo

    assert asked(1) == asked(3) == asked(20)


def test_collisions_of_many_are_found_in_the_statements_of_one():
    city = FieldFactory(key="city")

    def asked(count):
        customers = CustomerFactory.create_batch(count)
        operation = changed(customers, fields={"city": "Ulm"}).operation
        later = [edit(customer, city="Lahore").public_id for customer in customers]
        count, outcome = statements(undone, operation, skip_collisions=True)
        assert [collision.operation for collision in outcome.left] == later
        return count

    assert asked(1) == asked(3)
    assert {*AttributeValue.objects.filter(field=city).values_list("text", flat=True)} == {"Lahore"}


def test_history_tells_each_customer_its_own_rows():
    vip, city = LabelFactory(name="VIP"), FieldFactory(key="city")
    one, other = CustomerFactory(), CustomerFactory()
    ValueFactory(customer=one, field=city, text="Lahore")
    operation = changed([one, other], add=[vip.public_id], fields={"city": "Ulm"}).operation
    teller = OperationDescriber(current_schema(), FieldAccess(SAM))

    [mine] = teller.describe(operations_of(one))
    [whole] = teller.describe(operations_of())
    [brief] = teller.describe(operations_in_brief())

    me = one.public_id
    assert mine["customers"] == [me]
    assert [(c["what"], c["before"], c["after"], c["to"]) for c in mine["changes"]] == [
        ("label", None, "VIP", me),
        ("value", "Lahore", "Ulm", me),
    ]
    assert whole["customers"] == brief["customers"] == sorted([me, other.public_id])
    assert (len(whole["changes"]), brief["changes"]) == (4, [])
    undone(operation)
    assert [len(told["changes"]) for told in teller.describe(operations_of(other))] == [2, 2]


def test_deleted_customers_come_back_row_by_row():
    customer = IdentityFactory(customer__version=7).customer
    WornLabelFactory(customer=customer)
    ValueFactory(customer=customer)
    AliasFactory(customer=customer)
    linked("c1", customer)
    other = IdentityFactory(customer__is_anonymous=True).customer
    stays = CustomerFactory()
    before = everything()

    outcome = delete_customers([customer.public_id, other.public_id, "f" * 24], caller=SAM)

    assert list(Customer.objects.all()) == [stays]
    assert outcome.changed == [customer.public_id, other.public_id]
    assert outcome.refused == {"f" * 24: {"_id": ["There is no customer with this id."]}}
    assert last_operation().kind == "delete"
    again = undone(outcome.operation).operation
    assert everything() == before
    assert versions() == [8, 1, 0]
    undone(again)
    assert list(Customer.objects.all()) == [stays]


def test_an_anonymous_customer_comes_back_without_what_another_one_has_got():
    lost, kept = (IdentityFactory(customer__is_anonymous=True) for _ in range(2))
    ids = [lost.customer.public_id, kept.customer.public_id]
    operation = delete_customers(ids, caller=SAM).operation
    IdentityFactory(value=lost.value, customer__is_anonymous=True)

    left = undone(operation, skip_collisions=True).left

    assert [(collision.table, collision.reason) for collision in left] == [
        ("identity", "Another anonymous customer has got the identifier since.")
    ]
    assert identifiers_of(Customer.objects.get(public_id=ids[0])) == []
    assert identifiers_of(Customer.objects.get(public_id=ids[1])) == [("phoneNumber", kept.value)]


def test_an_old_id_deletes_nobody():
    survivor, gone = CustomerFactory(), CustomerFactory()
    merged(survivor, gone)

    outcome = delete_customers([gone.public_id], caller=SAM)

    assert (outcome.operation, list(outcome.refused)) == (None, [gone.public_id])
    assert Customer.objects.get() == survivor


@pytest.mark.parametrize("may", [[BULK], ["customers.delete_customer"]])
def test_deleting_many_needs_both_rights(may):
    customer = CustomerFactory()

    with pytest.raises(PermissionDenied):
        delete_customers([customer.public_id], caller=actor(*may))

    assert Customer.objects.exists()
