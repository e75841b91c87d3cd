import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from access.actors import Actor
from customers.bulk.change import BulkChange, bulk_change, delete_customers
from customers.duplicates.queue import refresh_pairs
from customers.history.recording import content, images
from customers.merging.merge import MergeRequest, merge_customers
from customers.models import ChannelIdentity, Conversation, Customer, DuplicatePair, Operation
from customers.profiles.lifecycle import create_customer, update_customer
from customers.undo.undo import undo
from schema_builder.editing import change_field
from schema_builder.models import ChannelType
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    WornLabelFactory,
    field_of,
)
from tests.support.operations import last_operation, linked, relinked

from .test_profile_and_list import HTMX, logged_in, shown, url_of

pytestmark = pytest.mark.django_db

SAM = Actor(name="sam", user_id="1", is_superuser=True)
PHONE = "+923001234567"


@pytest.fixture
def agent():
    return logged_in("Agent")


@pytest.fixture
def supervisor():
    return logged_in("Supervisor")


@pytest.fixture
def city():
    return FieldFactory(key="city", label="City", section="Personal")


@pytest.fixture
def customer(city):
    body = {"firstName": "Ayesha Khan", "phoneNumber": [PHONE], "city": "Lahore"}
    return create_customer(body, caller=SAM)


@pytest.fixture
def other(city):
    body = {"firstName": "A. Khan", "phoneNumber": [PHONE], "city": "Karachi"}
    return create_customer(body, caller=SAM)


def reader(*rights):
    client = logged_in()
    for right in rights:
        client.user.user_permissions.add(Permission.objects.get(codename=right))
    return client


def converse(customer, number=1, identifier=PHONE):
    return Conversation.objects.create(
        conversation_id=f"c{number}",
        customer=customer,
        channel_type=ChannelType.objects.get(name="VOICE"),
        identifier=identifier,
    )


def everything():
    rows = images(Customer.objects.values_list("pk", flat=True))
    return {place: content(place[0], image) for place, image in rows.items()}


def stream(client, customer, **query):
    return client.get(url_of("customer-activity", customer), query)


def titles(response):
    found = re.findall(r'<span class="told"><bdi>(.*?)</bdi>', response.content.decode())
    return [re.sub(r"&#x27;", "'", title) for title in found]


def offered_undo(response):
    """The address that the undo of a page posts to."""
    return re.search(
        r'class="toast undo" method="post" action="([^"]+)"', response.content.decode()
    )[1]


# Activity


def test_activity_tells_every_operation_in_a_sentence(supervisor, customer, other):
    update_customer(customer, {"city": "Multan"}, caller=SAM, partial=True)
    label = LabelFactory(name="VIP")
    supervisor.post(url_of("customer-label-add", customer), {"label": label.public_id})
    talk = converse(other)
    supervisor.post("/link", {"conversation": talk.conversation_id, "target": customer.public_id})
    merged = merge_customers(MergeRequest(customer.public_id, [other.public_id]), caller=SAM)
    undo(merged.operation, caller=SAM)

    assert titles(stream(supervisor, customer)) == [
        "A. Khan merged in: undone",
        "A. Khan merged in",
        "Conversation moved here from A. Khan",
        "Label VIP put on",
        "City: Lahore → Multan",
    ]
    assert titles(stream(supervisor, other))[-1] == "Conversation moved to Ayesha Khan"
    assert "A. Khan merged in undone sam" in shown(stream(supervisor, customer))


def test_activity_tells_what_bulk_changes_did_to_this_customer(supervisor, customer, other):
    vip = LabelFactory(name="VIP")
    ids = [customer.public_id, other.public_id]
    change = BulkChange(add=[vip.public_id], fields={"city": "Multan"})
    operation = bulk_change(ids, change, caller=SAM).operation
    undo(operation, caller=SAM)
    undo(delete_customers([other.public_id], caller=SAM).operation, caller=SAM)

    assert titles(stream(supervisor, customer)) == [
        "Undone: Label VIP taken off · City: Multan → Lahore",
        "Label VIP put on · City: Lahore → Multan",
    ]
    assert titles(stream(supervisor, other)) == [
        "Deleted: undone",
        "Deleted",
        "Undone: Label VIP taken off · City: Multan → Karachi",
        "Label VIP put on · City: Karachi → Multan",
    ]
    assert "Karachi" not in shown(stream(supervisor, customer))


