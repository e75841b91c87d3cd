import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from access.actors import Actor
from customers.bulk.change import BulkChange, change_customers, delete_customers
from customers.duplicates.queue import refresh_pairs
from customers.identification.identify import identify, identify_for_conversation
from customers.imports.importer import Rules, import_rows
from customers.lists.search import find
from customers.masking import FieldAccess
from customers.models import ChannelIdentity, Conversation, Customer, DuplicatePair
from customers.placeholders import PROTECTED
from schema_builder.editing import save_schema_row
from schema_builder.models import ChannelType, WithoutIdentity
from schema_builder.schema import current_schema
from tests.contract.shapes import refused
from tests.support.factories import CustomerFactory, IdentityFactory, LabelFactory
from tests.support.operations import SAM, edit, linked
from tests.support.staff import staff

pytestmark = pytest.mark.django_db

READER = Actor("reader", "1", frozenset({"customers.view_pii"}))
LOOKUP = "/cim-customer/customers?channelType={}&customerChannelIdentifier={}"
CONFLICT = refused(PROTECTED)
THREADS, ASKS = 40, 5


def asked(channel="CX_VOICE", identifier="anonymous", caller=SAM):
    return identify(channel, identifier, caller=caller)


def asked_for(conversation, channel="CX_VOICE", identifier="anonymous"):
    return identify_for_conversation(channel, identifier, conversation, caller=SAM)


def outcome(answer):
    return answer["identification"]["outcome"]


def customer_of(answer):
    return Customer.objects.get(public_id=answer["customer"]["_id"])


def placeholder(channel="CX_VOICE"):
    return customer_of(asked(channel))


def let_each_be_new(channel="CX_VOICE"):
    row = ChannelType.objects.get(name=channel)
    row.without_identity = WithoutIdentity.NEW_CUSTOMER
    save_schema_row(row)


def test_withheld_calls_get_one_placeholder():
    first, second, third = asked(), asked(), asked()

    assert [outcome(answer) for answer in (first, second, third)] == ["placeholder"] * 3
    assert first["customer"] == second["customer"] == third["customer"]
    assert first["customer"]["firstName"] == "Withheld caller, Voice"
    assert (first["customer"]["isAnonymous"], first["customer"]["phoneNumber"]) == (True, [])
    assert (first["customerSuggestions"], first["identification"]["matchedBy"]) == ([], None)
    assert (Customer.objects.count(), ChannelIdentity.objects.count()) == (1, 0)


def test_each_channel_type_has_a_placeholder_of_its_own():
    names = {asked(channel)["customer"]["firstName"] for channel in ("CX_VOICE", "SMS", "WEB")}

    assert names == {"Withheld caller, Voice", "Withheld caller, SMS", "Withheld caller, Web chat"}


def test_a_channel_type_without_a_field_gets_a_placeholder():
    save_schema_row(ChannelType(name="PIGEON", label="Pigeon"))

    first, second = asked("PIGEON", "coo-1"), asked("PIGEON", "coo-2")

    assert first["customer"] == second["customer"]
    assert first["customer"]["firstName"] == "Withheld caller, Pigeon"
    assert first["identification"]["reason"].startswith("No identifier field serves PIGEON")


def test_the_channel_type_may_choose_a_new_customer_for_each_contact():
    let_each_be_new()

    first, second = asked(), asked()

    assert (outcome(first), outcome(second)) == ("created", "created")
    assert first["customer"]["_id"] != second["customer"]["_id"]
    assert first["customer"]["firstName"] == "Jane Doe"


def test_a_reader_gets_the_placeholder_but_creates_none():
    with pytest.raises(PermissionDenied):
        asked(caller=READER)
    assert not Customer.objects.exists()

    made = asked()

    assert asked(caller=READER)["customer"]["_id"] == made["customer"]["_id"]


@pytest.mark.parametrize("each_is_new", [False, True])
def test_a_conversation_keeps_a_customer_of_its_own(each_is_new):
    if each_is_new:
        let_each_be_new()

    first, again, other = asked_for("c1"), asked_for("c1"), asked_for("c2")

    assert [outcome(answer) for answer in (first, again, other)] == [
        "created",
        "anonymous",
        "created",
    ]
    assert first["customer"] == again["customer"]
    assert other["customer"]["_id"] != first["customer"]["_id"]
    assert first["customer"]["firstName"] == "Jane Doe"
    assert again["conversation"] == {
        "conversationId": "c1",
        "customerId": first["customer"]["_id"],
    }
    assert Customer.objects.filter(placeholder_for__isnull=False).count() == 0


def test_a_caller_who_was_named_in_a_conversation_is_known_in_it_alone():
    first = asked_for("c1")
    edit(customer_of(first), firstName="Kamal")

    again, other = asked_for("c1"), asked_for("c2")

    assert (outcome(again), again["customer"]["firstName"]) == ("matched", "Kamal")
    assert again["identification"]["matchedBy"] is None
    assert (outcome(other), other["customer"]["firstName"]) == ("created", "Jane Doe")
    assert asked()["customer"]["firstName"] == "Withheld caller, Voice"


def test_withheld_calls_at_once_create_one_placeholder(in_threads):
    found = in_threads(lambda _: [asked() for _ in range(ASKS)], THREADS)

    assert [answers for answers in found if isinstance(answers, Exception)] == []
    answers = [answer for some in found for answer in some]
    assert len(answers) == THREADS * ASKS
    assert all(answer == answers[0] for answer in answers)
    assert Customer.objects.count() == 1


