"""What webhooks are told of customers, and what they are not."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from customers.bulk.change import BulkChange, bulk_change, delete_customers
from customers.history import webhook_payloads
from customers.history.events import EVENT_TYPES
from customers.history.webhook_payloads import payloads_for
from customers.identification.identify import identify
from customers.imports.importer import import_rows
from customers.imports.options import Rules
from customers.models import Customer
from customers.profiles.lifecycle import create_customer, delete_customer, label_customer
from schema_builder.drafts import map_options, read_draft
from schema_builder.models import FieldDefinition, SchemaVersion
from schema_builder.versions import touch_schema
from schema_changes.publishing import publish_draft, roll_back
from tests.schema_builder.schemas import edited, want
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    WornLabelFactory,
)
from tests.support.operations import SAM, edit, linked, merged, relinked, split, undone
from tests.webhooks.subscriptions import events, subscribed
from webhooks.models import Event

pytestmark = pytest.mark.django_db

ROLE = "Integration (read/write)"
ALL = [one.name for one in EVENT_TYPES]


@pytest.fixture
def webhook():
    subscription, _ = subscribed("https://crm.example.com/", *ALL, role=ROLE)
    return subscription


def said(subscription, *types):
    """What the subscription is told of the events of these types, in order."""
    found = list(Event.objects.filter(type__in=types or ALL).order_by("id"))
    texts = payloads_for(subscription, found)
    return [texts[event.pk] for event in found]


def test_first_contact_is_told(webhook):
    customer = identify("SMS", "+923001234567", caller=SAM)["customer"]
    identify("SMS", "+923001234567", caller=SAM)

    assert events() == [("customer.created", customer["_id"])]
    [told] = said(webhook)
    assert told["customer"]["phoneNumber"] == ["+923001234567"]
    assert (told["operation"], told["changes"]) == (None, [])


def test_creation_is_told(webhook):
    customer = create_customer({"firstName": "Amy"}, caller=SAM)

    assert events() == [("customer.created", customer.public_id)]


def test_edit_is_told_with_what_changed(webhook):
    customer = CustomerFactory(first_name="Amy")

    operation = edit(customer, firstName="Ann")

    assert events() == [("customer.updated", customer.public_id)]
    [told] = said(webhook)
    assert told["customerId"] == customer.public_id
    assert (told["customer"]["firstName"], told["customer"]["__v"]) == ("Ann", 1)
    assert told["operation"] == {
        "_id": operation.public_id,
        "kind": "edit",
        "actor": "sam",
        "reason": "",
        "at": operation.at,
        "job": None,
    }
    assert told["changes"] == [
        {
            "what": "customer",
            "field": "firstName",
            "before": "Amy",
            "after": "Ann",
            "from": customer.public_id,
            "to": customer.public_id,
        }
    ]


def test_edit_that_changes_nothing_is_not_told(webhook):
    customer = CustomerFactory(first_name="Amy")

    edit(customer, firstName="Amy")

    assert events() == []


def test_refused_write_is_not_told(webhook):
    with pytest.raises(ValidationError):
        create_customer({"firstName": "Amy", "phoneNumber": ["no number"]}, caller=SAM)

    assert events() == []


def test_label_is_told(webhook):
    customer = CustomerFactory()

    label_customer(customer, caller=SAM, add=[LabelFactory(name="VIP")])

    assert events() == [("customer.updated", customer.public_id)]
    assert [change["after"] for change in said(webhook)[0]["changes"]] == ["VIP"]


def test_deletion_is_told(webhook):
    customer = CustomerFactory()

    delete_customer(customer, caller=SAM)

    assert events() == [("customer.deleted", customer.public_id)]
    [told] = said(webhook)
    assert (told["customerId"], told["customer"]) == (customer.public_id, None)


def test_merge_is_told_of_each_and_as_a_whole(webhook):
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    IdentityFactory(customer=duplicate, value="+923001234567")

    outcome = merged(survivor, duplicate)

    assert sorted(events()) == sorted(
        [
            ("customer.updated", survivor.public_id),
            ("customer.deleted", duplicate.public_id),
            ("customer.merged", outcome.operation.public_id),
        ]
    )
    [told] = said(webhook, "customer.merged")
    assert told["customers"] == sorted([survivor.public_id, duplicate.public_id])


def test_merge_and_its_undo_leave_a_copy_as_it_was(webhook):
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    merged(survivor, duplicate)
    Event.objects.all().delete()

    undone()

    kinds = dict(reversed(pair) for pair in events())
    assert kinds[duplicate.public_id] == "customer.created"
    assert "operation.undone" in kinds.values()


def test_dry_run_is_not_told(webhook):
    merged(CustomerFactory(), CustomerFactory(), dry_run=True)

    assert events() == []


def test_split_is_told(webhook):
    customer = CustomerFactory()
    identity = IdentityFactory(customer=customer, value="+923001234567")
    IdentityFactory(customer=customer, value="+923001234568")

    split(customer, identities=[("phoneNumber", identity.value)])

    new = Customer.objects.exclude(pk=customer.pk).get()
    kinds = {kind: subject for kind, subject in events() if kind != "customer.split"}
    assert kinds == {
        "customer.created": new.public_id,
        "customer.updated": customer.public_id,
    }
    assert len(said(webhook, "customer.split")) == 1


def test_relink_that_moves_only_a_conversation_tells_of_that_alone(webhook):
    source, target = CustomerFactory(), CustomerFactory()
    linked("c1", source)

    outcome = relinked("c1", target)

    assert events() == [("conversation.relinked", outcome.operation.public_id)]


def test_activity_is_not_told(webhook):
    customer = CustomerFactory()
    linked("c1", customer)
    linked("c1", customer, identifier="+923001234567")

    assert events() == []


def test_bulk_change_tells_each_of_its_own(webhook):
    FieldFactory(key="town", label="Town")
    amy, bob = CustomerFactory(), CustomerFactory()

    bulk_change([amy.public_id, bob.public_id], BulkChange(fields={"town": "Ulm"}), caller=SAM)

    assert events() == [
        ("customer.updated", amy.public_id),
        ("customer.updated", bob.public_id),
    ]
    for told, customer in zip(said(webhook), [amy, bob], strict=True):
        assert [(c["to"], c["after"]) for c in told["changes"]] == [(customer.public_id, "Ulm")]


def test_values_that_the_schema_rewrites_are_told_of_each(webhook):
    options = [{"value": "a", "label": "First"}, {"value": "b"}]
    tier = FieldFactory(key="tier", type="choice", options=options)
    customers = [ValueFactory(field=tier, text=text).customer for text in ("a", "b", "a")]
    before = SchemaVersion.objects.latest("number")
    want("tier", options=options[1:])
    edited(map_options(tier.public_id, {"a": "b"}))

    publish_draft(known=read_draft().token, caller=SAM)

    told_of = [("customer.updated", customers[at].public_id) for at in (0, 2)]
    assert events() == told_of
    for told, customer in zip(said(webhook), customers[::2], strict=True):
        [change] = told["changes"]
        assert (change["field"], change["before"], change["after"]) == ("tier", "a", "b")
        assert (change["to"], told["customer"]["tier"]) == (customer.public_id, "b")
        assert told["operation"]["kind"] == "bulk"
    roll_back(before, caller=SAM)
    assert events() == told_of * 2


def test_bulk_deletion_is_told(webhook):
    amy = CustomerFactory()

    delete_customers([amy.public_id], caller=SAM)

    assert events() == [("customer.deleted", amy.public_id)]


def test_import_tells_who_is_new_and_who_changed(webhook):
    amy = CustomerFactory(first_name="Amy")
    IdentityFactory(customer=amy, value="+923001234567")
    rows = [(2, ["Ann", "+923001234567"]), (3, ["Bob", "+923001234568"])]

    import_rows(rows, Rules(["firstName", "phoneNumber"]), caller=SAM)

    bob = Customer.objects.get(first_name="Bob")
    assert sorted(events()) == [
        ("customer.created", bob.public_id),
        ("customer.updated", amy.public_id),
    ]


def test_nothing_is_noted_where_nobody_listens():
    edit(CustomerFactory(), firstName="Ann")

    assert not Event.objects.exists()


@pytest.fixture
def personal():
    """A customer all of whose data is personal, and that data."""
    FieldFactory(key="town", label="Town", is_pii=True)
    FieldDefinition.objects.filter(key__in=["firstName", "phoneNumber"]).update(is_pii=True)
    touch_schema()
    customer = CustomerFactory(first_name="Quintilian")
    ValueFactory(customer=customer, field=FieldDefinition.objects.get(key="town"), text="Zanzibar")
    IdentityFactory(customer=customer, value="+923001234567")
    return customer, ["Quintilian", "Zanzibar", "+923001234567", "Zebedee", "Timbuktu"]


def test_personal_data_is_masked_unless_the_webhook_may_see_it(webhook, personal):
    customer, planted = personal
    edit(customer, firstName="Zebedee", town="Timbuktu")
    merged(CustomerFactory(), customer)
    undone()
    open_eyed, _ = subscribed("https://crm.example.com/", *ALL, may_view_pii=True, role=ROLE)

    masked, plain = str(said(webhook)), str(said(open_eyed))

    assert [text for text in planted if text in masked] == []
    assert "Timbuktu" in plain
    assert [
        text
        for text in planted
        for facts in Event.objects.values_list("facts")
        if text in str(facts)
    ] == []


def test_field_that_became_personal_is_masked_in_what_waits(webhook):
    town = FieldFactory(key="town", label="Town")
    edit(CustomerFactory(), town="Timbuktu")
    FieldDefinition.objects.filter(pk=town.pk).update(is_pii=True)
    touch_schema()

    assert "Timbuktu" not in str(said(webhook))


def test_field_that_is_hidden_from_the_role_is_not_named(webhook):
    role = Group.objects.get(name=ROLE)
    FieldFactory(key="town", label="Town", role_visibility={str(role.pk): "hidden"})
    edit(CustomerFactory(), town="Timbuktu")

    [told] = said(webhook)

    assert "town" not in told["customer"]
    assert told["changes"] == []


def test_role_that_may_see_no_customers_learns_ids_alone(webhook):
    customer = CustomerFactory()
    edit(customer, firstName="Ann")
    merge = merged(customer, CustomerFactory()).operation
    Group.objects.get(name=ROLE).permissions.clear()

    assert said(webhook, "customer.updated")[0] == {"customerId": customer.public_id, "version": 1}
    assert said(webhook, "customer.merged") == [{"operationId": merge.public_id}]


def test_role_that_may_not_see_what_was_done_learns_the_outcome_alone():
    customer = CustomerFactory()
    webhook, _ = subscribed("https://crm.example.com/", *ALL, role="Integration (read)")
    edit(customer, firstName="Ann")
    merged(customer, CustomerFactory(), reason="divorced")

    assert said(webhook, "customer.updated")[0].keys() == {"customerId", "version", "customer"}
    assert said(webhook, "customer.merged")[0].keys() == {"operationId"}
    assert "divorced" not in str(said(webhook))


def test_role_that_sees_personal_data_does_not_send_it(personal):
    customer, planted = personal
    webhook, _ = subscribed("https://crm.example.com/", *ALL, role="Supervisor")

    edit(customer, firstName="Zebedee", town="Timbuktu")

    assert [text for text in planted if text in str(said(webhook))] == []


def test_version_tells_a_copy_what_is_newest(webhook):
    customer = CustomerFactory()
    edit(customer, firstName="Ann")
    delete_customer(Customer.objects.get(pk=customer.pk), caller=SAM)

    assert [(told["version"], told["customer"]) for told in said(webhook)] == [(1, None)] * 2


def test_many_changes_are_cut_short(webhook, monkeypatch):
    monkeypatch.setattr(webhook_payloads, "MOST_CHANGES", 1)
    FieldFactory(key="town")

    edit(CustomerFactory(), firstName="Ann", town="Ulm")

    [told] = said(webhook)
    assert (len(told["changes"]), told["changesLeftOut"]) == (1, 1)


def test_conversations_are_no_change_of_a_customer(webhook):
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    IdentityFactory(customer=duplicate)
    for number in range(3):
        linked(f"c{number}", duplicate)

    merged(survivor, duplicate)

    for told in said(webhook, "customer.updated", "customer.deleted"):
        assert "conversation" not in {change["what"] for change in told["changes"]}


@pytest.mark.parametrize("count", [1, 3])
def test_telling_costs_the_same_however_many(webhook, django_assert_num_queries, count):
    for _ in range(count):
        customer = CustomerFactory()
        WornLabelFactory(customer=customer)
        edit(customer, firstName="Ann")
        merged(CustomerFactory(), customer)
    found = list(Event.objects.all())

    with django_assert_num_queries(9):
        payloads_for(webhook, found)
