"""Columns, filters and saved filters of the customer list in the admin."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.utils.html import strip_tags

from customers.labelling.label_merge import merge_labels
from customers.models import ColumnChoice, CustomerLabel, SavedFilter
from schema_builder.models import FieldDefinition
from schema_builder.versions import touch_schema
from tests.contract.shapes import lacking
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    UserFactory,
    ValueFactory,
    WornLabelFactory,
)
from tests.support.operations import SAM, linked
from tests.support.staff import staff

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"
COLUMNS = f"{LIST}columns/"
SAVE = f"{LIST}filters/save/"
FILTERS = "/admin/customers/savedfilter/"
LOOK = ["customers.view_customer"]


def where(*rows):
    return json.dumps([list(row) for row in rows])


def shown(client, **address):
    response = client.get(LIST, address)
    assert response.status_code == 200
    return [customer.first_name for customer in response.context["cl"].result_list]


def texts_of(row):
    return {key: strip_tags(cell) for key, cell in row.cells.items()}


def state(client, **address):
    return client.get(LIST, address).context["cl"].state


def saved(owner, name="Mine", rows=(("isAnonymous", "is", "true"),), **values):
    conditions = [list(row) for row in rows]
    return SavedFilter.objects.create(owner=owner, name=name, conditions=conditions, **values)


def address_in(response):
    return {key: values[0] for key, values in parse_qs(urlsplit(response.url).query).items()}


def test_columns_are_chosen_kept_and_reset():
    town = FieldFactory(key="town", label="Town")
    tier = FieldFactory(
        key="tier", type="choice", options=[{"value": "gold", "label": "Gold tier"}]
    )
    customer = CustomerFactory(first_name="Amy")
    ValueFactory(customer=customer, field=town, text="Ulm")
    ValueFactory(customer=customer, field=tier, text="gold")
    client, other = staff("Supervisor"), staff("Supervisor")
    keys = ["tier", "firstName", "town", "isAnonymous", "priority", "nothing", "town"]

    response = client.post(COLUMNS, {"column": keys, "back": "q=Amy&o=1"})

    assert response.url == f"{LIST}?q=Amy"
    (row,) = client.get(LIST).context["cl"].result_list
    assert texts_of(row) == {
        "tier": "Gold tier",
        "firstName": "Amy",
        "town": "Ulm",
        "isAnonymous": "",
        "priority": "1",
    }
    (row,) = other.get(LIST).context["cl"].result_list
    assert list(row.cells) == ["firstName", ".identifiers", "labels", "updatedAt"]
    client.post(COLUMNS, {"column": keys, "reset": "1"})
    assert not ColumnChoice.objects.exists()


def test_identifiers_carry_the_icon_of_their_channel():
    customer = CustomerFactory(first_name="Amy")
    for key in ("phoneNumber", "whatsapp"):
        IdentityFactory(of=key, value="+923001234567", customer=customer)

    page = staff("Supervisor").get(LIST).content.decode()

    for label, icon in (("Phone number", "call"), ("WhatsApp", "chat")):
        shown = f'<span role="img" aria-label="{label}" title="{label}"><svg class="icon"'
        assert shown in page
        assert f"agents/icons.svg#{icon}" in page


def test_columns_that_nobody_knows_are_not_kept():
    client = staff("Supervisor")

    client.post(COLUMNS, {"column": ["nothing"], "back": ""})

    assert not ColumnChoice.objects.exists()


def test_columns_are_masked_and_secrets_are_none():
    town = FieldFactory(key="town", is_pii=True)
    FieldFactory(key="pin", type="password")
    customer = CustomerFactory(first_name="Amy")
    IdentityFactory(customer=customer, value="+923001234567")
    ValueFactory(customer=customer, field=town, text="Lahore")
    FieldDefinition.objects.filter(key__in=["firstName", "phoneNumber"]).update(is_pii=True)
    touch_schema()
    client = staff(may=LOOK)
    keys = ["town", "firstName", "phoneNumber", "pin", ".lastConversation"]

    client.post(COLUMNS, {"column": keys, "back": ""})

    (row,) = client.get(LIST).context["cl"].result_list
    assert texts_of(row) == {"town": "Lah***", "firstName": "***", "phoneNumber": "***********67"}


@pytest.mark.parametrize("count", [1, 3])
def test_columns_cost_a_query_for_each_table(count, django_assert_num_queries):
    fields = [FieldFactory() for _ in range(3)]
    for n in range(count):
        customer = CustomerFactory()
        IdentityFactory(customer=customer)
        WornLabelFactory(customer=customer)
        linked(f"c{n}", customer)
        for field in fields:
            ValueFactory(customer=customer, field=field)
    client = staff("Supervisor")
    keys = [field.key for field in fields]
    chosen = [*keys, "firstName", "phoneNumber", "labels", ".lastConversation"]
    client.post(COLUMNS, {"column": chosen, "back": ""})
    client.get(LIST)

    with django_assert_num_queries(14):
        response = client.get(LIST)

    assert response.context["cl"].result_count == count


def test_list_is_sorted_by_indexed_columns_only():
    for name in ("Boris", "Amy"):
        ValueFactory(customer__first_name=name, field__key=f"of{name}")
    client = staff("Supervisor")
    client.post(COLUMNS, {"column": ["firstName", "createdAt", "ofAmy"], "back": ""})

    headers = client.get(LIST).content.decode()

    assert "sortable column-firstName" in headers
    assert "sortable column-createdAt" in headers
    assert "sortable column-ofAmy" not in headers
    assert shown(client, o="2") == ["Boris", "Amy"]
    assert shown(client, o="-2") == ["Amy", "Boris"]
    assert shown(client, o="3") == ["Amy", "Boris"]


def test_filter_narrows_the_list_and_is_told():
    town = FieldFactory(key="town", label="Town", is_searchable=True)
    ValueFactory(field=town, text="Ulm", customer__first_name="Amy")
    CustomerFactory(first_name="Bob")
    client = staff("Supervisor")
    filtered = where(("town", "is", "ulm"), ("isAnonymous", "is", "false"))

    found = state(client, where=filtered)

    assert shown(client, where=filtered) == ["Amy"]
    assert [chip.words for chip in found.chips()] == ["Town is ulm", "Is anonymous is No"]
    assert parse_qs(found.chips()[0].without) == {
        "where": ['[["isAnonymous","is","false"]]'],
    }
    assert "town" in {subject["key"] for subject in found.builder()["subjects"]}


@pytest.mark.parametrize(
    "text", ["{", "[[1]]", '[["nothing","is","x"]]', '[["firstName","is","\\u0000"]]']
)
def test_broken_filter_lists_nobody_and_says_so(text):
    CustomerFactory(first_name="Amalthea")
    client = staff("Supervisor")

    response = client.get(LIST, {"where": text})

    assert response.status_code == 200
    assert list(response.context["cl"].result_list) == []
    page = response.content.decode()
    assert "This filter does not work" in page
    assert "Amalthea" not in page


def test_masked_filter_is_no_way_around_the_mask():
    CustomerFactory(first_name="Amalthea")
    FieldDefinition.objects.filter(key="firstName").update(is_pii=True)
    touch_schema()
    client = staff(may=LOOK)

    assert shown(client, where=where(("firstName", "starts", "Ama"))) == []
    assert shown(client, where=where(("firstName", "is", "amalthea"))) == ["Amalthea"]


def test_tabs_that_everybody_has():
    CustomerFactory(first_name="Known")
    CustomerFactory(first_name="", is_anonymous=True)
    client = staff("Supervisor")

    tabs = state(client).tabs()

    assert [(tab.name, tab.is_active) for tab in tabs] == [
        ("All", True),
        ("Anonymous", False),
        ("With duplicates", False),
    ]
    found = [len(client.get(f"{LIST}?{tab.query}").context["cl"].result_list) for tab in tabs]
    assert found == [2, 1, 0]


def test_filter_is_saved_shown_as_a_tab_and_changed():
    CustomerFactory(first_name="Known")
    client = staff("Supervisor")
    known, unknown = (where(("isAnonymous", "is", flag)) for flag in ("false", "true"))

    response = client.post(SAVE, {"name": "Known ones", "back": f"where={known}"})

    kept = SavedFilter.objects.get()
    assert address_in(response) == {"saved": kept.public_id}
    assert (kept.owner, kept.name, kept.is_shared) == (client.user, "Known ones", False)
    assert kept.conditions == [["isAnonymous", "is", "false"]]
    assert shown(client, saved=kept.public_id) == ["Known"]
    assert [tab.name for tab in state(client, saved=kept.public_id).tabs() if tab.is_active] == [
        "Known ones"
    ]
    assert not state(client, saved=kept.public_id).is_modified
    assert state(client, saved=kept.public_id, where=unknown).is_modified
    client.post(SAVE, {"do": "over", "back": f"saved={kept.public_id}&where={unknown}"})
    kept.refresh_from_db()
    assert kept.conditions == [["isAnonymous", "is", "true"]]


def test_filter_keeps_its_columns():
    client = staff("Supervisor")
    client.post(COLUMNS, {"column": ["firstName", "createdAt"], "back": ""})

    client.post(SAVE, {"name": "A", "with_columns": "on", "back": ""})
    client.post(COLUMNS, {"column": ["firstName"], "back": ""})

    kept = SavedFilter.objects.get().public_id
    assert [column.key for column in state(client, saved=kept).columns] == [
        "firstName",
        "createdAt",
    ]
    assert [column.key for column in state(client, saved=kept, own="1").columns] == ["firstName"]
    assert state(client, saved=kept, own="1").is_modified


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"name": ""}, "This field cannot be blank."),
        ({"name": "x" * 51}, "at most 50 characters"),
        ({"name": "Mine"}, "You have a filter of this name."),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
        ({"name": "New", "back": "where={"}, "This filter cannot be read."),
    ],
)
def test_filter_that_cannot_be_saved(values, text):
    client = staff("Supervisor")
    saved(client.user)

    response = client.post(SAVE, {"back": ""} | values, follow=True)

    assert text in response.content.decode()
    assert SavedFilter.objects.count() == 1


def test_private_filter_is_nobody_elses():
    mine = saved(UserFactory())
    CustomerFactory(first_name="", is_anonymous=True)
    client = staff("Supervisor")

    found = state(client, saved=mine.public_id)

    assert found.problems == ["This saved filter is gone, or nobody shares it with you any more."]
    assert shown(client, saved=mine.public_id) == []
    assert client.get(f"{FILTERS}{mine.pk}/change/").status_code == 302
    client.post(SAVE, {"do": "over", "back": f"saved={mine.public_id}&where=[]"})
    mine.refresh_from_db()
    assert mine.conditions == [["isAnonymous", "is", "true"]]


def test_sharing_takes_a_right():
    client = staff(may=LOOK)

    refused = client.post(SAVE, {"name": "A", "is_shared": "on", "back": ""}, follow=True)
    before = SavedFilter.objects.count()
    client.user.user_permissions.add(Permission.objects.get(codename="share_savedfilter"))
    client.post(SAVE, {"name": "A", "is_shared": "on", "back": ""})

    assert (
        lacking("Share saved filters with everybody", "share filters") in refused.content.decode()
    )
    assert before == 0
    assert SavedFilter.objects.get().is_shared


def test_shared_filter_is_everybodys_tab_and_changed_only_with_the_right():
    shared = saved(UserFactory(), name="Team", is_shared=True)
    client, supervisor = staff(may=LOOK), staff("Supervisor")
    back = {"do": "over", "back": f"saved={shared.public_id}&where=[]"}

    assert "Team" in [tab.name for tab in state(client).tabs()]
    refused = client.post(SAVE, back, follow=True).content.decode()
    assert "belongs to another user" in refused
    shared.refresh_from_db()
    assert shared.conditions == [["isAnonymous", "is", "true"]]
    supervisor.post(SAVE, back)
    shared.refresh_from_db()
    assert shared.conditions == []


def test_filters_are_renamed_ordered_and_deleted():
    client = staff(may=LOOK)
    one, two = (saved(client.user, name=name, place=n) for n, name in enumerate(("One", "Two")))

    client.post(f"{FILTERS}{one.pk}/change/", {"name": "First"})
    taken = client.post(f"{FILTERS}{one.pk}/change/", {"name": "Two"})
    client.post(
        FILTERS,
        {
            "form-TOTAL_FORMS": 2,
            "form-INITIAL_FORMS": 2,
            "form-0-id": one.pk,
            "form-0-place": 5,
            "form-1-id": two.pk,
            "form-1-place": 1,
            "_save": "Save",
        },
    )

    assert [tab.name for tab in state(client).tabs()][3:] == ["Two", "First"]
    assert "There is a filter of this name." in taken.content.decode()
    client.post(f"{FILTERS}{two.pk}/delete/", {"post": "yes"})
    assert [tab.name for tab in state(client).tabs()][3:] == ["First"]


@pytest.mark.parametrize("page", [COLUMNS, SAVE])
def test_keeping_is_refused_without_the_right_to_see_customers(page):
    client = staff(may=["labels.view_label"])

    response = client.post(page, {"name": "A", "column": ["firstName"], "back": ""})

    assert response.status_code == 403
    assert client.get(page).status_code == 405
    assert not SavedFilter.objects.exists()
    assert not CustomerLabel.objects.exists()


def test_address_behind_a_form_stays_on_the_list():
    client = staff("Supervisor")

    response = client.post(COLUMNS, {"reset": "1", "back": "//elsewhere.example/?a=1\r\nX: y"})

    assert response.url.startswith(f"{LIST}?")


def test_saved_filter_follows_a_merged_label():
    client = staff("Supervisor")
    loyal, gold = LabelFactory(name="Loyal"), LabelFactory(name="Gold")
    WornLabelFactory(label=loyal, customer__first_name="Amy")
    CustomerFactory(first_name="Bob")
    kept = saved(client.user, rows=(("labels", "any", loyal.public_id, gold.public_id),))
    merge_labels(gold, loyal, caller=SAM)

    found = state(client, saved=kept.public_id)

    assert shown(client, saved=kept.public_id) == ["Amy"]
    assert found.builder()["rows"] == [["labels", "any", gold.public_id]]
    assert [chip.words for chip in found.chips()] == ["Labels any of Gold"]
    assert not found.is_modified