def test_revert_of_a_bulk_change_names_the_customers(agent, supervisor, customer, other):
    ids = [customer.public_id, other.public_id]
    operation = bulk_change(ids, BulkChange(fields={"city": "Multan"}), caller=SAM).operation
    url = f"/operations/{operation.public_id}/undo"

    page = shown(supervisor.get(url))

    assert "2 customers: City: Lahore → Multan · City: Karachi → Multan" in page
    assert "City of Ayesha Khan Multan Lahore" in page
    assert "City of A. Khan Multan Karachi" in page
    assert agent.get(url).status_code == 403
    supervisor.post(url, {"back": customer.public_id})
    assert customer.values.get().text == "Lahore"


def test_activity_tells_marks_splits_and_identities(supervisor, customer):
    identity = customer.identities.get()
    mark = url_of("identity-mark", customer, identity.pk)
    for name in ("shared", "primary", "verified", "retired"):
        supervisor.post(mark, {"mark": name})
    supervisor.post(mark, {"mark": "retired"})
    update_customer(customer, {"phoneNumber": [PHONE, "+923217654321"]}, caller=SAM, partial=True)
    number = customer.identities.get(match_key="+923217654321")
    data = {"identity": number.pk, "name": "Omar", "do": "split"}
    supervisor.post(url_of("customer-split", customer), data)

    assert titles(stream(supervisor, customer)) == [
        "Omar split off",
        "Phone number +923217654321 added",
        f"Phone number {PHONE} in use again",
        f"Phone number {PHONE} retired",
        f"Phone number {PHONE} verified",
        f"Phone number {PHONE} primary",
        f"Phone number {PHONE} shared",
    ]
    omar = Customer.objects.get(first_name="Omar")
    assert titles(stream(supervisor, omar)) == ["Split off from another customer"]


def test_activity_masks_personal_data(agent, supervisor, customer):
    change_field(field_of("city"), may_clear_pii=False, is_pii=True)
    update_customer(customer, {"city": "Faisalabad"}, caller=SAM, partial=True)

    assert "Faisalabad" in shown(stream(supervisor, customer))
    assert "Faisalabad" not in stream(agent, customer).content.decode()
    operation = Operation.objects.get()
    page = agent.get(reverse("customers:operation-undo", args=[operation.public_id]))
    assert "Faisalabad" not in page.content.decode()


def test_activity_needs_its_right(customer):
    viewer = reader("view_customer")

    assert stream(viewer, customer).status_code == 403
    assert "activity-title" not in viewer.get(customer.get_absolute_url()).content.decode()


def test_activity_turns_pages_of_20(agent, customer):
    for number in range(21):
        update_customer(customer, {"city": f"City {number}"}, caller=SAM, partial=True)

    first, second = stream(agent, customer), stream(agent, customer, page="2")

    assert (len(titles(first)), len(titles(second))) == (20, 1)
    assert "Show older" in shown(first)
    assert "Added by sam" in shown(second)
    assert stream(agent, customer, page="²").status_code == 200


@pytest.mark.parametrize("operations", [1, 3])
def test_activity_costs_the_same_for_one_and_for_many(
    agent, customer, operations, django_assert_num_queries
):
    for number in range(operations):
        update_customer(customer, {"city": f"City {number}"}, caller=SAM, partial=True)
    stream(agent, customer)

    # Session, user and permissions are four of them.
    with django_assert_num_queries(14):
        response = stream(agent, customer)

    assert len(titles(response)) == operations


def test_activity_names_options_as_people_know_them(agent, customer):
    options = [{"value": "a_b", "label": "Small business"}]
    FieldFactory(key="segment", label="Segment", type="choice", options=options)
    FieldFactory(key="news", label="News", type="boolean")
    for change in ({"segment": "a_b"}, {"news": True}):
        update_customer(customer, change, caller=SAM, partial=True)

    assert titles(stream(agent, customer)) == ["News: — → Yes", "Segment: — → Small business"]


# Revert


def test_revert_says_what_will_be_written_and_writes_nothing(agent, customer):
    update_customer(customer, {"city": "Multan"}, caller=SAM, partial=True)
    before = everything()
    [operation] = Operation.objects.all()

    page = agent.get(reverse("customers:operation-undo", args=[operation.public_id]))

    assert "City Multan Lahore" in shown(page)
    assert everything() == before
    assert Operation.objects.count() == 1


