import pytest

from customers.conversations.relinking import UnknownConversation
from customers.history.descriptions import operations_of
from customers.identification.identify import identify
from customers.locking import CustomerMerged, UnknownCustomer
from customers.models import Conversation, Customer, Operation
from customers.profiles.lifecycle import delete_customer, update_customer
from labels.models import LabelGroup
from tests.customers.test_role_visibility import show
from tests.support.factories import (
    AliasFactory,
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    WornLabelFactory,
    field_of,
)
from tests.support.operations import (
    SAM,
    conversations_of,
    everything,
    identifiers_of,
    labels_of,
    linked,
    merged,
    relinked,
    resolved,
    undone,
    values_of,
)

pytestmark = pytest.mark.django_db
NUMBER = "+923001234567"
OTHER = "+923007654321"
HELD = ("phoneNumber", NUMBER)


@pytest.fixture
def stranger():
    """An anonymous customer who wrote twice."""
    customer = IdentityFactory(value=NUMBER, customer__is_anonymous=True).customer
    linked("now", customer, NUMBER)
    linked("past", customer, NUMBER)
    return customer


@pytest.fixture
def known():
    """An identified customer who wrote twice."""
    customer = IdentityFactory(value=NUMBER).customer
    linked("now", customer, NUMBER)
    linked("past", customer, NUMBER)
    return customer


def exists(customer):
    return Customer.objects.filter(pk=customer.pk).exists()


def entry(value, **more):
    return {"field": field_of("phoneNumber"), "identifier": value, **more}


def test_order_1_identity_added_and_anonymous_absorbed(stranger):
    target = CustomerFactory()

    answer = relinked("now", target, add_identity=True)

    assert answer.moved_conversations == ["now", "past"]
    assert answer.added_identities == [entry(NUMBER)]
    assert answer.dropped_identities == []
    assert answer.deleted_customer == stranger.public_id
    assert identifiers_of(target) == [HELD]
    assert conversations_of(target) == ["now", "past"]
    assert not exists(stranger)
    assert resolved(stranger.public_id) == [target.public_id]


def test_order_2_identity_added_and_identified_kept(known):
    target = CustomerFactory()

    answer = relinked("now", target, add_identity=True)

    assert (answer.moved_conversations, answer.deleted_customer) == (["now"], None)
    assert answer.added_identities == [entry(NUMBER)]
    assert identifiers_of(target) == identifiers_of(known) == [HELD]
    assert (conversations_of(target), conversations_of(known)) == (["now"], ["past"])


def test_order_3_anonymous_with_other_conversations_stays(stranger):
    target = CustomerFactory()

    answer = relinked("now", target)

    assert (answer.moved_conversations, answer.deleted_customer) == (["now"], None)
    assert (identifiers_of(target), identifiers_of(stranger)) == ([], [HELD])
    assert (conversations_of(target), conversations_of(stranger)) == (["now"], ["past"])


def test_order_3_anonymous_without_other_conversations_goes(stranger):
    target = CustomerFactory()
    Conversation.objects.filter(conversation_id="past").delete()

    answer = relinked("now", target)

    assert answer.deleted_customer == stranger.public_id
    assert answer.dropped_identities == [entry(NUMBER, reason="It was not to be added.")]
    assert identifiers_of(target) == []
    assert not exists(stranger)


def test_order_4_only_the_conversation_moves(known):
    target = CustomerFactory()

    answer = relinked("now", target)

    assert (answer.moved_conversations, answer.deleted_customer) == (["now"], None)
    assert answer.added_identities == answer.dropped_identities == []
    assert (identifiers_of(target), identifiers_of(known)) == ([], [HELD])


@pytest.mark.parametrize("move_past", [True, False])
def test_past_conversations_move_as_asked(stranger, move_past):
    target = CustomerFactory()

    answer = relinked("now", target, add_identity=True, move_past_conversations=move_past)

    assert answer.moved_conversations == (["now", "past"] if move_past else ["now"])
    assert exists(stranger) == (not move_past)


