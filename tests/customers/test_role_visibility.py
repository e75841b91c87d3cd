import json

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from access.actors import Actor
from customers.bulk.change import BulkChange, bulk_change
from customers.documents import document
from customers.duplicates.queue import refresh_pairs
from customers.error_messages import LOCKED
from customers.history.descriptions import OperationDescriber, operations_of
from customers.identification.identify import identify
from customers.identities.flags import IdentityFlags
from customers.identities.ownership import claim_identity, mark_identities
from customers.lists.search import find
from customers.masking import FieldAccess, visible_schema_and_mask
from customers.merging.merge import MergeRequest, merge_customers
from customers.merging.split import SplitRequest, split_customer
from customers.models import Customer
from customers.profiles.lifecycle import create_customer, stored_fields, update_customer
from schema_builder.editing import change_field
from schema_builder.visibility import Visibility, visibility_for
from tests.support.actors import with_token
from tests.support.factories import FieldFactory, field_of
from tests.support.staff import sent, staff

pytestmark = pytest.mark.django_db

ADMIN = Actor(name="ada", user_id="1", is_superuser=True)
CUSTOMERS = "/cim-customer/customers"


def key_of(role):
    return Group.objects.get(name=role).pk


def somebody(*roles):
    """A caller with every right and these roles."""
    may = frozenset(
        f"customers.{name}"
        for name in (
            "view_pii",
            "change_customer",
            "add_customer",
            "merge_customer",
            "change_in_bulk",
        )
    )
    return Actor("amy", "2", may, frozenset(map(key_of, roles)))


def show(key, **levels):
    """Let roles, named without spaces, see the field only so far."""
    said = {str(key_of(role.replace("_", " "))): level for role, level in levels.items()}
    change_field(field_of(key), may_clear_pii=False, role_visibility=said)


@pytest.fixture
def customer():
    FieldFactory(key="income", is_searchable=True)
    return create_customer(
        {"firstName": "Amina Siddiqui", "income": "90000", "web": ["visitor-1"]}, caller=ADMIN
    )


def body_for(caller, customer):
    return document(
        Customer.objects.filter(pk=customer.pk).documents().get(), *visible_schema_and_mask(caller)
    )


@pytest.mark.parametrize(
    ("roles", "level"),
    [
        ([], Visibility.WRITE),
        (["Agent"], Visibility.HIDDEN),
        (["Supervisor"], Visibility.READ),
        (["Administrator"], Visibility.WRITE),
        (["Agent", "Supervisor"], Visibility.READ),
        (["Agent", "Administrator"], Visibility.HIDDEN),
        (["Supervisor", "Administrator"], Visibility.READ),
        (["Agent", "Supervisor", "Administrator"], Visibility.READ),
    ],
)
def test_of_the_roles_that_say_something_the_most_counts(customer, roles, level):
    show("income", Agent="hidden", Supervisor="read")

    assert visibility_for(field_of("income"), [key_of(role) for role in roles]) == level


def test_role_may_say_that_everything_is_allowed(customer):
    show("income", Agent="hidden", Supervisor="write")

    both = [key_of("Agent"), key_of("Supervisor")]

    assert visibility_for(field_of("income"), both) == Visibility.WRITE


def test_empty_role_lifts_no_limit(customer):
    show("income", Agent="hidden")
    Group.objects.create(name="Empty")

    assert "income" not in body_for(somebody("Agent", "Empty"), customer)


def test_nobody_limits_superusers(customer):
    show("income", Agent="hidden")
    user = staff("Agent", is_superuser=True).user

    assert body_for(user, customer)["income"] == "90000"


def test_hidden_field_is_in_no_document_schema_filter_or_search(customer):
    show("income", Agent="hidden")
    agent = somebody("Agent")
    schema, mask = visible_schema_and_mask(agent)

    shown = body_for(agent, customer)

    assert "income" not in shown
    assert shown["firstName"] == "Amina Siddiqui"
    assert "income" not in schema.by_key
    assert find("90000", schema, mask) == []
    assert [hit.public_id for hit in find("90000", *visible_schema_and_mask(ADMIN))] == [
        customer.public_id
    ]


