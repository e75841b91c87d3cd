import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Conversation, Customer
from schema_builder.editing import change_field
from schema_builder.models import ChannelType, FieldDefinition
from schema_builder.phones import INTERNATIONAL
from schema_builder.versions import touch_schema
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    field_of,
)
from tests.support.staff import errors_of, sent, staff

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"
ADD = f"{LIST}add/"
LOOK = ["customers.view_customer", "customers.view_channelidentity", "customers.view_conversation"]
TOUCH = [*LOOK, "customers.change_customer", "customers.change_channelidentity"]


def url_of(customer, page="change"):
    return f"{LIST}{customer.pk}/{page}/"


def mark_pii(*keys):
    FieldDefinition.objects.filter(key__in=keys).update(is_pii=True)
    touch_schema()


def test_supervisor_creates_a_customer():
    FieldFactory(key="city", section="Home")
    gold = LabelFactory(name="Gold")
    client = staff("Supervisor")

    response = client.post(
        ADD,
        {
            "firstName": "Amal",
            "phoneNumber": "+92 300 1234567\r\n+92 300 7654321",
            "city": "Lahore",
            "labels": [gold.pk],
        },
    )

    assert response.status_code == 302
    customer = Customer.objects.get()
    assert (customer.first_name, customer.is_anonymous) == ("Amal", False)
    assert [i.match_key for i in customer.identities.order_by("id")] == [
        "+923001234567",
        "+923007654321",
    ]
    assert customer.values.get().text == "Lahore"
    assert [label.name for label in customer.labels.all()] == ["Gold"]
    assert customer.created_by == client.user.get_username()


def test_form_stands_in_schema_order_by_section():
    FieldFactory(key="city", section="Home", sort_order=0)
    customer = CustomerFactory()
    client = staff("Supervisor")

    fieldsets = list(client.get(url_of(customer)).context["adminform"])

    assert [fieldset.name for fieldset in fieldsets] == ["Home", "Details", "Channels", "Record"]
    assert list(fieldsets[2].fields)[:3] == ["phoneNumber", "email", "whatsapp"]


def test_supervisor_changes_what_was_touched_and_nothing_else():
    FieldFactory(key="city")
    customer = CustomerFactory(first_name="Amal")
    identity = IdentityFactory(customer=customer, value="0300 1234567")
    ValueFactory(customer=customer, field=field_of("city"), text="Lahore")
    client = staff("Supervisor")

    response = client.post(url_of(customer), sent(client, url_of(customer), city="Karachi"))

    assert response.status_code == 302
    customer.refresh_from_db()
    assert (customer.version, customer.updated_by) == (1, client.user.get_username())
    assert customer.values.get().text == "Karachi"
    assert customer.identities.get() == identity
    assert customer.identities.get().value == "0300 1234567"


def test_save_that_changes_nothing_leaves_the_version():
    customer = CustomerFactory()
    IdentityFactory(customer=customer)
    client = staff("Supervisor")

    client.post(url_of(customer), sent(client, url_of(customer)))

    customer.refresh_from_db()
    assert customer.version == 0


def test_stale_form_is_refused():
    customer = CustomerFactory(first_name="Amal")
    client = staff("Supervisor")
    values = sent(client, url_of(customer), firstName="Late")
    Customer.objects.filter(pk=customer.pk).update(version=1)

    response = client.post(url_of(customer), values)

    assert errors_of(response)["__all__"] == [
        "This customer was changed while you had it open, so nothing was saved. "
        "Open it again to see the change, then make yours."
    ]
    customer.refresh_from_db()
    assert (customer.first_name, customer.version) == ("Amal", 1)


def test_refusals_land_at_their_fields():
    FieldFactory(key="age", type="number", max_value=150)
    customer = CustomerFactory()
    client = staff("Supervisor")

    response = client.post(
        url_of(customer),
        sent(client, url_of(customer), age="151", phoneNumber="nonsense", firstName=""),
    )

    assert errors_of(response) == {
        "age": ["Ensure this value is less than or equal to 150."],
        "phoneNumber": [f'Not a phone number: it holds the letters "nonsense". {INTERNATIONAL}'],
        "firstName": ["This field is required."],
    }
    customer.refresh_from_db()
    assert customer.version == 0


def test_second_anonymous_holder_is_refused_with_a_message():
    IdentityFactory(
        customer=CustomerFactory(first_name="Jane Doe", is_anonymous=True), value="+923001234567"
    )
    client = staff("Supervisor")

    response = client.post(
        ADD, {"firstName": "Jane Doe", "phoneNumber": "+923001234567"}, follow=True
    )

    (message,) = response.context["messages"]
    assert str(message).startswith("Nothing was saved. An anonymous customer with one of these")
    assert Customer.objects.count() == 1