def test_revert_takes_back_and_offers_to_do_it_again(agent, customer):
    update_customer(customer, {"city": "Multan"}, caller=SAM, partial=True)
    [operation] = Operation.objects.all()
    url = reverse("customers:operation-undo", args=[operation.public_id])

    page = agent.post(url, {"back": customer.public_id, "reason": "mistyped"}, follow=True)
    assert (page.redirect_chain[-1][0], customer.values.get().text) == (
        customer.get_absolute_url(),
        "Lahore",
    )
    assert agent.post(url).status_code == agent.get(url).status_code == 409
    agent.post(offered_undo(page))

    assert customer.values.get().text == "Multan"
    assert titles(stream(agent, customer)) == [
        "Done again: City: Lahore → Multan",
        "Undone: City: Multan → Lahore",
        "City: Lahore → Multan",
    ]
    assert "“ mistyped ”" in shown(stream(agent, customer))


def test_revert_names_collisions_and_undoes_the_rest(agent, customer):
    FieldFactory(key="street", label="Street")
    update_customer(customer, {"city": "Multan", "street": "Mall"}, caller=SAM, partial=True)
    update_customer(customer, {"city": "Quetta"}, caller=SAM, partial=True)
    operation = Operation.objects.order_by("id").first()
    url = reverse("customers:operation-undo", args=[operation.public_id])

    refused = agent.post(url)
    assert refused.status_code == 409
    assert "The value was changed again since." in shown(refused)
    assert "Undo the rest" in shown(agent.get(url))
    assert operation.changes.count() == 3
    page = agent.post(url, {"rest": "1"}, follow=True)

    assert "The rest is undone." in shown(page)
    assert dict(customer.values.values_list("field__key", "text")) == {"city": "Quetta"}


def test_revert_of_which_nothing_is_left_is_not_offered(agent, customer):
    update_customer(customer, {"city": "Multan"}, caller=SAM, partial=True)
    update_customer(customer, {"city": "Quetta"}, caller=SAM, partial=True)
    operation = Operation.objects.order_by("id").first()

    page = shown(agent.get(reverse("customers:operation-undo", args=[operation.public_id])))

    assert "The value was changed again since." in page
    assert "the rest" not in page


@pytest.mark.parametrize(
    ("later", "line"),
    [
        (["Quetta"], "City Quetta stays The value was changed again since."),
        ([""], "City — stays The value was removed since."),
        # Another row by now.
        (["", "Quetta"], "City Quetta stays The value was removed since."),
    ],
)
def test_revert_says_of_what_stays_what_it_is_today(agent, customer, later, line):
    for city in ("Multan", *later):
        update_customer(customer, {"city": city}, caller=SAM, partial=True)
    operation = Operation.objects.order_by("id").first()

    page = agent.get(reverse("customers:operation-undo", args=[operation.public_id]))

    assert line in shown(page)


def test_revert_says_who_has_by_now_what_stays(supervisor, customer, other):
    third = create_customer({"firstName": "Third"}, caller=SAM)
    linked("c1", customer, PHONE)
    relinked("c1", other)
    operation = last_operation()
    relinked("c1", third)

    page = supervisor.get(reverse("customers:operation-undo", args=[operation.public_id]))

    assert "Conversation c1 of somebody else stays" in shown(page)


def test_revert_needs_the_right_to_do_it(agent, supervisor, customer, other):
    merged = merge_customers(MergeRequest(customer.public_id, [other.public_id]), caller=SAM)
    url = reverse("customers:operation-undo", args=[merged.operation.public_id])

    assert agent.post(url).status_code == agent.get(url).status_code == 403
    assert "Revert" not in shown(stream(agent, customer))
    assert "Revert" in shown(stream(supervisor, customer))
    assert Customer.objects.filter(pk=other.pk).count() == 0


# Link profile


def test_link_looks_first_and_writes_nothing(agent, other, customer):
    anonymous = create_customer({"phoneNumber": ["+923217654321"]}, caller=SAM)
    converse(anonymous, 1, "+923217654321")
    converse(anonymous, 2, "+923217654321")
    before = everything()

    page = agent.get("/link", {"conversation": "c1", "target": customer.public_id})

    words = shown(page)
    assert "2 conversations move to Ayesha Khan ." in words
    assert "Phone number +923217654321 is added." in words
    assert "is removed, for nothing is left" in words
    assert everything() == before
    assert Operation.objects.count() == 0
    alone = agent.get(
        "/link", {"conversation": "c1", "target": customer.public_id, "chosen": "1"}, headers=HTMX
    )
    assert "1 conversation moves, to" not in shown(alone)
    assert "is added" not in shown(alone)
    assert "<html" not in alone.content.decode()


