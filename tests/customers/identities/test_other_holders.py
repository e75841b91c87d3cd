"""A second holder of an identifier: named by the API, and decided by the user on pages."""

import re

import pytest

from customers.forms import VERSION
from customers.identification.identify import identify
from customers.identities.ownership import IdentifierTaken, add_identity, claim_identity
from customers.models import ChannelIdentity, Customer
from customers.profiles.identifiers import identifier_in
from customers.profiles.lifecycle import create_customer
from customers.profiles.other_holders import IdentifiersTaken, OnConflict, conflicts_among
from schema_builder.schema import current_schema
from tests.customers.test_role_visibility import show
from tests.support.factories import CustomerFactory, FieldFactory, IdentityFactory
from tests.support.operations import SAM
from tests.support.staff import sent, staff

pytestmark = pytest.mark.django_db
URL = "/cim-customer/customers"
NUMBER, OTHER = "+923001234567", "+923007654321"


@pytest.fixture
def vip(db):
    return IdentityFactory(value=NUMBER, customer__first_name="Vera").customer


def new(number="0092 300 1234567", **values):
    return {"firstName": "Zed", "phoneNumber": [number], **values}


def test_post_names_the_other_holders(agent, vip):
    response = agent.post(URL, new(), format="json")

    assert response.status_code == 201
    assert response.json()["otherHolders"] == [vip.public_id]


def test_post_of_a_free_identifier_answers_as_before(agent, vip):
    assert "otherHolders" not in agent.post(URL, new(OTHER), format="json").json()


def test_what_was_answered_can_be_sent_back(agent, vip):
    created = agent.post(URL, new(), format="json").json()

    response = agent.put(f"{URL}/{created['_id']}", created, format="json")

    assert (response.status_code, response.json()["__v"]) == (200, 0)


def test_refused_post_names_the_holders_and_creates_nothing(agent, vip):
    response = agent.post(f"{URL}?onConflict=refuse", new(), format="json")

    message = f"Other customers have the same Phone number: {vip.public_id}."
    assert (response.status_code, response.json()) == (
        409,
        {"error": {"msg": message}, "msg": message, "otherHolders": [vip.public_id]},
    )
    assert [*Customer.objects.all()] == [vip]


def test_put_names_and_refuses_likewise(agent, vip):
    customer = CustomerFactory()
    url = f"{URL}/{customer.public_id}"

    refused = agent.put(f"{url}?onConflict=refuse", new(), format="json")
    accepted = agent.put(url, new(), format="json")
    again = agent.put(f"{url}?onConflict=refuse", new(firstName="Zoe"), format="json")

    assert (refused.status_code, refused.json()["otherHolders"]) == (409, [vip.public_id])
    assert (accepted.status_code, accepted.json()["otherHolders"]) == (200, [vip.public_id])
    # What the customer has already is no new conflict.
    assert (again.status_code, again.json()["firstName"]) == (200, "Zoe")


@pytest.mark.parametrize("stated", ["", "Refuse", "no"])
def test_other_values_of_the_parameter_are_refused(agent, stated):
    response = agent.post(f"{URL}?onConflict={stated}", new(), format="json")

    assert response.status_code == 400
    assert response.json()["errors"] == {"onConflict": ["Must be accept or refuse."]}


@pytest.mark.parametrize(
    "marks",
    [{"is_shared": True}, {"is_retired": True}, {"customer__is_anonymous": True}],
    ids=["shared", "retired", "anonymous"],
)
def test_holders_that_a_lookup_does_not_find_are_no_conflict(agent, marks):
    IdentityFactory(value=NUMBER, **marks)

    response = agent.post(f"{URL}?onConflict=refuse", new(), format="json")

    assert response.status_code == 201
    assert "otherHolders" not in response.json()


def test_hidden_field_names_no_holders(agent):
    customer = CustomerFactory(first_name="Zed")
    for one in (customer, CustomerFactory()):
        IdentityFactory(customer=one, of="web", value="w-1")
    show("web", Agent="hidden")

    response = agent.put(f"{URL}/{customer.public_id}", {"firstName": "Zoe"}, format="json")

    assert response.status_code == 200
    assert "otherHolders" not in response.json()


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_writes_that_refuse_one_succeeds(in_threads):
    def write(number):
        body = {"firstName": f"Zed {number}", "phoneNumber": [NUMBER]}
        return create_customer(body, caller=SAM, on_conflict=OnConflict.REFUSE)

    answers = in_threads(write, 2)

    assert sorted(isinstance(one, IdentifiersTaken) for one in answers) == [False, True]
    assert ChannelIdentity.objects.count() == 1


def serving_sms(key, type="phonenumber"):
    return FieldFactory(key=key, type=type, is_channel_identifier=True, serves=["SMS"])


@pytest.fixture
def mobile(db):
    """Another field that SMS serves."""
    return serving_sms("mobile")


def in_mobile(number="0092 300 1234567", **values):
    return {"firstName": "Zed", "mobile": [number], **values}