def test_an_anonymous_customer_is_kept_where_asked(stranger):
    target = CustomerFactory()

    answer = relinked("now", target, add_identity=True, absorb_anonymous=False)

    assert (answer.moved_conversations, answer.deleted_customer) == (["now", "past"], None)
    assert exists(stranger)
    assert identifiers_of(target) == [HELD]


def test_all_identities_of_an_absorbed_customer_go_along(stranger):
    target = CustomerFactory()
    IdentityFactory(customer=stranger, value=OTHER)

    answer = relinked("now", target, add_identity=True)

    assert answer.added_identities == [entry(NUMBER), entry(OTHER)]
    assert identifiers_of(target) == [HELD, ("phoneNumber", OTHER)]


def test_a_full_field_drops_the_identity_and_says_so(stranger):
    target = CustomerFactory()
    IdentityFactory.create_batch(10, customer=target)

    answer = relinked("now", target, add_identity=True)

    reason = "The customer holds 10 values of this field already."
    assert answer.added_identities == []
    assert answer.dropped_identities == [entry(NUMBER, reason=reason)]
    assert target.identities.count() == 10
    assert answer.deleted_customer == stranger.public_id


def test_an_identity_that_is_there_is_not_added_again(known):
    target = IdentityFactory(value=NUMBER).customer

    answer = relinked("now", target, add_identity=True)

    assert answer.added_identities == answer.dropped_identities == []
    assert identifiers_of(target) == [HELD]


def test_a_retired_identity_comes_back(known):
    target = IdentityFactory(value=NUMBER, is_retired=True).customer

    answer = relinked("now", target, add_identity=True)

    assert answer.added_identities == [entry(NUMBER)]
    assert identifiers_of(target) == [HELD]


@pytest.mark.parametrize("identifier", ["", "unknown", "0000000"])
def test_junk_is_never_added(identifier):
    source, target = CustomerFactory(), CustomerFactory()
    linked("now", source, identifier)

    answer = relinked("now", target, add_identity=True)

    assert answer.added_identities == []
    assert [entry["identifier"] for entry in answer.dropped_identities] == [
        *filter(None, [identifier])
    ]
    assert target.identities.count() == 0


def test_r01_the_history_follows(stranger):
    target = CustomerFactory()

    relinked("now", target, reason="It is the wife.")

    [operation] = operations_of(target)
    assert [operation] == list(operations_of(stranger))
    assert (operation.kind, operation.actor, operation.reason) == (
        "relink",
        "sam",
        "It is the wife.",
    )


def test_r02_the_next_lookup_finds_the_target(stranger):
    target = CustomerFactory()
    relinked("now", target, add_identity=True)

    answer = identify("SMS", NUMBER, caller=SAM)

    assert answer["identification"]["outcome"] == "matched"
    assert answer["customer"]["_id"] == target.public_id


def test_r03_without_the_identity_the_next_lookup_finds_the_source(known):
    relinked("now", CustomerFactory())

    assert identify("SMS", NUMBER, caller=SAM)["customer"]["_id"] == known.public_id


def test_r04_an_identified_third_customer_keeps_its_identity(known):
    third, target = IdentityFactory(value=NUMBER).customer, CustomerFactory()

    relinked("now", target, add_identity=True)

    assert identifiers_of(third) == identifiers_of(target) == [HELD]


def test_r04_an_anonymous_target_takes_the_identity_from_an_anonymous_third():
    source, target = CustomerFactory(), CustomerFactory(is_anonymous=True)
    linked("now", source, NUMBER)
    third = IdentityFactory(value=NUMBER, customer__is_anonymous=True).customer
    before = everything()

    relinked("now", target, add_identity=True)

    assert (identifiers_of(target), identifiers_of(third)) == ([HELD], [])
    assert third.public_id in Operation.objects.get().customers.values_list("public_id", flat=True)
    undone()
    assert everything() == before