def converse(customer, identifier="+923001234567", conversation_id="c-1", channel="SMS"):
    return Conversation.objects.create(
        conversation_id=conversation_id,
        customer=customer,
        channel_type=ChannelType.objects.get(name=channel),
        identifier=identifier,
    )


def test_page_masks_everything_from_who_may_not_see_personal_data():
    mark_pii("firstName", "phoneNumber")
    FieldFactory(key="iban", is_pii=True)
    customer = CustomerFactory(first_name="Amalthea")
    IdentityFactory(customer=customer, value="+923001234567")
    ValueFactory(customer=customer, field=field_of("iban"), text="PK36SCBL0000001123456702")
    converse(customer)
    pages = [
        client.get(url_of(customer, page)).content.decode()
        for client in (staff(may=LOOK), staff(may=[*TOUCH, "customers.delete_customer"]))
        for page in ("change", "history", "delete")
        if page != "delete" or client.user.has_perm("customers.delete_customer")
    ]

    assert len(pages) == 5
    for page in pages:
        assert "Amalthea" not in page
        assert "3001234567" not in page
        assert "SCBL" not in page


def test_page_hides_identifiers_of_channels_whose_field_is_not_active():
    change_field(field_of("email"), may_clear_pii=False, is_pii=True, is_active=False)
    customer = CustomerFactory()
    converse(customer, identifier="amal@example.com", channel="EMAIL")

    hidden = staff(may=LOOK).get(url_of(customer)).content.decode()
    shown = staff(may=[*LOOK, "customers.view_pii"]).get(url_of(customer)).content.decode()

    assert "amal@" not in hidden
    assert "amal@example.com" in shown


def test_page_shows_everything_to_who_may():
    mark_pii("firstName", "phoneNumber")
    customer = CustomerFactory(first_name="Amalthea")
    IdentityFactory(customer=customer, value="+923001234567")
    client = staff(may=[*LOOK, "customers.view_pii"])

    page = client.get(url_of(customer)).content.decode()

    assert "Amalthea" in page
    assert "+923001234567" in page


def test_masked_values_survive_a_save():
    mark_pii("firstName", "phoneNumber")
    FieldFactory(key="iban", is_pii=True)
    FieldFactory(key="city")
    customer = CustomerFactory(first_name="Amalthea")
    IdentityFactory(customer=customer, value="+923001234567")
    ValueFactory(customer=customer, field=field_of("iban"), text="PK36SCBL0000001123456702")
    client = staff(may=TOUCH)

    response = client.post(url_of(customer), sent(client, url_of(customer), city="Lahore"))

    assert response.status_code == 302
    customer.refresh_from_db()
    assert customer.first_name == "Amalthea"
    assert customer.identities.get().value == "+923001234567"
    values = {value.field.key: value.text for value in customer.values.all()}
    assert values == {"iban": "PK36SCBL0000001123456702", "city": "Lahore"}


def test_history_holds_names_of_fields_and_no_values():
    FieldFactory(key="city", label="City")
    customer = CustomerFactory(first_name="Amalthea")
    IdentityFactory(customer=customer, value="+923001234567")
    client = staff("Supervisor")

    client.post(
        url_of(customer),
        sent(client, url_of(customer), city="Lahore", **{"identities-0-is_shared": "on"}),
    )
    client.post(url_of(customer, "delete"), {"post": "yes"})

    entries = list(LogEntry.objects.order_by("id"))
    assert entries[0].get_change_message().startswith("Changed City.")
    assert [entry.object_repr for entry in entries] == [customer.public_id] * 2
    kept = str([entry.__dict__ for entry in entries])
    assert not any(text in kept for text in ("Lahore", "Amalthea", "3001234567"))


def test_page_leads_to_the_agent_page():
    customer = CustomerFactory()
    client = staff("Supervisor")

    page = client.get(url_of(customer)).content.decode()

    assert f'href="{customer.get_absolute_url()}"' in page


def test_conversations_are_read_only():
    customer = CustomerFactory()
    converse(customer, identifier="+923001234567")
    client = staff("Supervisor")

    inline = client.get(url_of(customer)).context["inline_admin_formsets"][1]

    assert not inline.has_add_permission
    assert not inline.has_change_permission
    assert not inline.has_delete_permission


@pytest.mark.parametrize("count", [1, 3])
def test_page_costs_the_same_for_more_rows(count):
    customer = CustomerFactory()
    for number in range(count):
        IdentityFactory(customer=customer)
        converse(customer, conversation_id=f"c-{number}")
    client = staff("Supervisor")
    client.get(url_of(customer))

    with CaptureQueriesContext(connection) as queries:
        client.get(url_of(customer))

    assert len(queries) == 20
