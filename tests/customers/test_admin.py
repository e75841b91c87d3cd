import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.listing import COUNT_LIMIT
from customers.models import AttributeValue, ChannelIdentity, Conversation, Customer
from customers.models.identity import Trust
from schema_builder.editing import touch_schema
from schema_builder.models import ChannelType, FieldDefinition
from tests.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    WornLabelFactory,
    field_of,
)
from tests.staff import errors_of, staff

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"
ADD = f"{LIST}add/"
LOOK = ["customers.view_customer", "customers.view_channelidentity", "customers.view_conversation"]
TOUCH = [*LOOK, "customers.change_customer", "customers.change_channelidentity"]


def url_of(customer, page="change"):
    return f"{LIST}{customer.pk}/{page}/"


def sent(client, customer, **values):
    """The form of a customer as its page shows it, with `values` over it."""
    context = client.get(url_of(customer)).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    found = {}
    for form in forms:
        for bound in form:
            shown = bound.value()
            if bound.field.show_hidden_initial:
                found[bound.html_initial_name] = shown
            if isinstance(shown, list) and bound.field.__class__.__name__ == "IdentifiersField":
                found[bound.html_name] = "\n".join(shown)
            elif shown is not None and shown is not False:
                found[bound.html_name] = shown
    return found | values


def mark_pii(*keys):
    FieldDefinition.objects.filter(key__in=keys).update(is_pii=True)
    touch_schema()


def found_names(response):
    return {customer.first_name for customer in response.context["cl"].result_list}


def test_list_is_refused_without_permission():
    response = staff().get(LIST)

    assert response.status_code == 403


def test_list_shows_identifiers_in_schema_order_and_labels_by_weight():
    customer = CustomerFactory(first_name="Amal")
    IdentityFactory(customer=customer, of="email", value="amal@example.com")
    IdentityFactory(customer=customer, of="phoneNumber", value="+923001234567")
    IdentityFactory(customer=customer, of="web", value="third")
    for name, priority in [("Low", 1), ("High", 9)]:
        WornLabelFactory(customer=customer, label=LabelFactory(name=name, priority=priority))
    client = staff("Supervisor")

    (row,) = client.get(LIST).context["cl"].result_list

    assert row.shown.name == "Amal"
    assert [text for _, text in row.shown.identifiers] == ["+923001234567", "amal@example.com"]
    assert row.shown.more_identifiers == 1
    assert [label.name for label in row.shown.labels] == ["High", "Low"]


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_for_more_customers(count, django_assert_num_queries):
    for _ in range(count):
        customer = CustomerFactory()
        IdentityFactory(customer=customer)
        IdentityFactory(customer=customer, of="email", value="a@example.com")
        WornLabelFactory(customer=customer)
    client = staff("Supervisor")
    client.get(LIST)

    with django_assert_num_queries(11):
        response = client.get(LIST)

    assert response.context["cl"].result_count == count


def test_list_counts_no_further_than_anybody_pages():
    client = staff("Supervisor")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(LIST)

    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert counts
    assert all(f"LIMIT {COUNT_LIMIT}" in sql for sql in counts)


@pytest.mark.parametrize(
    "query", ["amal", "AMAL", "0300 1234567", "+92 (300) 123-4567", "00923001234567", "ID"]
)
def test_search_finds_in_any_notation(query):
    customer = CustomerFactory(first_name="Amal")
    IdentityFactory(customer=customer, value="+923001234567")
    CustomerFactory(first_name="Somebody else")
    client = staff("Supervisor")
    query = query.replace("ID", customer.public_id)

    response = client.get(LIST, {"q": query})

    assert found_names(response) == {"Amal"}


def test_filters_by_label_and_anonymity():
    gold = LabelFactory(name="Gold")
    WornLabelFactory(label=gold, customer=CustomerFactory(first_name="Wearer"))
    CustomerFactory(first_name="Nobody", is_anonymous=True)
    client = staff("Supervisor")

    by_label = client.get(LIST, {"label": gold.public_id})
    by_anonymity = client.get(LIST, {"is_anonymous__exact": "1"})

    assert found_names(by_label) == {"Wearer"}
    assert found_names(by_anonymity) == {"Nobody"}


def test_list_masks_and_hides_order_from_who_may_not_see_personal_data():
    mark_pii("firstName", "email")
    customer = CustomerFactory(first_name="Amalthea")
    IdentityFactory(customer=customer, of="email", value="amalthea@example.com")
    client = staff(may=["customers.view_customer"])

    response = client.get(f"{LIST}?o=1")
    part = client.get(LIST, {"q": "amalth"})
    whole = client.get(LIST, {"q": "amalthea"})

    page = response.content.decode()
    assert "Amalthea" not in page
    assert "amalthea@" not in page
    assert "Ama*****" in page
    assert "sortable column-name" not in page
    assert found_names(part) == set()
    assert found_names(whole) == {"Amalthea"}
    assert b"Amalthea" not in whole.content


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

    response = client.post(url_of(customer), sent(client, customer, city="Karachi"))

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

    client.post(url_of(customer), sent(client, customer))

    customer.refresh_from_db()
    assert customer.version == 0