def test_holder_in_another_field_of_the_channel_type_is_named(agent, vip, mobile):
    created = agent.post(URL, in_mobile(), format="json")
    put = agent.put(f"{URL}/{created.json()['_id']}", in_mobile(firstName="Zoe"), format="json")

    assert identify("SMS", NUMBER, caller=SAM)["identification"]["outcome"] == "ambiguous"
    assert (created.status_code, created.json()["otherHolders"]) == (201, [vip.public_id])
    assert (put.status_code, put.json()["otherHolders"]) == (200, [vip.public_id])


def test_holder_in_another_field_of_the_channel_type_is_refused(agent, vip, mobile):
    customer = CustomerFactory()

    posted = agent.post(f"{URL}?onConflict=refuse", in_mobile(), format="json")
    url = f"{URL}/{customer.public_id}?onConflict=refuse"
    put = agent.put(url, in_mobile(), format="json")

    assert (posted.status_code, posted.json()["otherHolders"]) == (409, [vip.public_id])
    assert (put.status_code, put.json()["otherHolders"]) == (409, [vip.public_id])


def test_other_field_reads_the_identifier_by_its_own_type(agent):
    serving_sms("handle", type="string")
    holder = IdentityFactory(value=NUMBER).customer

    body = {"firstName": "Zed", "handle": ["+92 300 1234567"]}
    response = agent.post(URL, body, format="json")

    assert response.json()["otherHolders"] == [holder.public_id]


def test_holder_in_a_field_of_other_channel_types_is_no_conflict(agent):
    IdentityFactory(of="whatsapp", value=NUMBER)

    response = agent.post(f"{URL}?onConflict=refuse", new(), format="json")

    assert response.status_code == 201


def test_conflicts_of_all_identifiers_take_one_statement(vip, mobile, django_assert_num_queries):
    schema = current_schema()
    values = [("phoneNumber", OTHER), ("mobile", NUMBER), ("mobile", OTHER), ("web", "w1")]
    identifiers = [identifier_in(schema.by_key[key], value, schema) for key, value in values]

    with django_assert_num_queries(1):
        conflicts = conflicts_among(identifiers, schema)

    found = [(one.identifier.field.key, one.holders) for one in conflicts]
    assert found == [("mobile", {vip.public_id: vip.pk})]


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_writes_to_fields_of_one_channel_type_one_succeeds(in_threads):
    serving_sms("mobile")

    def write(number):
        body = {"firstName": f"Zed {number}", ("phoneNumber", "mobile")[number]: [NUMBER]}
        return create_customer(body, caller=SAM, on_conflict=OnConflict.REFUSE)

    answers = in_threads(write, 2)

    assert sorted(isinstance(one, IdentifiersTaken) for one in answers) == [False, True]
    assert ChannelIdentity.objects.count() == 1


def seen_on(page):
    """The digest of the conflicts that the page shows."""
    return re.search(r'name="conflict-seen" value="(\w+)"', page.content.decode())[1]


def create_page(agent, **values):
    form = {"firstName": "Zed", "phoneNumber": NUMBER, **values}
    if "conflict" in values:
        form["conflict-seen"] = seen_on(create_page(agent, firstName=form["firstName"]))
    return agent.post("/customers/new", form)


@pytest.fixture
def desk():
    return staff("Supervisor")


def test_new_customer_page_warns_with_the_holders(desk, vip):
    response = create_page(desk)

    page = response.content.decode()
    assert response.status_code == 409
    assert "<b>Not saved yet:</b> other customers have the same Phone number." in page
    assert "<b><bdi>Vera</bdi></b>" in page
    assert f'href="/customers/{vip.public_id}"' in page
    assert f'value="compare-{vip.public_id}"' in page
    assert [*Customer.objects.all()] == [vip]


def test_new_customer_is_created_anyway(desk, vip):
    response = create_page(desk, conflict="keep")

    zed = Customer.objects.get(first_name="Zed")
    assert response.url == f"/customers/{zed.public_id}"
    assert identify("SMS", NUMBER, caller=SAM)["identification"]["outcome"] == "ambiguous"


def test_decision_about_other_conflicts_than_those_shown_does_not_count(desk, vip):
    IdentityFactory(value=OTHER)
    seen = seen_on(create_page(desk))

    form = {"firstName": "Zed", "phoneNumber": OTHER, "conflict": "keep", "conflict-seen": seen}
    response = desk.post("/customers/new", form)

    assert response.status_code == 409
    assert not Customer.objects.filter(first_name="Zed").exists()


def test_new_customer_shares_the_identifier(desk, vip):
    create_page(desk, conflict="share")

    assert set(ChannelIdentity.objects.values_list("is_shared", flat=True)) == {True}
    assert ChannelIdentity.objects.count() == 2


def test_page_warns_of_a_holder_in_another_field_and_shares_both(desk, vip, mobile):
    form = {"firstName": "Zed", "mobile": NUMBER}
    warned = desk.post("/customers/new", form)
    shared = {"conflict": "share", "conflict-seen": seen_on(warned)}
    saved = desk.post("/customers/new", form | shared)

    assert (warned.status_code, saved.status_code) == (409, 302)
    assert f'href="/customers/{vip.public_id}"' in warned.content.decode()
    rows = ChannelIdentity.objects.order_by("field__key")
    assert [*rows.values_list("field__key", "is_shared")] == [
        ("mobile", True),
        ("phoneNumber", True),
    ]


