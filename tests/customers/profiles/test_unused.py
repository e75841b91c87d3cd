from datetime import timedelta

import pytest
from django.utils import timezone

from customers.background.recurring import remove_unused_customers
from customers.identification.identify import identify
from customers.models import Conversation, Customer, Operation
from customers.profiles.unused import due_customers, remove_in_batches, unused_customers
from tests.support.factories import (
    AliasFactory,
    CustomerFactory,
    FieldFactory,
    ValueFactory,
    WornLabelFactory,
)
from tests.support.operations import SAM, edit, everything, last_operation, linked, undone
from tests.support.staff import staff

pytestmark = pytest.mark.django_db
NUMBER = "+923001234567"


def aged(customer, days):
    Customer.objects.filter(pk=customer.pk).update(created_at=timezone.now() - timedelta(days=days))
    return customer


def anonymous(days=61, **values):
    return aged(CustomerFactory(is_anonymous=True, **values), days)


def first_contact(days=61, number=NUMBER):
    answer = identify("SMS", number, caller=SAM)
    return aged(Customer.objects.get(public_id=answer["customer"]["_id"]), days)


def removed():
    return sum(remove_unused_customers())


def test_an_unused_first_contact_is_removed_after_sixty_days():
    old, young = first_contact(61), first_contact(59, "+923007654321")

    assert removed() == 1

    assert [*Customer.objects.all()] == [young]
    operation = last_operation()
    assert (operation.kind, operation.actor) == ("delete", "removal of unused customers")
    assert operation.reason == "Anonymous, without conversations and edits for 60 days."
    assert [*operation.customers.values_list("public_id", flat=True)] == [old.public_id]


def test_a_removal_can_be_undone_and_is_not_repeated():
    first_contact()
    before = everything()
    removed()

    undone()

    assert everything() == before
    assert removed() == 0


def test_whatever_was_used_or_edited_stays():
    linked("c1", anonymous())
    WornLabelFactory(customer=anonymous())
    AliasFactory(customer=anonymous())
    ValueFactory(customer=anonymous(), field=FieldFactory(key="city"), text="Ulm")
    aged(CustomerFactory(first_name="Amina"), 61)
    labelled = anonymous()
    edit(labelled, firstName="Kamal")
    identify("SMS", "anonymous", caller=SAM)
    Customer.objects.filter(placeholder_for__isnull=False).update(
        created_at=timezone.now() - timedelta(days=99)
    )
    count = Customer.objects.count()

    assert removed() == 0
    assert Customer.objects.count() == count


def test_defaults_of_required_fields_are_no_edits():
    field = FieldFactory(key="city", is_required=True, default_value="Ulm")
    contact = first_contact()

    assert [*contact.values.values_list("field_id", "text")] == [(field.pk, "Ulm")]
    assert [*due_customers(timezone.now())] == [contact]


def test_zero_days_keep_everything(settings):
    settings.UNUSED_CUSTOMER_DAYS = 0
    first_contact(1000)

    assert (removed(), unused_customers().count()) == (0, 1)


def test_a_batch_at_a_time_is_removed(monkeypatch):
    monkeypatch.setattr("customers.profiles.unused.BATCH", 2)
    for _ in range(5):
        anonymous()

    assert [*remove_in_batches(timezone.now())] == [2, 2, 1]
    assert Operation.objects.count() == 3


def test_a_customer_that_is_used_before_its_batch_begins_stays():
    contact = first_contact()
    steps = remove_in_batches(timezone.now())
    linked("c1", contact)

    assert sum(steps) == 0
    assert Conversation.objects.get().customer == contact


def test_the_home_page_counts_the_unused_and_leads_to_them():
    young, old = first_contact(1), first_contact(61, "+923007654321")
    removed()
    client = staff("Supervisor")

    tile = {t.title: t for t in client.get("/admin/").context["tiles"]}["Unused anonymous"]

    assert (tile.number, tile.note) == ("1", "removed when 60 days old; 1 removed in 30 days")
    found = client.get(tile.link).context["cl"].result_list
    assert [customer.public_id for customer in found] == [young.public_id]
    assert old.public_id != young.public_id