def test_stale_form_is_refused():
    customer = CustomerFactory(first_name="Amal")
    client = staff("Supervisor")
    values = sent(client, customer, firstName="Late")
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
        url_of(customer), sent(client, customer, age="151", phoneNumber="nonsense", firstName="")
    )

    assert errors_of(response) == {
        "age": ["Ensure this value is less than or equal to 150."],
        "phoneNumber": ["Not a phone number."],
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


def test_identity_is_marked_by_a_supervisor():
    customer = CustomerFactory()
    identity = IdentityFactory(customer=customer)
    client = staff("Supervisor")

    client.post(
        url_of(customer),
        sent(
            client,
            customer,
            **{"identities-0-is_shared": "on", "identities-0-trust": Trust.VERIFIED},
        ),
    )

    identity.refresh_from_db()
    assert (identity.is_shared, identity.is_retired, identity.trust) == (True, False, "verified")
    assert identity.verified_by == client.user.get_username()
    assert identity.verified_at is not None
    customer.refresh_from_db()
    assert customer.version == 1


def test_identity_loses_its_verification():
    customer = CustomerFactory()
    IdentityFactory(customer=customer, trust=Trust.VERIFIED, verified_by="sam")
    client = staff("Supervisor")

    client.post(
        url_of(customer),
        sent(client, customer, **{"identities-0-trust": Trust.SELF_ASSERTED}),
    )

    identity = ChannelIdentity.objects.get()
    assert (identity.trust, identity.verified_at, identity.verified_by) == (
        "self_asserted",
        None,
        "",
    )


@pytest.mark.parametrize("mark", ["is_shared", "is_retired"])
def test_identity_of_an_anonymous_customer_stays_decisive(mark):
    customer = CustomerFactory(first_name="Jane Doe", is_anonymous=True)
    identity = IdentityFactory(customer=customer)
    client = staff("Supervisor")

    response = client.post(
        url_of(customer), sent(client, customer, **{f"identities-0-{mark}": "on"})
    )

    assert response.status_code == 200
    assert b"it is anonymous" in response.content
    identity.refresh_from_db()
    assert not getattr(identity, mark)


def test_identity_marked_and_removed_at_once_is_removed():
    customer = CustomerFactory()
    IdentityFactory(customer=customer)
    client = staff("Supervisor")

    response = client.post(
        url_of(customer),
        sent(client, customer, phoneNumber="", **{"identities-0-is_shared": "on"}),
    )

    assert response.status_code == 302
    assert not ChannelIdentity.objects.exists()


def converse(customer, identifier="+923001234567", conversation_id="c-1"):
    return Conversation.objects.create(
        conversation_id=conversation_id,
        customer=customer,
        channel_type=ChannelType.objects.get(name="SMS"),
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

    response = client.post(url_of(customer), sent(client, customer, city="Lahore"))

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
        sent(client, customer, city="Lahore", **{"identities-0-is_shared": "on"}),
    )
    client.post(url_of(customer, "delete"), {"post": "yes"})

    entries = list(LogEntry.objects.order_by("id"))
    assert entries[0].get_change_message().startswith("Changed City.")
    assert [entry.object_repr for entry in entries] == [customer.public_id] * 2
    kept = str([entry.__dict__ for entry in entries])
    assert not any(text in kept for text in ("Lahore", "Amalthea", "3001234567"))


def test_supervisor_deletes_with_everything():
    customer = CustomerFactory(first_name="Amalthea")
    IdentityFactory(customer=customer)
    ValueFactory(customer=customer)
    client = staff("Supervisor")

    asked = client.get(url_of(customer, "delete")).content.decode()
    client.post(LIST, {"action": "delete_selected", "_selected_action": [customer.pk], "post": "y"})

    assert customer.public_id in asked
    assert not Customer.objects.exists()
    assert not AttributeValue.objects.exists()


def test_agent_deletes_nobody():
    customer = CustomerFactory()
    client = staff("Agent")

    answers = [
        client.post(url_of(customer, "delete"), {"post": "yes"}),
        client.post(LIST, {"action": "delete_selected", "_selected_action": [customer.pk]}),
    ]

    assert answers[0].status_code == 403
    assert Customer.objects.filter(pk=customer.pk).exists()


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

    assert len(queries) == 17


def test_palette_leads_to_the_search_and_names_nobody():
    CustomerFactory(first_name="Amalthea")
    client, other = staff("Supervisor"), staff(may=["labels.view_label"])

    page = client.get("/admin/search/?s=amal&extended").content.decode()
    refused = other.get("/admin/search/?s=amal&extended").content.decode()

    assert f"{LIST}?q=amal" in page
    assert "Amalthea" not in page
    assert LIST not in refused