def test_hidden_field_does_not_exist_over_http(customer):
    show("income", **{"Integration_(read/write)": "hidden"})
    client = with_token("Integration (read/write)", may_view_pii=True)
    address = f"{CUSTOMERS}/{customer.public_id}"

    assert "income" not in client.get(address).json()
    assert "income" not in {
        field["key"] for field in client.get("/cim-customer/customerSchema").json()
    }
    assert client.get(f"{CUSTOMERS}?paginateQuery=income:9").status_code == 400
    assert client.get(f"{CUSTOMERS}?sort=income:asc").status_code == 400
    refused = client.put(address, {"firstName": "Amina", "income": "1"}, format="json")
    assert refused.status_code == 400
    assert "Unknown field." in str(refused.json())


def test_who_shapes_the_schema_sees_all_of_it(customer):
    show("income", Supervisor="hidden")
    supervisor = with_token("Supervisor")

    keys = {field["key"] for field in supervisor.get("/cim-customer/customerSchema").json()}

    assert "income" in keys


def test_writing_the_rest_leaves_a_hidden_field_alone(customer):
    show("income", Agent="hidden")
    agent = somebody("Agent")
    body = body_for(agent, customer) | {"firstName": "Amina Khan"}

    update_customer(customer, body, caller=agent)

    stored = stored_fields(Customer.objects.get())
    assert stored.first_name == "Amina Khan"
    assert list(stored.values.values()) == ["90000"]


@pytest.mark.parametrize(
    ("level", "problem"),
    [
        ("hidden", "Unknown field."),
        ("masked", LOCKED),
        ("read", LOCKED),
    ],
)
def test_field_that_is_not_theirs_to_write_is_refused(customer, level, problem):
    show("income", Agent=level)
    before = stored_fields(customer).values

    with pytest.raises(ValidationError) as refused:
        update_customer(customer, {"income": "1"}, caller=somebody("Agent"), partial=True)

    assert refused.value.message_dict == {"income": [problem]}
    assert stored_fields(customer).values == before


@pytest.mark.parametrize("level", ["masked", "read"])
@pytest.mark.parametrize("key", ["income", "web", "firstName"])
def test_what_is_seen_and_sent_back_changes_nothing(customer, level, key):
    show(key, Agent=level)
    agent = somebody("Agent")
    body = body_for(agent, customer)

    update_customer(customer, body, caller=agent)

    after = body_for(ADMIN, customer)
    assert (after["firstName"], after["income"], after["web"], after["__v"]) == (
        "Amina Siddiqui",
        "90000",
        ["visitor-1"],
        0,
    )


@pytest.mark.parametrize(
    ("level", "income", "web", "name"),
    [
        ("masked", "900**", ["vis******"], "Ami***********"),
        ("read", "90000", ["visitor-1"], "Amina Siddiqui"),
    ],
)
def test_masked_and_readable_values(customer, level, income, web, name):
    for key in ("income", "web", "firstName"):
        show(key, Agent=level)

    shown = body_for(somebody("Agent"), customer)

    assert (shown["income"], shown["web"], shown["firstName"]) == (income, web, name)


def test_reading_a_role_never_uncovers_personal_data(customer):
    show("income", Agent="read")
    change_field(field_of("income"), may_clear_pii=False, is_pii=True)
    agent = Actor("amy", "2", roles=frozenset({key_of("Agent")}))

    assert body_for(agent, customer)["income"] == "900**"


def test_new_customer_takes_the_default_of_a_field_that_is_not_theirs():
    FieldFactory(key="tier", is_required=True, default_value="Basic")
    FieldFactory(key="risk", is_required=True)
    show("tier", Agent="hidden")
    show("risk", Agent="read")
    show("firstName", Agent="read")

    customer = create_customer({}, caller=somebody("Agent"))

    assert customer.first_name == "Jane Doe"
    assert list(stored_fields(customer).values.values()) == ["Basic"]


def test_identification_shows_no_hidden_identifier(customer):
    show("web", Agent="hidden")

    answer = identify("WEB", "visitor-1", caller=somebody("Agent"))

    assert answer["customer"]["_id"] == customer.public_id
    assert "web" not in answer["customer"]