def test_link_moves_and_its_toast_takes_it_back(agent, customer):
    anonymous = create_customer({"phoneNumber": ["+923217654321"]}, caller=SAM)
    converse(anonymous, 1, "+923217654321")
    before = everything()
    data = {"conversation": "c1", "target": customer.public_id, "chosen": "1", "add": "on"}

    page = agent.post("/link", data, follow=True)
    assert page.redirect_chain[-1][0] == customer.get_absolute_url()
    assert "Linked to Ayesha Khan. Undo" in shown(page)
    assert Conversation.objects.get().customer == customer
    assert customer.identities.count() == 2
    assert not Customer.objects.filter(pk=anonymous.pk).exists()
    back = re.search(r'name="back" value="(\w+)"', page.content.decode())[1]
    page = agent.post(offered_undo(page), {"back": back}, follow=True)

    assert page.redirect_chain[-1][0] == anonymous.get_absolute_url()
    assert everything() == before


def test_link_suggests_who_has_the_identifier_and_finds_others(agent, customer):
    stranger = CustomerFactory(first_name="Omar")
    converse(stranger)

    first = agent.get("/link?conversation=c1")
    found = agent.get("/link?conversation=c1&q=ayesha", headers=HTMX)
    nobody = agent.get("/link?conversation=c1&q=zzz")

    assert "Known by the same identifier: AK Ayesha Khan" in shown(first)
    assert f"target={customer.public_id}" in found.content.decode()
    assert "Omar" not in shown(found).split("now with Omar")[1]
    assert "Nobody found for “ zzz ”" in shown(nobody)


def test_link_offers_the_identity_only_to_who_lacks_it(agent, customer):
    converse(CustomerFactory())

    page = agent.get("/link", {"conversation": "c1", "target": customer.public_id})

    assert "Add the identity" not in shown(page)


@pytest.mark.parametrize(
    "query",
    ["conversation=none", "conversation=c1&target=" + "a" * 24, "", "conversation=c1&target=x"],
)
def test_link_of_what_is_not_there_is_not_found(agent, customer, query):
    converse(customer)

    assert agent.get(f"/link?{query}").status_code == 404


def test_link_needs_its_right(customer):
    converse(customer)
    viewer = reader("view_customer", "view_conversation")

    assert viewer.get("/link?conversation=c1").status_code == 403
    assert "/link" not in viewer.get(customer.get_absolute_url()).content.decode()


# Merge


def merge_page(client, *customers, **query):
    ids = ",".join(customer.public_id for customer in customers)
    return client.get("/merge", {"customers": ids} | query)


def merge_form(*customers, **more):
    return {
        "customers": ",".join(customer.public_id for customer in customers),
        "kept": customers[0].public_id,
        "do": "merge",
    } | more


def test_merge_shows_both_sides_and_the_result_and_writes_nothing(supervisor, customer, other):
    WornLabelFactory(customer=other, label=LabelFactory(name="Gold"))
    converse(other)
    before = everything()

    page = merge_page(supervisor, customer, other)

    words = shown(page)
    assert "Kept AK Ayesha Khan since" in words
    assert "Merged in AK A. Khan" in words
    result = words.split("After the merge")[1]
    assert "Ayesha Khan Gold Phone number +923001234567 City Lahore Conversations 1" in result
    assert "Moved in: 0 identities, 0 values, 1 label, 1 conversation." in result
    choices = re.findall(r'name="choice-(\w+)"', page.content.decode())
    assert choices == ["firstName", "firstName", "city", "city"]
    assert everything() == before
    assert Operation.objects.count() == 0


def test_merge_previews_choices_and_keeps_them(supervisor, customer, other):
    data = merge_form(customer, other, do="", **{"choice-city": other.public_id})

    preview = supervisor.post("/merge", data, headers=HTMX)
    assert "City Karachi" in shown(preview)
    assert Customer.objects.filter(pk=other.pk).exists()
    page = supervisor.post("/merge", data | {"do": "merge", "reason": "same person"}, follow=True)

    assert page.redirect_chain[-1][0] == customer.get_absolute_url()
    assert "A. Khan merged into Ayesha Khan. Undo" in shown(page)
    assert customer.values.get().text == "Karachi"
    assert Operation.objects.get().reason == "same person"