def test_r05_the_same_target_writes_nothing(known):
    before = everything()

    answer = relinked("now", known, add_identity=True)

    assert (answer.source, answer.target) == (known.public_id, known.public_id)
    assert (answer.operation, answer.moved_conversations) == (None, [])
    assert everything() == before
    assert not Operation.objects.exists()


def test_r06_a_merged_target_is_refused(known):
    survivor, target = CustomerFactory(), CustomerFactory()
    merged(survivor, target)

    with pytest.raises(CustomerMerged, match=survivor.public_id):
        relinked("now", target)

    assert conversations_of(known) == ["now", "past"]


def test_r07_unknown_ones_are_refused(known):
    before = everything()

    with pytest.raises(UnknownConversation, match=r'There is no conversation "never"\.'):
        relinked("never", CustomerFactory())
    with pytest.raises(UnknownCustomer):
        relinked("now", CustomerFactory.build())

    assert everything().items() >= before.items()
    assert conversations_of(known) == ["now", "past"]


def test_r09_a_borrowed_phone_stays_with_its_owner(known):
    friend = CustomerFactory()

    relinked("now", friend)

    assert (conversations_of(friend), identifiers_of(friend)) == (["now"], [])
    assert identify("SMS", NUMBER, caller=SAM)["customer"]["_id"] == known.public_id


def test_ids_that_led_to_the_absorbed_customer_lead_to_the_target(stranger):
    AliasFactory(customer=stranger, public_id="a" * 24)
    target = CustomerFactory()

    relinked("now", target, add_identity=True)

    assert resolved("a" * 24) == [target.public_id]


@pytest.mark.parametrize("add_identity", [True, False])
@pytest.mark.parametrize("source", ["stranger", "known"])
def test_a_dry_run_shows_exactly_what_will_happen(request, source, add_identity):
    request.getfixturevalue(source)
    target = CustomerFactory()
    before = everything()

    tried = relinked("now", target, add_identity=add_identity, dry_run=True)

    assert (everything(), Operation.objects.count()) == (before, 0)
    done = relinked("now", target, add_identity=add_identity)
    assert done.operation == Operation.objects.get()
    done.operation = None
    assert tried == done


@pytest.mark.parametrize("add_identity", [True, False])
@pytest.mark.parametrize("source", ["stranger", "known"])
def test_an_undo_brings_every_row_back(request, source, add_identity):
    customer = request.getfixturevalue(source)
    ValueFactory(customer=customer)
    target = CustomerFactory()
    before = everything()
    relinked("now", target, add_identity=add_identity)
    after = everything()

    undone()
    assert everything() == before

    undone()
    assert everything() == after


# The published client makes calls of its own: PUT of the target with the identifier, DELETE of
# the anonymous customer. They come before, after, or between ours.


def test_the_clients_own_put_may_come_first(stranger):
    target = CustomerFactory()
    update_customer(target, {"phoneNumber": [NUMBER]}, caller=SAM, partial=True)

    answer = relinked("now", target, add_identity=True)

    assert answer.added_identities == []
    assert answer.deleted_customer == stranger.public_id
    assert identifiers_of(target) == [HELD]


def test_the_clients_own_put_may_come_last(stranger):
    target = CustomerFactory()
    relinked("now", target, add_identity=True)
    operations = Operation.objects.count()

    update_customer(target, {"phoneNumber": [NUMBER]}, caller=SAM, partial=True)

    assert identifiers_of(target) == [HELD]
    assert Operation.objects.count() == operations


def test_the_clients_own_put_to_an_anonymous_target(stranger):
    target = CustomerFactory(is_anonymous=True)
    update_customer(target, {"phoneNumber": [NUMBER]}, caller=SAM, partial=True)

    relinked("now", target, add_identity=True)

    assert identifiers_of(target) == [HELD]
    assert conversations_of(target) == ["now", "past"]