def test_history_tells_nothing_of_a_hidden_field(customer):
    update_customer(customer, {"income": "1"}, caller=ADMIN, partial=True)
    show("income", Agent="hidden")

    told = {
        caller.name: OperationDescriber(*visible_schema_and_mask(caller)).describe(
            operations_of(customer)
        )[0]["changes"]
        for caller in (ADMIN, somebody("Agent"))
    }

    assert [change["field"] for change in told["ada"]] == ["income"]
    assert told["amy"] == []


@pytest.mark.parametrize(
    ("level", "problem"),
    [("hidden", "Unknown field."), ("read", LOCKED)],
)
def test_merge_chooses_no_value_that_is_not_theirs(customer, level, problem):
    other = create_customer({"firstName": "Amina S.", "income": "1"}, caller=ADMIN)
    show("income", Agent=level)
    wish = MergeRequest(customer.public_id, [other.public_id], {"income": {"value": "5"}})

    with pytest.raises(ValidationError) as refused:
        merge_customers(wish, caller=somebody("Agent"))

    assert refused.value.message_dict == {"income": [problem]}
    assert Customer.objects.count() == 2


@pytest.mark.parametrize(
    ("level", "problem"),
    [("hidden", "Unknown field."), ("masked", LOCKED), ("read", LOCKED)],
)
def test_bulk_change_writes_nothing_that_is_not_theirs(customer, level, problem):
    show("income", Agent=level)
    agent = somebody("Agent")
    change = BulkChange(fields={"income": "5"})

    with pytest.raises(ValidationError) as refused:
        bulk_change([customer.public_id], change, caller=agent)

    assert refused.value.message_dict == {"fields.income": [problem]}
    assert list(stored_fields(customer).values.values()) == ["90000"]


@pytest.mark.parametrize(
    ("level", "problem"),
    [
        ("hidden", 'There is no identifier field "web".'),
        ("masked", LOCKED),
    ],
)
def test_identifier_that_is_not_theirs_cannot_be_claimed(customer, level, problem):
    other = create_customer({"firstName": "Bilal"}, caller=ADMIN)
    show("web", Agent=level)

    with pytest.raises(ValidationError) as refused:
        claim_identity(other.public_id, "web", "visitor-1", caller=somebody("Agent"))

    assert refused.value.message_dict == {"field": [problem]}
    assert customer.identities.count() == 1


def test_pages_show_and_edit_only_what_is_theirs(customer):
    FieldFactory(key="notes")
    update_customer(customer, {"notes": "Calls on Mondays"}, caller=ADMIN, partial=True)
    show("income", Supervisor="hidden")
    show("notes", Supervisor="read")
    client = staff("Supervisor")
    address = customer.get_absolute_url()

    profile = client.get(address).content.decode()
    edit = client.get(f"{address}/edit").content.decode()
    admin = client.get(f"/admin/customers/customer/{customer.pk}/change/").content.decode()

    assert "90000" not in profile + edit + admin
    assert "Calls on Mondays" in profile
    assert 'id="row-notes"' in profile
    assert "notes?edit=1" not in profile
    for page in (edit, admin):
        assert "You can see this field, but not change it." in page
        assert 'name="income"' not in page
    inline = client.get(f"{address}/fields/notes?edit=1", headers={"HX-Request": "true"})
    assert inline.status_code == 404


@pytest.mark.parametrize(
    ("key", "said", "problem"),
    [
        ("income", {"Agent": "all"}, '"all" is none of hidden, masked, read, write.'),
        ("phoneNumber", {"Agent": "hidden"}, "A system field can be masked, but not hidden."),
        ("labels", {"Agent": "read"}, "Everybody sees this field."),
    ],
)
def test_visibility_that_makes_no_sense_is_refused(customer, key, said, problem):
    with pytest.raises(ValidationError) as refused:
        show(key, **said)

    assert refused.value.message_dict == {"role_visibility": [problem]}
    assert field_of(key).role_visibility == {}


def test_role_that_is_gone_stands_in_nobodys_way(customer):
    show("income", Agent="hidden")
    Group.objects.get(name="Agent").delete()

    change_field(field_of("income"), may_clear_pii=False, label="Yearly income")

    assert body_for(somebody("Supervisor"), customer)["income"] == "90000"