def test_merge_toast_takes_it_back(supervisor, customer, other):
    before = everything()

    data = merge_form(customer, other, **{"choice-city": other.public_id})
    page = supervisor.post("/merge", data, follow=True)
    supervisor.post(offered_undo(page), {"back": customer.public_id})

    assert everything() == before


def test_merge_can_keep_the_other_side(supervisor, customer, other):
    assert "Kept AK A. Khan" in shown(merge_page(supervisor, other, customer))
    assert "Kept AK Ayesha Khan" in shown(merge_page(supervisor, customer, other))
    page = merge_page(supervisor, customer, other, kept=other.public_id)

    assert "Kept AK A. Khan" in shown(page)


def test_merge_refuses_what_was_looked_at_before_a_change(supervisor, customer, other):
    stale = {f"version-{other.public_id}": "0"}
    update_customer(other, {"city": "Multan"}, caller=SAM, partial=True)

    page = supervisor.post("/merge", merge_form(customer, other, **stale))

    assert page.status_code == 409
    assert "Somebody was faster." in shown(page)
    assert Customer.objects.filter(pk=other.pk).exists()
    assert f'name="version-{other.public_id}" value="1"' in page.content.decode()


def test_merge_says_why_it_cannot_be(supervisor, customer, other):
    for number in range(10):
        IdentityFactory(customer=other, value=f"+92321765432{number}")

    page = merge_page(supervisor, customer, other)
    refused = supervisor.post("/merge", merge_form(customer, other))

    assert "would hold 11 values; 10 are possible." in shown(page)
    assert refused.status_code == 422
    assert Customer.objects.filter(pk=other.pk).exists()


def test_merge_of_what_is_merged_leads_to_the_survivor(supervisor, customer, other):
    merge_customers(MergeRequest(customer.public_id, [other.public_id]), caller=SAM)

    response = merge_page(supervisor, customer, other)

    assert response.status_code == 302
    assert merge_page(supervisor, CustomerFactory.build(), customer).status_code == 404


def test_merge_hides_personal_data(customer, other):
    change_field(field_of("city"), may_clear_pii=False, is_pii=True)
    merger = reader("view_customer", "merge_customer")

    page = merge_page(merger, customer, other).content.decode()

    assert "Lahore" not in page
    assert "Karachi" not in page


@pytest.mark.parametrize("count", [2, 4])
def test_merge_page_costs_the_same_for_two_and_for_many(
    supervisor, count, city, django_assert_num_queries
):
    customers = [CustomerFactory() for _ in range(count)]
    for customer in customers:
        IdentityFactory(customer=customer)
        WornLabelFactory(customer=customer)
        ValueFactory(customer=customer, field=city, text="Lahore")
        converse(customer, customer.pk)
    merge_page(supervisor, *customers)

    # The merge itself, tried out, is most of them.
    with django_assert_num_queries(62):
        assert merge_page(supervisor, *customers).status_code == 200


def test_merge_with_finds_others(supervisor, customer, other):
    url = url_of("customer-merge-with", customer)

    page = supervisor.get(url, {"q": "khan"}, headers=HTMX)

    assert f"/merge?customers={customer.public_id},{other.public_id}" in page.content.decode()
    assert supervisor.get(url).status_code == 200


# Duplicates


def test_profile_suggests_who_may_be_the_same(agent, supervisor, customer, other):
    refresh_pairs([customer.pk])

    banner = shown(supervisor.get(customer.get_absolute_url()))
    assert "1 possible duplicate 90" in banner
    assert "A. Khan Both have the same Phone number." in banner
    assert "Not the same person" in banner
    assert "Not the same person" not in shown(agent.get(customer.get_absolute_url()))


def test_not_the_same_person_is_remembered(supervisor, customer, other):
    refresh_pairs([customer.pk])
    data = {"one": customer.public_id, "other": other.public_id}

    response = supervisor.post("/duplicates/apart", data)

    assert response.url == customer.get_absolute_url()
    refresh_pairs([customer.pk])
    assert not DuplicatePair.objects.exists()


@pytest.mark.parametrize("ids", [("x", "y"), ("a" * 24, "b" * 24), ("self", "self")])
def test_telling_apart_nobody_changes_nothing(supervisor, customer, ids):
    one, other = (customer.public_id if public_id == "self" else public_id for public_id in ids)

    response = supervisor.post("/duplicates/apart", {"one": one, "other": other})

    assert response.status_code in (302, 404)