def test_the_clients_own_delete_may_come_last(stranger):
    target = CustomerFactory()
    relinked("now", target, add_identity=True)

    with pytest.raises(CustomerMerged, match=target.public_id):
        delete_customer(stranger, caller=SAM)

    assert exists(target)
    assert conversations_of(target) == ["now", "past"]


@pytest.fixture
def laden(stranger):
    """An anonymous customer of whom something is known."""
    do_not_contact = LabelFactory(name="Do not contact", do_not_contact=["*"])
    silver = LabelFactory(
        name="Silver", group=LabelGroup.objects.create(name="Tier", is_exclusive=True)
    )
    WornLabelFactory(customer=stranger, label=do_not_contact, reason="Asked on the phone.")
    WornLabelFactory(customer=stranger, label=silver)
    for key, text in (("city", "Lahore"), ("street", "Mall Road"), ("income", "5")):
        ValueFactory(customer=stranger, field=FieldFactory(key=key), text=text)
    return stranger


@pytest.fixture
def target(laden):
    """Somebody who has something of it already."""
    customer = CustomerFactory()
    gold = LabelFactory(name="Gold", group=laden.labels.get(name="Silver").group)
    WornLabelFactory(customer=customer, label=gold)
    for key, text in (("city", "Karachi"), ("income", "6")):
        ValueFactory(customer=customer, field=field_of(key), text=text)
    return customer


def test_absorbed_customer_leaves_its_labels_and_values(laden, target):
    before = everything()

    answer = relinked("now", target, add_identity=True)

    assert not exists(laden)
    assert labels_of(target) == ["Do not contact", "Gold"]
    assert values_of(target) == {"city": "Karachi", "income": "6", "street": "Mall Road"}
    assert [(d.label.name, d.kept.name) for d in answer.dropped_labels] == [("Silver", "Gold")]
    assert [(d["field"].key, d["value"]) for d in answer.dropped_values] == [
        ("city", "Lahore"),
        ("income", "5"),
    ]
    undone()
    assert everything() == before


def test_dry_run_of_an_absorption_says_what_is_dropped(laden, target):
    before = everything()

    answer = relinked("now", target, add_identity=True, dry_run=True)

    assert everything() == before
    assert (len(answer.dropped_labels), len(answer.dropped_values)) == (1, 2)


def test_http_names_no_value_of_a_hidden_field(laden, target, agent):
    show("income", Agent="hidden")
    show("city", Agent="masked")

    answer = agent.post(
        "/api/conversations/now/relink",
        {"target": target.public_id, "addIdentity": True, "dryRun": True},
        format="json",
    ).json()

    assert answer["droppedLabels"] == [{"label": "Silver", "kept": "Gold"}]
    [dropped] = answer["droppedValues"]
    assert (dropped["field"], dropped["reason"]) == ("city", "The customer has another value.")
    assert dropped["value"] != "Lahore"


def test_page_says_which_labels_and_values_are_dropped(laden, target, agent):
    show("income", Agent="hidden")

    page = agent.get(f"/link?conversation=now&target={target.public_id}")

    text = page.content.decode()
    assert "<bdi>Silver</bdi> is dropped: it excludes <bdi>Gold</bdi>." in text
    assert "<b><bdi>Lahore</bdi></b> is dropped: The customer has another value." in text
    assert ">5<" not in text


@pytest.mark.parametrize("level", ["read", "masked"])
def test_identity_of_a_locked_field_is_not_added(known, agent, level):
    show("phoneNumber", Agent=level)
    somebody = CustomerFactory()

    answer = agent.post(
        "/api/conversations/now/relink",
        {"target": somebody.public_id, "addIdentity": True},
        format="json",
    ).json()

    assert (answer["addedIdentities"], identifiers_of(somebody)) == ([], [])
    assert [(d["field"], d["reason"]) for d in answer["droppedIdentities"]] == (
        [("phoneNumber", "You may not change this field.")]
    )
    assert conversations_of(somebody) == ["now"]