@pytest.mark.parametrize(
    ("start", "end", "text", "masked"),
    [
        (None, None, "Betelgeuse", "Bet*******"),
        (0, 4, "Betelgeuse", "******euse"),
        (2, 2, "Betelgeuse", "Be******se"),
        (4, 4, "Betelgeuse", "Bete**euse"),
        (5, 4, "Betelgeuse", "**********"),
        (1, None, "ab", "**"),
        (0, 0, "a", "**"),
    ],
)
def test_mask_keeps_as_many_characters_as_the_field_says(start, end, text, masked):
    field = FieldFactory(is_pii=True, mask_start=start, mask_end=end)

    assert FieldAccess(Actor("amy", "2"))(field, text) == masked


def test_supervisor_sets_roles_and_mask_in_the_form():
    field = FieldFactory(key="income")
    client = staff("Supervisor")
    address = f"/admin/schema_builder/fielddefinition/{field.pk}/change/"
    form = client.get(address).context["adminform"].form
    sent = {name: form[name].value() for name in ("label", "section", "length", "default_value")}
    roles = {f"role_visibility_{pk}": "" for pk, _ in form.fields["role_visibility"].roles}
    agent, supervisor = key_of("Agent"), key_of("Supervisor")

    response = client.post(
        address,
        sent
        | roles
        | {
            f"role_visibility_{agent}": "masked",
            f"role_visibility_{supervisor}": "write",
            "mask_end": "4",
            "is_active": "on",
        },
    )

    assert response.status_code == 302
    field.refresh_from_db()
    assert field.role_visibility == {str(agent): "masked", str(supervisor): "write"}
    assert (field.mask_start, field.mask_end) == (None, 4)


def test_lookup_and_duplicates_do_not_name_a_hidden_field(customer):
    anonymous = identify("WEB", "visitor-1 ", caller=ADMIN)["customer"]["_id"]
    other = create_customer({"firstName": "Bilal", "web": ["visitor-1"]}, caller=ADMIN)
    refresh_pairs([customer.pk, other.pk])
    show("web", **{"Integration_(read/write)": "hidden"})
    client = with_token("Integration (read/write)", may_view_pii=True)

    looked_up = client.get(f"{CUSTOMERS}?channelType=WEB&customerChannelIdentifier=visitor-1")
    pairs = client.get(f"/api/customers/{other.public_id}/duplicates")

    assert anonymous == customer.public_id
    assert looked_up.json()["identification"]["outcome"] == "ambiguous"
    assert pairs.json()["docs"]
    assert "Web" not in str(looked_up.json()["identification"]) + str(pairs.json())


def test_match_by_a_hidden_field_does_not_say_by_which(customer):
    show("web", Agent="hidden")

    answer = identify("WEB", "visitor-1", caller=somebody("Agent"))

    assert answer["identification"]["outcome"] == "matched"
    assert answer["identification"]["matchedBy"] is None


def test_filter_of_others_tells_nothing_of_a_hidden_field(customer):
    show("income", Supervisor="hidden")
    where = json.dumps([["income", "is", "90000"]])
    identity = customer.identities.get()
    same = json.dumps([[".sameAs", "same", str(identity.pk)]])
    client = staff("Supervisor")

    filtered = client.get("/admin/customers/customer/", {"where": where})
    found = client.get("/admin/customers/customer/", {"where": same})
    show("web", Supervisor="hidden")
    hidden = client.get("/admin/customers/customer/", {"where": same})

    assert len(found.context["cl"].result_list) == 1
    assert list(filtered.context["cl"].result_list) == []
    assert list(hidden.context["cl"].result_list) == []
    words = [chip.words for chip in filtered.context["cl"].state.chips()]
    assert words == ["A field that you may not see"]
    assert filtered.context["cl"].state.builder()["rows"] == []


def test_bench_does_not_name_a_hidden_field(customer):
    show("web", Supervisor="hidden")

    page = staff("Supervisor").get("/admin/bench/", {"channel": "WEB", "identifier": "visitor-1"})

    [trial] = page.context["trials"]
    assert (trial.rehearsal.outcome, trial.rehearsal.readings) == ("matched", [])