def test_queue_lists_pairs_and_opens_one(supervisor, customer, other):
    third = IdentityFactory(value=PHONE, customer__first_name="Third").customer
    refresh_pairs([customer.pk, third.pk])
    pairs = list(DuplicatePair.objects.order_by("-score", "id"))

    page = supervisor.get("/duplicates", {"pair": pairs[1].pk})

    assert f"Duplicates {len(pairs)}" in shown(page)
    assert f'href="?pair={pairs[1].pk}" aria-current="true"' in page.content.decode()
    data = {"one": pairs[1].first.public_id, "other": pairs[1].second.public_id}
    data |= {"back": "queue", "next": str(pairs[2].pk)}
    assert supervisor.post("/duplicates/apart", data).url == f"/duplicates?pair={pairs[2].pk}"


def test_queue_goes_on_after_a_merge(supervisor, customer, other):
    refresh_pairs([customer.pk])
    data = merge_form(customer, other, back="queue", next="7")

    response = supervisor.post("/merge", data)

    assert response.url == "/duplicates?pair=7"
    page = supervisor.get(response.url)
    assert "No duplicates in sight" in shown(page)
    assert "The search runs in the background, once a minute." in shown(page)
    assert supervisor.post(offered_undo(page), {"back": "queue"}).url == "/duplicates"


@pytest.mark.parametrize(
    "path", ["/duplicates", "/merge", "/customers/{id}/merge", "/customers/{id}/split"]
)
def test_supervisors_pages_are_not_open_to_agents(agent, customer, path):
    response = agent.get(path.format(id=customer.public_id))

    assert response.status_code == 403
    assert "“Merge and split customers, decide on duplicates”" in shown(response)


# One field


def field_url(customer, key="city"):
    return url_of("customer-field", customer, key)


def save(client, customer, version, initial, value, key="city"):
    data = {"__v": version, f"initial-{key}": initial, key: value}
    return client.post(field_url(customer, key), data, headers=HTMX)


def test_field_opens_and_saves_alone_with_an_undo(agent, customer):
    form = agent.get(f"{field_url(customer)}?edit=1", headers=HTMX).content.decode()
    assert re.findall(r'name="([\w-]+)"', form) == ["__v", "city", "initial-city"]

    response = save(agent, customer, 0, "Lahore", "Multan")

    assert "Multan" in shown(response)
    assert "Version 1" in shown(response)
    assert response.headers["HX-Trigger"] == '{"customer-changed": {}}'
    assert customer.values.get().text == "Multan"
    agent.post(offered_undo(response))
    assert customer.values.get().text == "Lahore"


def test_field_shows_both_values_where_somebody_was_faster(agent, customer):
    update_customer(customer, {"city": "Quetta"}, caller=SAM, partial=True)

    stale = save(agent, customer, 0, "Lahore", "Multan")
    assert "changed this field meanwhile" in shown(stale)
    assert "Now: Quetta" in shown(stale)
    assert 'value="Multan"' in stale.content.decode()
    assert customer.values.get().text == "Quetta"
    save(agent, customer, 1, "Quetta", "Multan")

    assert customer.values.get().text == "Multan"


def test_field_does_not_mind_changes_of_others(agent, customer):
    update_customer(customer, {"firstName": "Ayesha"}, caller=SAM, partial=True)

    save(agent, customer, 0, "Lahore", "Multan")

    assert customer.values.get().text == "Multan"


def test_field_says_what_is_wrong(agent, customer):
    FieldFactory(key="age", label="Age", type="number")

    response = save(agent, customer, 0, "", "x", key="age")

    assert "inline-edit wrong" in response.content.decode() or "Age" in shown(response)
    assert customer.values.count() == 1


def test_field_unchanged_offers_nothing(agent, customer):
    response = save(agent, customer, 0, "Lahore", "Lahore")

    assert "Undo" not in shown(response)
    assert Operation.objects.count() == 0


def test_new_name_renews_the_page(agent, customer):
    response = save(agent, customer, 0, "Ayesha Khan", "Ayesha", key="firstName")

    assert response.headers["HX-Refresh"] == "true"