def test_lookups_of_one_conversation_at_once_create_one_customer(in_threads):
    found = in_threads(lambda _: [asked_for("c1") for _ in range(ASKS)], THREADS)

    assert [answers for answers in found if isinstance(answers, Exception)] == []
    answers = [answer for some in found for answer in some]
    outcomes = [outcome(answer) for answer in answers]
    assert (outcomes.count("created"), outcomes.count("anonymous")) == (1, THREADS * ASKS - 1)
    assert all(answer["customer"] == answers[0]["customer"] for answer in answers)
    assert (Customer.objects.count(), Conversation.objects.count()) == (1, 1)


def test_the_database_refuses_to_edit_a_placeholder():
    row = Customer.objects.filter(pk=placeholder().pk)

    for change in ({"is_anonymous": False}, {"version": 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**change)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("put", "/cim-customer/customers/{id}", {"firstName": "Kamal"}),
        ("delete", "/cim-customer/customers/{id}", None),
        ("post", "/api/customers/{id}/merge", {"duplicates": ["{other}"]}),
        ("post", "/api/customers/{other}/merge", {"duplicates": ["{id}"]}),
        ("post", "/api/customers/{id}/split", {"conversations": ["c1"]}),
        ("post", "/api/conversations/c1/relink", {"target": "{id}"}),
        ("put", "/api/conversations/c2", {"customerId": "{id}", "channelType": "CX_VOICE"}),
        (
            "post",
            "/api/customers/{id}/identities/claim",
            {"field": "phoneNumber", "identifier": "+923001234567"},
        ),
        ("post", "/api/customers/{id}/notSame", {"other": "{other}"}),
    ],
)
def test_every_write_to_a_placeholder_is_refused(supervisor, method, path, body):
    row, other = placeholder(), CustomerFactory()
    linked("c1", other)

    def filled(value):
        if isinstance(value, dict):
            return {key: filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [filled(item) for item in value]
        return value.replace("{id}", row.public_id).replace("{other}", other.public_id)

    response = getattr(supervisor, method)(filled(path), body and filled(body), format="json")

    assert (response.status_code, response.json()) == (409, CONFLICT)
    assert Customer.objects.get(pk=row.pk).version == 0
    assert Customer.objects.count() == 2


def test_bulk_actions_leave_a_placeholder_alone():
    row, other = placeholder(), CustomerFactory()
    ids = [row.public_id, other.public_id]
    label = LabelFactory()

    changed = change_customers(ids, BulkChange(add=[label.public_id]), caller=SAM)
    deleted = delete_customers(ids, caller=SAM)

    refusal = {row.public_id: {"_id": [PROTECTED]}}
    assert (changed.changed, changed.refused) == ([other.public_id], refusal)
    assert (deleted.changed, deleted.refused) == ([other.public_id], refusal)
    assert [*Customer.objects.all()] == [row]


def test_an_import_refuses_to_change_a_placeholder():
    row = placeholder()
    cells = [row.public_id, "Kamal", "+923001234567"]

    outcome = import_rows([(2, cells)], Rules(["_id", "firstName", "phoneNumber"]), caller=SAM)

    assert [refusal.problems for refusal in outcome.refused] == [{"row": [PROTECTED]}]
    assert not ChannelIdentity.objects.exists()


def test_an_import_takes_an_unchanged_placeholder_back():
    row = placeholder()

    outcome = import_rows(
        [(2, [row.public_id, row.first_name])], Rules(["_id", "firstName"]), caller=SAM
    )

    assert (outcome.unchanged, outcome.refused) == (1, [])


def test_a_placeholder_is_neither_found_by_name_nor_a_duplicate():
    rows = [placeholder(channel) for channel in ("CX_VOICE", "SMS")]

    refresh_pairs([row.pk for row in rows])

    assert find("Withheld caller", current_schema(), FieldAccess(SAM)) == []
    assert not DuplicatePair.objects.exists()


def test_the_page_of_a_placeholder_offers_no_changes():
    row, client = placeholder(), staff("Supervisor")

    page = client.get(row.get_absolute_url())
    admin = client.get(f"/admin/customers/customer/{row.pk}/change/")
    edit_page = client.post(f"{row.get_absolute_url()}/edit", {"firstName": "Kamal", "__v": "0"})

    assert "stands for every contact on Voice" in page.text
    assert "<form" not in page.text.partition("<article")[2].partition("</article>")[0]
    assert (admin.status_code, b'name="firstName"' in admin.content) == (200, False)
    assert edit_page.status_code == 409
    assert Customer.objects.get(pk=row.pk).first_name == "Withheld caller, Voice"


def test_a_channel_type_takes_its_placeholder_along():
    save_schema_row(ChannelType(name="PIGEON", label="Pigeon"))
    asked("PIGEON", "coo")
    channel = ChannelType.objects.get(name="PIGEON")

    staff("Supervisor").post(
        f"/admin/schema_builder/channeltype/{channel.pk}/delete/", {"post": "yes"}
    )

    assert not ChannelType.objects.filter(name="PIGEON").exists()
    assert not Customer.objects.exists()


def test_the_api_answers_the_placeholder(write_token):
    responses = [write_token.get(LOOKUP.format("CX_VOICE", "anonymous")) for _ in range(2)]

    assert [response.status_code for response in responses] == [200, 200]
    assert responses[0].json() == responses[1].json()


@pytest.mark.parametrize("conversation", ["", "%20", "%E2%80%8B", "%C2%AD%20"])
def test_a_conversation_id_that_shows_nothing_is_refused(write_token, conversation):
    IdentityFactory(value="+923001234567")
    lookup = LOOKUP.format("CX_VOICE", "%2B923001234567") + f"&conversationId={conversation}"

    response = write_token.get(lookup)

    assert response.status_code == 400
    assert response.json()["errors"] == {"conversationId": ["This field may not be blank."]}
    assert not Conversation.objects.exists()