def split_as_agent(customer, **parts):
    with pytest.raises(ValidationError) as refused:
        split_customer(
            SplitRequest(customer.public_id, **parts), caller=somebody("Agent"), dry_run=True
        )
    return refused.value.message_dict


@pytest.mark.parametrize("value", ["visitor-1", "visitor-2"])
def test_split_answers_of_hidden_fields_as_of_unknown_ones(customer, value):
    show("income", Agent="hidden")
    show("web", Agent="hidden")

    assert split_as_agent(customer, fields=["income"], identities=[("web", value)]) == {
        "attributes": ['The customer does not have "income".'],
        "identities": [f'The customer does not have "web: {value}".'],
    }


@pytest.mark.parametrize("value", ["visitor-1", "visitor-2"])
@pytest.mark.parametrize("level", ["masked", "read"])
def test_split_refuses_locked_fields_whatever_they_hold(customer, level, value):
    show("income", Agent=level)
    show("web", Agent=level)

    assert split_as_agent(customer, fields=["income"], identities=[("web", value)]) == {
        "attributes": [LOCKED],
        "identities": [LOCKED],
    }


@pytest.mark.parametrize(
    ("level", "is_offered"), [("hidden", False), ("read", False), (None, True)]
)
def test_split_page_offers_what_may_be_moved(customer, level, is_offered):
    if level:
        show("income", Agent=level)
        show("web", Agent=level)
    agent = staff("Agent", may=["customers.merge_customer", "customers.view_conversation"])
    identity = customer.identities.get()
    address = f"/customers/{customer.public_id}/split"

    page = agent.get(address).content.decode()
    ticked = agent.post(address, {"identity": identity.pk, "field": "income"}).content.decode()

    assert (f'name="identity" value="{identity.pk}"' in page) == is_offered
    assert ('value="income"' in page) == is_offered
    if level == "hidden":
        assert "visitor-1" not in ticked
        assert "Nothing is ticked yet." in ticked


@pytest.mark.parametrize("level", ["hidden", "masked", "read"])
def test_identities_of_a_locked_field_are_not_marked(customer, level):
    show("web", Agent=level)
    identity = customer.identities.get()

    with pytest.raises(ValidationError):
        mark_identities(
            customer,
            {identity.pk: IdentityFlags(False, True, "verified")},
            caller=somebody("Agent"),
        )

    identity.refresh_from_db()
    assert (identity.is_retired, identity.trust) == (False, "self_asserted")


def test_admin_page_disables_the_marks_of_a_locked_field(customer):
    show("web", Agent="read")
    update_customer(customer, {"phoneNumber": ["+923001234567"]}, caller=ADMIN, partial=True)
    agent = staff("Agent", may=["customers.change_channelidentity"])
    address = f"/admin/customers/customer/{customer.pk}/change/"
    rows = {
        form.instance.field.key: form
        for inline in agent.get(address).context["inline_admin_formsets"]
        if inline.formset.prefix == "identities"
        for form in inline.formset.forms
    }

    assert {key: row.fields["is_retired"].disabled for key, row in rows.items()} == {
        "web": True,
        "phoneNumber": False,
    }

    retired = {row.add_prefix("is_retired"): "on" for row in rows.values()}
    answer = agent.post(address, sent(agent, address, **retired))

    assert answer.status_code == 302
    assert dict(customer.identities.values_list("field__key", "is_retired")) == {
        "web": False,
        "phoneNumber": True,
    }


def test_merge_says_that_hidden_values_differ(customer):
    other = create_customer({"firstName": "Amina", "income": "7"}, caller=ADMIN)
    show("income", Agent="hidden")
    request = MergeRequest(customer.public_id, [other.public_id])
    agent = staff("Agent", may=["customers.merge_customer", "customers.view_pii"])

    page = agent.get(f"/merge?customers={customer.public_id},{other.public_id}").content.decode()
    tried = merge_customers(request, caller=ADMIN, dry_run=True)
    merged = merge_customers(request, caller=somebody("Agent"))

    assert (tried.hidden_differ, merged.hidden_differ) == (False, True)
    assert "Values that you may not see differ: the survivor’s stay." in page
    assert "90000" not in page
    assert list(stored_fields(customer).values.values()) == ["90000"]