def test_field_needs_the_right_and_without_script_is_the_whole_form(agent, customer):
    assert reader("view_customer").get(field_url(customer)).status_code == 403
    assert agent.get(field_url(customer)).url == url_of("customer-edit", customer)
    assert agent.get(f"{field_url(customer, 'none')}?edit=1", headers=HTMX).status_code == 404
    assert agent.get(field_url(customer, "none"), headers=HTMX).status_code == 404
    assert "Lahore" in shown(agent.get(field_url(customer), headers=HTMX))


def test_whole_form_offers_to_undo(agent, customer):
    data = {"__v": 0, "initial-city": "Lahore", "city": "Multan"}
    data |= {"firstName": "Ayesha Khan", "initial-firstName": "Ayesha Khan"}
    data |= {"phoneNumber": PHONE, "initial-phoneNumber": PHONE}

    page = agent.post(url_of("customer-edit", customer), data, follow=True)
    agent.post(offered_undo(page))

    assert customer.values.get().text == "Lahore"


# Marks, split, side panel


def test_anonymous_identity_can_be_neither_shared_nor_retired(agent):
    anonymous = create_customer({"phoneNumber": [PHONE]}, caller=SAM)
    identity = anonymous.identities.get()

    for mark in ("shared", "retired", "nonsense"):
        page = agent.post(url_of("identity-mark", anonymous, identity.pk), {"mark": mark})
        assert page.status_code == 302

    assert not ChannelIdentity.objects.filter(is_shared=True).exists()
    assert Operation.objects.count() == 0


def test_mark_of_an_identity_of_somebody_else_is_not_found(agent, customer, other):
    identity = other.identities.get()

    assert agent.post(url_of("identity-mark", customer, identity.pk)).status_code == 404


def test_split_looks_first_then_moves_and_can_be_undone(supervisor, customer):
    converse(customer)
    before = everything()
    url = url_of("customer-split", customer)
    talk = customer.conversations.get()
    data = {"field": "city", "talk": talk.pk, "identity": customer.identities.get().pk}

    assert "Nothing is ticked yet." in shown(supervisor.get(url))
    preview = supervisor.post(url, data, headers=HTMX)
    assert "1 identity, 1 field and 1 conversation move" in shown(preview)
    assert everything() == before
    page = supervisor.post(url, data | {"do": "split", "name": "Omar"}, follow=True)
    omar = Customer.objects.get(first_name="Omar")
    assert page.redirect_chain[-1][0] == omar.get_absolute_url()
    assert talk.pk in omar.conversations.values_list("pk", flat=True)
    supervisor.post(offered_undo(page), {"back": customer.public_id})

    assert everything() == before


def test_split_of_nothing_is_refused(supervisor, customer):
    response = supervisor.post(url_of("customer-split", customer), {"do": "split"})

    assert response.status_code == 422
    assert "Choose something to move." in shown(response)


def test_side_panel_stays_one(agent, customer):
    url = customer.get_absolute_url()
    panel = {"Referer": f"http://testserver{url}?embed=1", "Host": "testserver"}

    assert ' embedded"' in agent.get(f"{url}?embed=1").content.decode()
    assert ' embedded"' not in agent.get(url).content.decode()
    assert agent.get("/?q=sam", headers=panel).url == "/?q=sam&embed=1"
    assert ' embedded"' not in agent.get(f"{url}?embed=0", headers=panel).content.decode()
    assert agent.get(f"{url}/activity", headers=panel | HTMX).status_code == 200
    elsewhere = {"Referer": "http://elsewhere/?embed=1", "Host": "testserver"}
    assert agent.get("/", headers=elsewhere).status_code == 200


def test_desk_pages_have_no_inline_script_or_style(supervisor, customer, other):
    refresh_pairs([customer.pk])
    converse(customer)
    update_customer(customer, {"city": "Multan"}, caller=SAM, partial=True)
    undo_page = reverse("customers:operation-undo", args=[Operation.objects.get().public_id])
    ids = f"{customer.public_id},{other.public_id}"
    paths = [
        customer.get_absolute_url(),
        undo_page,
        "/duplicates",
        f"/merge?customers={ids}",
        f"/link?conversation=c1&target={other.public_id}",
        url_of("customer-split", customer),
        url_of("customer-activity", customer),
    ]
    for path in paths:
        page = supervisor.get(path).content.decode()

        assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)|javascript:", page) == []


def test_desk_asks_to_log_in_first():
    for path in ("/duplicates", "/merge", "/link"):
        assert Client().get(path).url == f"/login?next={path}"