def test_added_identity_that_another_field_has_is_asked_about_and_may_be_claimed(vip, mobile):
    customer = CustomerFactory()
    place = (customer.public_id, "mobile", NUMBER)

    with pytest.raises(IdentifierTaken) as taken:
        add_identity(*place, caller=SAM)
    claim_identity(*place, caller=SAM)

    assert taken.value.owners == {vip.pk}
    answer = identify("SMS", NUMBER, caller=SAM)
    assert answer["identification"]["outcome"] == "matched"
    assert answer["customer"]["_id"] == customer.public_id


def test_new_customer_is_compared_with_the_holder(desk, vip):
    response = create_page(desk, conflict=f"compare-{vip.public_id}")

    zed = Customer.objects.get(first_name="Zed")
    assert response.url == f"/merge?customers={zed.public_id}%2C{vip.public_id}"
    assert desk.get(response.url).status_code == 200


def test_anonymous_customer_is_not_saved_as_shared(desk, vip):
    response = create_page(desk, firstName="Jane Doe", conflict="share")

    assert "Name the customer first: it is anonymous." in response.content.decode()
    assert [*Customer.objects.all()] == [vip]


def edit(desk, customer, *numbers, **values):
    held = [*customer.identities.values_list("value", flat=True)]
    data = {"phoneNumber": [*numbers], "firstName": "Zed", VERSION: customer.version}
    data |= {"initial-firstName": "Zed", "initial-phoneNumber": held}
    return desk.post(f"/customers/{customer.public_id}/edit", data | values)


def test_edit_page_warns_and_saves_as_decided(desk, vip):
    customer = IdentityFactory(value=OTHER, customer__first_name="Zed").customer

    warned = edit(desk, customer, OTHER, NUMBER)
    seen = {"conflict-seen": seen_on(warned)}
    shared = edit(desk, customer, OTHER, NUMBER, conflict="share", **seen)

    assert warned.status_code == 409
    assert "<bdi>Vera</bdi>" in warned.content.decode()
    assert shared.status_code == 302
    rows = ChannelIdentity.objects.order_by("match_key", "id")
    assert [*rows.values_list("value", "is_shared")] == [
        (NUMBER, True),
        (NUMBER, True),
        (OTHER, False),
    ]


def test_conflict_that_was_there_before_is_not_asked_again(desk, vip):
    customer = IdentityFactory(value=NUMBER, customer__first_name="Zed").customer

    response = edit(desk, customer, NUMBER, firstName="Zoe")

    assert response.status_code == 302
    assert Customer.objects.get(pk=customer.pk).first_name == "Zoe"


def test_inline_edit_refuses_and_says_where_to_decide(desk, vip):
    customer = CustomerFactory(first_name="Zed")
    form = {"phoneNumber": NUMBER, "initial-phoneNumber": "", VERSION: 0}

    page = desk.post(
        f"/customers/{customer.public_id}/fields/phoneNumber", form, headers={"HX-Request": "true"}
    )

    assert "Another customer has this already." in page.content.decode()
    assert not customer.identities.exists()


ADD = "/admin/customers/customer/add/"


def test_admin_warns_with_the_holders_and_saves_as_decided(vip):
    client = staff("Supervisor")
    form = {"firstName": "Zed", "phoneNumber": NUMBER}

    response = client.post(ADD, form)
    kept = client.post(ADD, form | {"conflict": "keep", "conflict-seen": seen_on(response)})

    warned = response.content.decode()
    assert f"{NUMBER} also belongs to" in warned
    assert f'href="/customers/{vip.public_id}"><bdi>Vera</bdi>' in warned
    assert '<input type="radio" name="conflict" value="share">' in warned
    assert kept.status_code == 302
    assert Customer.objects.count() == 2


def test_admin_warns_of_a_holder_in_another_field(vip, mobile):
    response = staff("Supervisor").post(ADD, {"firstName": "Zed", "mobile": NUMBER})

    assert f'href="/customers/{vip.public_id}"><bdi>Vera</bdi>' in response.content.decode()
    assert [*Customer.objects.all()] == [vip]


def test_admin_shares_the_identifier_of_an_edited_customer(vip):
    client, customer = staff("Supervisor"), CustomerFactory(first_name="Zed")
    page = f"/admin/customers/customer/{customer.pk}/change/"

    form = sent(client, page, phoneNumber=NUMBER)
    warned = client.post(page, form)
    client.post(page, form | {"conflict": "share", "conflict-seen": seen_on(warned)})

    pair = f"/merge?customers={customer.public_id}%2C{vip.public_id}"
    assert pair in warned.content.decode()
    assert set(ChannelIdentity.objects.values_list("is_shared", flat=True)) == {True}
    assert ChannelIdentity.objects.count() == 2
