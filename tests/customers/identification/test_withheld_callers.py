import pytest

from customers.identification.identify import identify
from customers.identities.ownership import flag_identity, release_identity
from customers.imports.importer import Rules, import_rows
from customers.models import ChannelIdentity, Customer
from schema_builder.models import ChannelType
from schema_builder.versions import touch_schema
from tests.contract.shapes import invalid
from tests.support.factories import CustomerFactory, IdentityFactory
from tests.support.operations import SAM, edit, linked, relinked

pytestmark = pytest.mark.django_db
REASON = '"{}" is not an identifier: channels send it for contacts without an identity.'
WITHHELD = [
    "sip:anonymous@anonymous.invalid",
    '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=x',
    "+266696687",
    "Private Number",
    "(null)",
    "[object Object]",
    "?",
]


def asked(identifier, channel="CX_VOICE"):
    return identify(channel, identifier, caller=SAM)


@pytest.mark.parametrize("identifier", WITHHELD)
def test_a_withheld_call_is_never_matched_to_the_caller_before(identifier):
    first = asked(identifier)
    named = CustomerFactory(first_name="Kamal")
    IdentityFactory(customer=named, value=identifier, match_key=identifier.casefold())

    second = asked(identifier)

    assert first["customer"] == second["customer"]
    assert second["customer"]["firstName"] == "Withheld caller, Voice"
    assert second["identification"]["outcome"] == "placeholder"
    assert second["identification"]["reason"] == (
        "The identifier stands for nobody, so it was neither looked up nor stored."
    )
    assert second["customerSuggestions"] == []
    assert ChannelIdentity.objects.count() == 1


@pytest.mark.parametrize("identifier", WITHHELD)
@pytest.mark.parametrize("key", ["phoneNumber", "email", "web"])
def test_a_withheld_value_is_refused_in_a_body(write_token, key, identifier):
    body = {"firstName": "Kamal", key: [identifier]}
    customer = CustomerFactory()

    post = write_token.post("/cim-customer/customers", body, format="json")
    put = write_token.put(f"/cim-customer/customers/{customer.public_id}", body, format="json")

    assert (post.status_code, put.status_code) == (400, 400)
    assert post.json() == put.json() == invalid(**{key: [REASON.format(identifier)]})
    assert not ChannelIdentity.objects.exists()


def test_a_claim_of_a_withheld_value_is_refused(supervisor):
    customer = CustomerFactory()

    response = supervisor.post(
        f"/api/customers/{customer.public_id}/identities/claim",
        {"field": "phoneNumber", "identifier": "+266696687"},
        format="json",
    )

    assert response.status_code == 400
    assert response.json() == invalid(identifier=[REASON.format("+266696687")])


def test_an_import_refuses_a_withheld_value():
    outcome = import_rows(
        [(2, ["Kamal", "Private Number"])], Rules(["firstName", "phoneNumber"]), caller=SAM
    )

    assert [refusal.problems for refusal in outcome.refused] == [
        {"phoneNumber": [REASON.format("Private Number")]}
    ]
    assert not Customer.objects.exists()


def test_a_relink_drops_withheld_values_with_the_reason():
    source = CustomerFactory(is_anonymous=True)
    IdentityFactory(customer=source, value="Private Number", match_key="private number")
    linked("c1", source, "sip:anonymous@anonymous.invalid", channel="CX_VOICE")
    target = CustomerFactory()

    done = relinked("c1", target, add_identity=True)

    assert [(entry["identifier"], entry["reason"]) for entry in done.dropped_identities] == [
        (value, REASON.format(value))
        for value in ("sip:anonymous@anonymous.invalid", "Private Number")
    ]
    assert (done.added_identities, target.identities.count()) == ([], 0)


def test_a_keypad_word_that_is_a_number_of_the_country_is_a_number():
    ChannelType.objects.filter(name="CX_VOICE").update(default_region="PT")
    touch_schema()

    national, withheld = asked("266696687"), asked("+266696687")

    assert national["identification"]["outcome"] == "created"
    assert withheld["identification"]["outcome"] == "placeholder"


def test_a_stored_withheld_value_may_be_kept_marked_and_removed():
    customer = CustomerFactory(first_name="Kamal")
    place = {"customer_id": customer.public_id, "key": "web", "value": "guest", "caller": SAM}
    IdentityFactory(customer=customer, of="web", value="guest")

    edit(customer, firstName="Kamal Khan", web=["guest"])
    assert customer.identities.count() == 1
    assert flag_identity(**place, marks={"is_shared": True})
    assert release_identity(**place)

    assert customer.identities.count() == 0
