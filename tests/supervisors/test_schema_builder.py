import json

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from schema_builder.documents import current_fields
from schema_builder.drafts import read_draft
from schema_builder.editing import change_field, create_field
from schema_builder.field_validation import KEEPS_MARK
from schema_builder.import_export import exported
from schema_builder.models import FieldDefinition, SchemaVersion
from tests.schema_builder.schemas import document, published, want, want_gone, want_new
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    ValueFactory,
    WornLabelFactory,
    field_of,
)
from tests.support.staff import staff

pytestmark = pytest.mark.django_db
BOARD = "/admin/schema/"
HTMX = {"HX-Request": "true"}
TOWN = {"key": "town", "label": "Town", "type": "string"}
LOOK = ["schema_builder.view_fielddefinition"]
OPTIONS = [{"value": "a", "label": "Ay"}, {"value": "b"}]


def url(name, *args):
    return reverse(f"builder:{name}", args=args)


def token():
    return read_draft().token


def fields(**values):
    return {"token": token(), "type": "string", "section": "Details", "length": 50, **values}


def add(client, **values):
    return client.post(url("field-new"), fields(**values), headers=HTMX)


def text_of(response):
    return response.content.decode()


def told(response):
    return [str(message) for message in response.context["messages"]]


def test_board_shows_sections_and_fields_in_order():
    FieldFactory(key="town", section="Person")
    response = staff("Supervisor").get(BOARD)

    shown = {
        section.name: [row.document["key"] for row in section.rows]
        for section in response.context["sections"]
    }
    assert list(shown) == ["Details", "Channels", "Person"]
    assert (shown["Details"], shown["Person"]) == (["firstName", "labels", "isAnonymous"], ["town"])


def rates(client):
    sections = client.get(BOARD).context["sections"]
    return {row.document["key"]: row.rate for section in sections for row in section.rows}


def listed(client, link):
    return {customer.public_id for customer in client.get(link).context["cl"].result_list}


def test_board_says_how_many_of_all_have_a_value_and_when_that_was_counted():
    field = FieldFactory(key="town")
    ValueFactory(field=field, text="Rome")
    CustomerFactory.create_batch(3)
    client = staff("Supervisor")
    page = text_of(client.get(BOARD))

    shown = rates(client)

    assert (shown["town"].percent, shown["town"].filled, shown["town"].empty) == (25, 1, 3)
    assert (shown["web"].percent, shown["firstName"].percent) == (0, 100)
    assert shown["isAnonymous"] is None
    assert "<b>25 %</b>" in page
    assert "1 of 4 customers have a value. Counted " in page


@pytest.mark.parametrize("key", ["firstName", "labels", "web", "town"])
def test_fill_rate_leads_to_who_has_a_value_and_who_has_none(key):
    town = FieldFactory(key="town", is_searchable=True)
    full, empty = CustomerFactory(), CustomerFactory(first_name="", folded_name="")
    WornLabelFactory(customer=full)
    IdentityFactory(customer=full, of="web", value="a")
    ValueFactory(customer=full, field=town)
    client = staff("Supervisor")

    rate = rates(client)[key]

    assert (rate.percent, rate.customers) == (50, 2)
    assert listed(client, rate.filled_url) == {full.public_id}
    assert listed(client, rate.empty_url) == {empty.public_id}


def test_fill_rate_leads_to_customers_for_who_may_see_some():
    FieldFactory(key="town")
    FieldFactory(key="tier", type="choice", options=OPTIONS, is_searchable=True, is_pii=True)
    CustomerFactory()

    by_supervisor = rates(staff("Supervisor"))
    by_reader = rates(staff(may=[*LOOK, "customers.view_customer"]))
    by_nobody = rates(staff(may=LOOK))

    for key in ("town", "tier", "web"):
        assert by_supervisor[key].filled_url
        assert by_reader[key].filled_url
        assert by_nobody[key].filled_url == ""


def test_fill_rate_is_that_of_the_last_count():
    field = FieldFactory(key="town")
    ValueFactory(field=field)
    client = staff("Supervisor")
    before = rates(client)["town"]

    ValueFactory(field=field, customer=CustomerFactory())
    CustomerFactory()

    assert rates(client)["town"] == before


def test_board_of_many_customers_whom_nobody_counted_says_so(monkeypatch):
    monkeypatch.setattr("customers.statistics.figures.SMALL", 0)
    FieldFactory(key="town")
    CustomerFactory()

    page = text_of(staff("Supervisor").get(BOARD))

    assert "Not counted" in page
    assert " %" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_board_costs_the_same_for_more_fields(count, django_assert_num_queries):
    FieldFactory.create_batch(count)
    client = staff("Supervisor")
    client.get(BOARD)

    with django_assert_num_queries(14):
        client.get(BOARD)


def test_who_may_only_look_changes_nothing():
    field = FieldFactory(key="town")
    client = staff(may=LOOK)

    page = text_of(client.get(BOARD))
    statuses = {
        name: client.post(url(name, *args), {"token": token()}).status_code
        for name, args in [
            ("field", [field.public_id]),
            ("field-new", []),
            ("field-duplicate", [field.public_id]),
            ("field-switch", [field.public_id]),
            ("field-delete", [field.public_id]),
            ("option-map", [field.public_id]),
            ("arrange", []),
            ("section-new", []),
            ("section-rename", []),
            ("section-remove", []),
            ("publish", []),
            ("discard", []),
            ("keep", []),
            ("try", []),
            ("import", []),
            ("version-restore", [1]),
            ("version-load", [1]),
        ]
    }

    assert "town" in page
    assert "Add field" not in page
    assert "data-handle" not in page
    assert set(statuses.values()) == {403}


@pytest.mark.parametrize("name", ["board", "changes", "versions", "export", "preview"])
def test_pages_are_for_who_may_see_the_schema(name):
    statuses = [
        client.get(url(name)).status_code
        for client in (staff(), staff(may=LOOK), staff("Supervisor"), staff("Administrator"))
    ]

    assert statuses == [403, 200, 200, 200]


def test_new_field_begins_with_its_type():
    client = staff("Supervisor")

    types = text_of(client.get(f"{url('field-new')}?section=Person", headers=HTMX))
    form = client.get(f"{url('field-new')}?type=date&section=Person", headers=HTMX)

    assert "A day, such as a birthday or the end of a contract." in types
    assert "type=date&amp;section=Person" in types
    assert form.context["form"]["section"].value() == "Person"


def test_field_is_added_to_the_draft_and_the_board_comes_back():
    client = staff("Supervisor")

    response = add(client, key="town", label="Town", section="Person", is_required="on")

    assert response.status_code == 200
    assert response.headers["HX-Retarget"] == "#board"
    assert "1 unpublished change<" in text_of(response)
    assert document("town")["is_required"]
    assert document("town")["section"] == "Person"
    assert not FieldDefinition.objects.filter(key="town").exists()


def test_field_without_htmx_leads_back_to_the_board():
    response = staff("Supervisor").post(url("field-new"), fields(key="town", label="Town"))

    assert (response.status_code, response["Location"]) == (302, BOARD)


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({"key": "email", "label": "Town"}, {"key": ["is duplicate"]}),
        ({"key": "town", "label": "e-mail"}, {"label": ["is duplicate"]}),
        ({"key": "town"}, {"label": ["This field is required."]}),
        ({"key": "town", "label": "A\x00"}, {"label": ["Null characters are not allowed."]}),
        (
            {"key": "town", "label": "Town", "type": "choice"},
            {"options": ["A choice needs at least one option."]},
        ),
        (
            {"key": "town", "label": "Town", "pattern": "("},
            {"pattern": ["Not supported: missing ): ("]},
        ),
    ],
    ids=str,
)
def test_field_that_is_wrong_comes_back_with_what_is_wrong(values, problems):
    client = staff("Supervisor")

    response = add(client, **values)
    by_page = client.post(url("field-new"), fields(**values))

    assert (response.status_code, by_page.status_code) == (200, 422)
    assert response.context["form"].errors == by_page.context["form"].errors == problems
    assert not read_draft().is_begun


def test_field_is_edited_with_all_it_has():
    agents = Group.objects.get(name="Agent")
    field = FieldFactory(key="tier", type="choice", options=OPTIONS)
    client = staff("Supervisor")
    sent = {
        "token": token(),
        "type": "choice",
        "label": "Tier",
        "section": "Account",
        "options": "b\na | Ay | #112233",
        "is_pii": "on",
        "mask_start": "1",
        f"role_visibility_{agents.pk}": "masked",
    }

    response = client.post(url("field", field.public_id), sent, headers=HTMX)

    assert response.status_code == 200
    wanted = document("tier")
    assert wanted == published("tier") | {
        "label": "Tier",
        "section": "Account",
        "options": [{"value": "b"}, {"value": "a", "label": "Ay", "color": "#112233"}],
        "is_pii": True,
        "mask_start": 1,
        "role_visibility": {str(agents.pk): "masked"},
    }


@pytest.mark.parametrize(
    "key", ["firstName", "labels", "isAnonymous", "phoneNumber", "web", "email"]
)
def test_form_that_is_sent_as_it_is_changes_nothing(key):
    client = staff("Supervisor")
    form = client.get(url("field", field_of(key).public_id), headers=HTMX).context["form"]
    sent = {"token": token()}
    for bound in form:
        value = bound.value()
        if isinstance(value, dict):
            continue
        if value not in (None, False, ""):
            sent[bound.html_name] = form.fields[bound.name].prepare_value(value)

    response = client.post(url("field", field_of(key).public_id), sent, headers=HTMX)

    assert response.status_code == 200
    assert not read_draft().is_begun


def test_type_is_changed_to_what_its_values_may_become():
    field = FieldFactory(key="town")
    client = staff("Supervisor")
    form = client.get(url("field", field.public_id), headers=HTMX).context["form"]

    client.post(url("field", field.public_id), fields(label="Town", type="number"), headers=HTMX)

    assert "phonenumber" not in dict(form.fields["type"].choices)
    assert (document("town")["type"], document("town")["length"]) == ("number", None)


def test_pii_mark_stays_for_who_may_not_take_it_away():
    field = FieldFactory(key="town", is_pii=True)
    sent = fields(label="Town")

    refused = staff("Supervisor").post(url("field", field.public_id), sent, headers=HTMX)
    taken = staff("Administrator").post(url("field", field.public_id), sent, headers=HTMX)

    assert refused.context["form"].errors == {"is_pii": [KEEPS_MARK]}
    assert "HX-Retarget" not in refused.headers
    assert taken.headers["HX-Retarget"] == "#board"


def opened(client, field):
    """What the form of the field sends along, as it is when it is opened."""
    page = client.get(url("field", field.public_id), headers=HTMX)
    return {"opened": page.context["opened"]}


def test_field_is_kept_beside_what_others_did_to_other_fields():
    client = staff("Supervisor")
    sent = {"label": "Messenger", "type": "string", "section": "Channels"}
    typed = sent | opened(client, field_of("viber"))
    want("email", label="Mail")
    want_new("town")

    response = client.post(url("field", field_of("viber").public_id), typed, headers=HTMX)

    assert response.headers["HX-Retarget"] == "#board"
    labels = {one["key"]: one["label"] for one in read_draft().fields}
    assert [labels[key] for key in ("viber", "email", "town")] == ["Messenger", "Mail", "Town"]


def test_new_field_is_added_to_a_draft_that_others_edited():
    client, stale = staff("Supervisor"), fields(key="town", label="Town")
    want("email", label="Mail")

    client.post(url("field-new"), stale, headers=HTMX)

    assert {document("town")["label"], document("email")["label"]} == {"Town", "Mail"}


def test_field_that_others_changed_comes_back_with_what_was_typed_over_it():
    field = FieldFactory(key="town", section="Details")
    client, place = staff("Supervisor"), url("field", field.public_id)
    typed = fields(label="Home", description="Of the person") | opened(client, field)
    want("town", label="Place", is_searchable=True)

    refused = client.post(place, typed, headers=HTMX)
    by_page = client.post(place, typed)
    form = refused.context["form"]
    unchanged = document("town")
    again = typed | {"opened": refused.context["opened"], "is_searchable": "on"}
    client.post(place, again, headers=HTMX)

    page = text_of(refused)
    assert "“town” has changed since you opened it. The last change was by amy." in page
    assert "<li>town: now called “Place”</li><li>town: searchable</li>" in page
    assert (form["label"].value(), form["description"].value()) == ("Home", "Of the person")
    assert form["is_searchable"].value() is True
    assert by_page.status_code == 409
    assert (unchanged["label"], unchanged["description"]) == ("Place", "")
    assert document("town") == unchanged | {"label": "Home", "description": "Of the person"}


def test_field_that_was_published_meanwhile_names_who_did():
    field = FieldFactory(key="town", section="Details")
    client = staff("Supervisor")
    typed = fields(label="Home") | opened(client, field)
    publisher = staff("Supervisor")
    want("town", label="Place")
    publisher.post(url("publish"), {"token": token()})

    page = text_of(client.post(url("field", field.public_id), typed, headers=HTMX))

    assert f"The last change was by {publisher.user.username}." in page
    assert not read_draft().is_begun


def test_field_that_changed_on_another_page_of_ones_own_says_so():
    field = FieldFactory(key="town", section="Details")
    client, place = staff("Supervisor"), url("field", field.public_id)
    first, second = (fields(label=label) | opened(client, field) for label in ("Home", "Place"))
    client.post(place, first, headers=HTMX)

    page = text_of(client.post(place, second, headers=HTMX))

    assert "The last change was by you, on another page." in page


def test_form_that_says_nothing_true_of_the_field_is_refused():
    field, other = FieldFactory(key="town", section="Details"), field_of("email")
    client, place = staff("Supervisor"), url("field", field.public_id)
    forged = [{"opened": "x"}, opened(client, other), {"opened": "\x00"}, {}]

    answers = [
        client.post(place, fields(label="Home") | one | {"token": "old"}, headers=HTMX)
        for one in forged
    ]

    assert all("Somebody has changed the schema" in text_of(answer) for answer in answers)
    assert not read_draft().is_begun


def test_field_that_changed_is_deleted_only_by_who_saw_that():
    field = FieldFactory(key="town", is_active=False)
    client, place = staff("Supervisor"), url("field-delete", field.public_id)
    asked = client.get(place, headers=HTMX).context["opened"]
    want("town", label="Place")

    refused = client.post(place, {"opened": asked, "key": "town"}, headers=HTMX)
    client.post(place, {"opened": refused.context["opened"], "key": "town"}, headers=HTMX)

    assert "now called “Place”" in text_of(refused)
    assert "town" not in {one["key"] for one in read_draft().fields}


def test_order_by_an_older_page_is_a_conflict():
    client = staff("Supervisor")
    places = [(one["id"], one["section"]) for one in read_draft().fields][::-1]
    sent = {"token": token(), "id": [p[0] for p in places], "section": [p[1] for p in places]}
    want("email", label="Mail")

    by_part = client.post(url("arrange"), sent, headers=HTMX)
    by_page = client.post(url("arrange"), sent, follow=True)

    assert "amy has changed the schema meanwhile." in text_of(by_part)
    assert told(by_page)[0].startswith("amy has changed the schema meanwhile.")
    assert [one["id"] for one in read_draft().fields] != sent["id"]


def test_late_publish_keeps_its_note_and_shows_the_changes_of_now():
    client, stale = staff("Supervisor"), want_new("town").token
    want("email", label="Mail")

    shown = client.post(url("publish"), {"token": stale, "note": "Towns"}, follow=True)
    later = client.get(url("changes"))

    assert shown.redirect_chain[-1][0] == url("changes")
    assert told(shown)[0].startswith("amy has changed the schema meanwhile.")
    assert (shown.context["note"], later.context["note"]) == ("Towns", "")
    assert "E-mail: now called “Mail”" in text_of(shown)
    assert field_of("email").label == "E-mail"


def test_field_that_is_gone_is_not_found():
    client = staff("Supervisor")

    response = client.get(url("field", "0" * 24), headers=HTMX)

    assert (response.status_code, response.headers["HX-Retarget"]) == (200, "#notice")
    assert "no longer there" in text_of(response)


def test_field_is_duplicated_and_switched_off():
    field = FieldFactory(key="town")
    client = staff("Supervisor")

    client.post(url("field-duplicate", field.public_id), {"token": token()}, headers=HTMX)
    client.post(
        url("field-switch", field.public_id), {"token": token(), "active": "no"}, headers=HTMX
    )

    assert document("town2")["label"] == "town 2"
    assert not document("town")["is_active"]


def test_field_is_deleted_by_typing_its_key():
    field = FieldFactory(key="town")
    client, place = staff("Supervisor"), url("field-delete", field.public_id)
    in_use = client.post(place, {"token": token(), "key": "town"}, headers=HTMX)
    change_field(field, may_clear_pii=True, is_active=False)

    asked = text_of(client.get(place, headers=HTMX))
    misspelt = client.post(place, {"token": token(), "key": "twon"}, headers=HTMX)
    client.post(place, {"token": token(), "key": "town"}, headers=HTMX)

    assert "deactivate it first" in text_of(in_use)
    assert "Type town to delete the field." in text_of(misspelt)
    assert "Type <code>town</code> to delete it" in asked
    assert "town" not in {one["key"] for one in read_draft().fields}


def test_fields_are_arranged():
    client = staff("Supervisor")
    places = [(one["id"], one["section"]) for one in read_draft().fields][::-1]
    sent = {"token": token(), "id": [p[0] for p in places], "section": [p[1] for p in places]}

    client.post(url("arrange"), sent, headers=HTMX)
    refused = client.post(url("arrange"), sent | {"token": token(), "id": []}, headers=HTMX)

    assert [one["id"] for one in read_draft().fields] == sent["id"]
    assert "The order was not saved" in text_of(refused)


def test_section_is_renamed():
    client = staff("Supervisor")

    client.post(
        url("section-rename"),
        {"token": token(), "section": "Channels", "name": "Ways"},
        headers=HTMX,
    )

    assert {one["section"] for one in read_draft().fields} == {"Details", "Ways"}


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        ({"type": "number", "min_value": "5", "try": "4"}, "greater than or equal to 5"),
        ({"type": "string", "pattern": "[a-z]+", "try": "abc"}, "It fits"),
        (
            {"type": "string", "pattern": "(((", "try": "abc"},
            "Pattern: Not supported: missing ): (((",
        ),
        ({"type": "date", "pattern": "(((", "try": "2027-01-01"}, "It fits"),
        ({"type": "date", "try": "31.3.2027"}, "Date has wrong format."),
        ({"type": "string", "mask_end": "2", "try": "secret"}, "<code>****et</code>"),
        ({"type": "choice", "options": "a\nb", "try": "c"}, "is not one of the options: a, b."),
        ({"type": "multichoice", "options": "a\nb"}, "For example <code>a, b</code>"),
        ({"type": "choice", "options": "| label\n|", "try": "c"}, "is not one of the options."),
        ({"type": "nonsense", "public_id": "x"}, "For example"),
        ({"type": "string", "try": "x\x00"}, "Null characters"),
        ({"type": "string", "mask_start": "99", "length": "x", "try": "x"}, "It fits"),
    ],
)
def test_value_is_tried_by_the_type_itself(sent, answer):
    response = staff("Supervisor").post(url("try"), sent, headers=HTMX)

    assert response.status_code == 200
    assert answer in text_of(response)


def test_changes_are_told_and_published():
    field = FieldFactory(key="tier", type="choice", options=OPTIONS)
    customer = ValueFactory(field=field, text="a", customer__first_name="Amal").customer
    want_new("town")
    want("tier", options=OPTIONS[1:])
    client = staff("Supervisor")

    before = client.get(url("changes"))
    client.post(url("option-map", field.public_id), {"token": token(), "option": "a", "place": "b"})
    after = client.get(url("changes"))
    response = client.post(url("publish"), {"token": token(), "note": "Towns"}, follow=True)

    assert before.context["is_blocked"]
    assert "Option “Ay” goes: used by 1 customer. Say what takes its place." in text_of(before)
    assert "Amal" in text_of(before)
    assert '<option value="" disabled selected>' in text_of(before)
    assert not after.context["is_blocked"]
    assert "“Town” added" in text_of(after)
    assert '<option value="b" selected>b</option>' in text_of(after)
    assert told(response) == [
        f"Published as version {SchemaVersion.objects.count()}. Agents see it now."
    ]
    assert customer.values.get().text == "b"
    assert SchemaVersion.objects.latest("number").author == client.user.username


def test_publishing_what_stands_in_the_way_says_so():
    field = FieldFactory(key="age")
    ValueFactory(field=field, text="old")
    want("age", type="number", length=None)

    response = staff("Supervisor").post(url("publish"), {"token": token()}, follow=True)

    assert response.redirect_chain[-1][0] == url("changes")
    assert "value stands in the way" in told(response)[0]
    assert field_of("age").type == "string"


def test_conflict_is_shown_and_ours_is_kept():
    want("email", label="Mail")
    change_field(field_of("email"), may_clear_pii=True, label="Post")
    client = staff("Supervisor")

    shown = client.get(url("changes"))
    refused = client.post(url("publish"), {"token": token()}, follow=True)
    client.post(url("keep"), {"token": token()})
    client.post(url("publish"), {"token": token()})

    assert shown.context["conflicts"] == ["“E-mail”: label was changed meanwhile."]
    assert told(refused) == ["“E-mail”: label was changed meanwhile."]
    assert field_of("email").label == "Mail"


def test_draft_is_discarded():
    want_new("town")

    staff("Supervisor").post(url("discard"), {"token": token()})

    assert not read_draft().is_begun


def restore(client, number, **sent):
    """Roll back as the page of the version offers it."""
    sent = sent or {"known": client.get(url("version", number)).context["latest"]}
    return client.post(url("version-restore", number), sent, follow=True)


def test_rollback_that_was_looked_at_before_another_change_is_refused():
    client = staff("Supervisor")
    client.post(url("publish"), {"token": want_new("town").token})
    seen = client.get(url("version", 1)).context["latest"]
    client.post(url("publish"), {"token": want_new("street").token})

    refused = restore(client, 1, known=seen)

    assert "version 3 now. Nothing was rolled back" in text_of(refused)
    assert refused.redirect_chain == [(url("version", 1), 302)]
    assert {"town", "street"} <= {one.key for one in FieldDefinition.objects.all()}


@pytest.mark.parametrize("known", ["", "-1", "1.0", "9" * 5000, "²"])
def test_rollback_without_a_look_is_refused(known):
    client = staff("Supervisor")
    client.post(url("publish"), {"token": want_new("town").token})

    restore(client, 1, known=known)

    assert FieldDefinition.objects.filter(key="town").exists()


def test_versions_tell_what_they_changed_and_go_back():
    client = staff("Supervisor")
    client.post(url("publish"), {"token": want_new("town").token})

    versions = text_of(client.get(url("versions")))
    page = client.get(url("version", 1))
    restore(client, 1)

    assert "“Town” added" in versions
    assert "“Town” deleted" in text_of(page)
    assert not FieldDefinition.objects.filter(key="town").exists()
    assert SchemaVersion.objects.latest("number").kind == "rollback"


def lines(page, name):
    return [(line.kind, line.text) for line in page.context[name]]


def test_version_says_what_it_changed_of_the_one_before_it():
    client = staff("Supervisor")
    client.post(url("publish"), {"token": want_new("town").token})
    want("email", label="Mail")
    client.post(url("publish"), {"token": token()})

    found, second, third = (client.get(url("version", number)) for number in (1, 2, 3))
    listed = client.get(url("versions")).context["rows"]

    assert lines(found, "own_lines") == []
    assert lines(second, "own_lines") == [("added", "“Town” added")]
    assert lines(third, "own_lines") == [("changed", "E-mail: now called “Mail”")]
    assert "This is the schema as it is now." in text_of(third)
    assert [[line.kind for line in row["lines"]] for row in listed] == [["changed"], ["added"], []]


def test_version_of_many_changes_is_listed_shortened():
    client = staff("Supervisor")
    for number in range(14):
        want_new(f"own{number}")
    client.post(url("publish"), {"token": token()})

    assert "<li>and 2 more</li>" in text_of(client.get(url("versions")))


def test_version_goes_back_but_for_the_mark_of_personal_data():
    client, before = staff("Supervisor"), 1
    want("email", label="Mail", is_pii=True)
    client.post(url("publish"), {"token": token()})

    page = client.get(url("version", before))
    restore(client, before)

    assert "<b><bdi>E-mail</bdi></b> stays personal data when you go back" in text_of(page)
    assert lines(page, "lines") == [("changed", "Mail: now called “E-mail”")]
    assert (field_of("email").label, field_of("email").is_pii) == ("E-mail", True)


def test_version_that_differs_by_a_mark_alone_says_that_it_stays():
    client, before = staff("Supervisor"), 1
    want("email", is_pii=True)
    client.post(url("publish"), {"token": token()})

    page = text_of(client.get(url("version", before)))

    assert "stays personal data when you go back" in page
    assert "Nothing else differs from the schema as it is now." in page


def test_version_is_taken_into_the_draft_but_for_the_mark_of_personal_data():
    client, before = staff("Supervisor"), 1
    want("email", label="Mail", is_pii=True)
    client.post(url("publish"), {"token": token()})

    client.post(url("version-load", before), {"token": token()})

    assert (document("email")["label"], document("email")["is_pii"]) == ("E-mail", True)


def test_administrator_goes_back_without_the_mark_of_personal_data():
    client, before = staff("Administrator"), 1
    want("email", is_pii=True)
    client.post(url("publish"), {"token": token()})

    page = text_of(client.get(url("version", before)))
    restore(client, before)

    assert "stays personal data" not in page
    assert field_of("email").is_pii is False


def test_form_of_a_field_says_that_the_mark_of_personal_data_is_one_way():
    field = FieldFactory(key="town")

    for_supervisor = staff("Supervisor").get(url("field", field.public_id), headers=HTMX)
    for_administrator = staff("Administrator").get(url("field", field.public_id), headers=HTMX)

    assert "You cannot remove this mark later" in text_of(for_supervisor)
    assert "You cannot remove this mark later" not in text_of(for_administrator)


def test_version_is_taken_into_the_draft():
    client = staff("Supervisor")
    client.post(url("publish"), {"token": want_new("town").token})

    client.post(url("version-load", 1), {"token": token()})

    assert "town" not in {one["key"] for one in read_draft().fields}
    assert field_of("town")


@pytest.mark.parametrize("number", [7, 2**31, 10**30])
def test_version_that_is_not_there_is_not_found(number):
    client = staff("Supervisor")

    statuses = [
        client.get(url("version", number)).status_code,
        client.post(url("version-restore", number)).status_code,
        client.post(url("version-load", number)).status_code,
    ]

    assert statuses == [404, 404, 404]


def test_exported_file_is_imported_into_the_draft():
    client = staff("Supervisor")
    file = json.loads(client.get(url("export")).content)
    file["fields"] = [{"key": "town", "label": "Town", "type": "string"}, file["fields"][2]]
    upload = SimpleUploadedFile("fields.json", json.dumps(file).encode())

    shown = client.post(url("import"), {"file": upload})
    client.post(
        url("import"),
        {"token": token(), "text": shown.context["text"], "source": "fields.json", "apply": "yes"},
    )

    assert '<li class="added">“Town” added</li>' in text_of(shown)
    assert len(shown.context["missing"]) == 12
    assert document("town")["label"] == "Town"
    assert read_draft().source == "fields.json"
    assert current_fields()[0]["key"] == "firstName"


@pytest.mark.parametrize(
    "text", ["x", "[]", "\ud83d", "{}", json.dumps({"format": "cxcustomers-schema", "version": 1})]
)
def test_file_that_is_none_is_refused(text):
    response = staff("Supervisor").post(
        url("import"),
        {"text": text.encode("utf-8", "replace").decode(), "apply": "yes", "token": token()},
    )

    assert response.status_code == 422
    assert "Nothing was taken over." in text_of(response)
    assert response.context["text"] == text.encode("utf-8", "replace").decode()
    assert not read_draft().is_begun


def test_file_with_fields_that_cannot_be_is_refused():
    file = exported(current_fields()) | {
        "fields": [{"key": "a", "label": "E-mail", "type": "string"}]
    }

    response = staff("Supervisor").post(
        url("import"), {"text": json.dumps(file), "apply": "yes", "token": token()}
    )

    assert "a.label" in text_of(response)
    assert not read_draft().is_begun


def test_template_is_shown_before_it_is_taken():
    client = staff("Supervisor")

    shown = client.get(f"{url('import')}?template=telecom")
    unknown = client.get(f"{url('import')}?template=nope")

    assert "“Contract end” added" in text_of(shown)
    assert unknown.status_code == 422
    assert "Begin with a template" in text_of(client.get(BOARD))


def test_template_is_offered_until_the_draft_has_fields_of_its_own():
    client = staff("Supervisor")
    want("email", label="Mail")
    before = text_of(client.get(BOARD))

    shown = client.get(f"{url('import')}?template=telecom")
    sent = {"token": token(), "text": shown.context["text"], "source": "Telecom", "apply": "yes"}
    answer = client.post(url("import"), sent, headers=HTMX)

    assert "Begin with a template" in before
    assert answer.headers["HX-Redirect"] == BOARD
    assert "Begin with a template" not in text_of(client.get(BOARD))


def text_with(*items):
    return json.dumps({"format": "cxcustomers-schema", "version": 1, "fields": items})


def test_file_is_shown_as_the_changes_that_it_makes():
    item = {"key": "email", "label": "Mail", "type": "email", "description": "Of the person"}
    client = staff("Supervisor")

    shown = text_of(client.post(url("import"), {"text": text_with(item)}))
    same = {"key": "email", "label": "E-mail", "type": "email"}
    unchanged = text_of(client.post(url("import"), {"text": text_with(same)}))

    assert '<li class="changed">E-mail: now called “Mail”</li>' in shown
    assert '<li class="changed">E-mail: description changed</li>' in shown
    assert "The draft says all of this already." in unchanged


def test_file_that_comes_late_is_shown_against_the_draft_of_now():
    text = text_with({"key": "town", "label": "Town", "type": "string"})
    sent = {"token": token(), "text": text, "source": "towns.json", "apply": "yes"}
    client = staff("Supervisor")
    want_new("town", label="Place")

    late = client.post(url("import"), sent)
    by_part = client.post(url("import"), sent, headers=HTMX)
    again = sent | {"token": late.context["draft"].token}
    client.post(url("import"), again)

    assert (late.status_code, by_part.status_code) == (409, 200)
    assert "amy has changed the schema meanwhile." in text_of(late)
    assert "Place: now called “Town”" in text_of(late)
    assert document("town")["label"] == "Town"


def test_file_tells_nothing_of_a_field_that_its_reader_may_not_know(hidden_field):
    item = {"key": "iban", "label": "Other", "type": "string"}
    client = staff(may=[*LOOK, "schema_builder.add_fielddefinition"])
    client.user.groups.add(Group.objects.get(name="Trainee"))

    shown = [client.post(url("import"), {"text": text_with(one)}) for one in (item, TOWN)]

    assert not any("Account secret" in text_of(page) for page in shown)


def test_exported_file_is_named_by_its_day():
    disposition = staff("Supervisor").get(url("export"))["Content-Disposition"]

    assert disposition == f'attachment; filename="customer-schema-{timezone.localdate()}.json"'


def test_preview_shows_the_draft_as_a_role_sees_it():
    agents, supervisors = Group.objects.get(name="Agent"), Group.objects.get(name="Supervisor")
    want_new("iban", label="Bank account", is_pii=True)
    want_new("salary", type="number", role_visibility={str(agents.pk): "hidden"})
    client = staff("Supervisor")

    by_agent = client.get(f"{url('preview')}?role={agents.pk}")
    by_supervisor = client.get(f"{url('preview')}?role={supervisors.pk}")
    form = client.get(f"{url('preview')}?role={agents.pk}&view=form")

    assert "Bank account" in text_of(by_agent)
    assert "Prefers calls" not in text_of(by_agent)
    assert "Salary" not in text_of(by_agent)
    assert "Salary" in text_of(by_supervisor)
    assert "Prefers calls" in text_of(by_supervisor)
    assert "Bank account" in text_of(form)
    assert "frame-ancestors 'self'" in by_agent.headers["Content-Security-Policy"]


def test_other_pages_stay_out_of_frames():
    policy = staff("Supervisor").get(BOARD).headers["Content-Security-Policy"]

    assert "frame-ancestors 'none'" in policy


def test_deleted_field_is_published_away_and_comes_back():
    field = FieldFactory(key="town")
    ValueFactory(field=field, text="Rome")
    change_field(field, may_clear_pii=True, is_active=False)
    number = SchemaVersion.objects.latest("number").number
    client = staff("Supervisor")

    client.post(url("publish"), {"token": want_gone("town").token})
    gone = FieldDefinition.objects.filter(key="town").exists()
    restore(client, number)

    assert not gone
    assert field_of("town").pk == field.pk


def test_nothing_that_somebody_typed_is_markup():
    markup = '<i x-data x-init="x()">\''
    option = {"value": f"v{markup}", "label": f"l{markup}"}
    field = FieldFactory(
        key="tier",
        label=f"a{markup}",
        type="choice",
        options=[option],
        section=f"s{markup}",
        description=f"d{markup}",
    )
    ValueFactory(field=field, text=option["value"], customer__first_name=f"c{markup}")
    want("tier", options=[{"value": "b"}], label=f"z{markup}")
    client = staff(is_superuser=True)

    pages = [
        client.get(place)
        for place in (
            BOARD,
            url("changes"),
            url("versions"),
            url("version", 1),
            url("field", field.public_id),
            url("field-delete", field.public_id),
            url("preview"),
            f"{url('preview')}?view=form",
            f"{url('section-rename')}?section=%3Ci%20x-data%3E",
            f"{url('field-new')}?section=%3Ci%20x-data%3E",
        )
    ]

    assert {page.status_code for page in pages} == {200}
    assert [page.request["PATH_INFO"] for page in pages if "<i x-data" in text_of(page)] == []


READ_PAGES = ["board", "changes", "versions", "preview", "export"]


@pytest.fixture
def hidden_field():
    """Known to the schema first, hidden from a role since, and copied by the draft."""
    role = Group.objects.create(name="Trainee")
    field = create_field(author="ada", key="iban", type="string", length=50, label="Account secret")
    change_field(field, may_clear_pii=False, role_visibility={str(role.pk): "hidden"})
    staff("Supervisor").post(
        url("field-duplicate", field.public_id), {"token": token()}, headers=HTMX
    )
    return field


def reader_with(role):
    client = staff(may=LOOK)
    client.user.groups.add(Group.objects.get(name=role))
    return client


@pytest.mark.parametrize("page", [*READ_PAGES, "version"])
def test_reader_learns_nothing_of_a_field_hidden_from_the_own_role(hidden_field, page):
    place = url(page, *([1] if page == "version" else []))

    shown = [
        client.get(place).content.decode()
        for client in (reader_with("Trainee"), staff("Supervisor"))
    ]

    assert ["Account secret" in text for text in shown] == [False, True]
    assert "iban" not in shown[0]


def test_plain_list_of_fields_keeps_to_the_same(hidden_field):
    client, place = reader_with("Trainee"), "/admin/schema_builder/fielddefinition/"

    listed = text_of(client.get(place))
    one = client.get(f"{place}{hidden_field.pk}/change/")

    assert "Account secret" not in listed
    assert one.status_code == 302
    assert "Account secret" in text_of(staff("Supervisor").get(place))


def board_sections(client):
    return [section.name for section in client.get(BOARD).context["sections"]]


def test_section_without_fields_is_kept_for_who_made_it():
    client = staff("Supervisor")

    added = client.post(url("section-new"), {"name": " Loyalty "}, headers=HTMX)
    client.post(url("section-new"), {"name": "Ünused"}, headers=HTMX)
    client.post(url("section-rename"), {"section": "Loyalty", "name": "Points"}, headers=HTMX)
    renamed = board_sections(client)
    client.post(url("section-remove"), {"section": "Ünused"}, headers=HTMX)

    assert json.loads(added.headers["HX-Trigger-After-Swap"]) == {
        "builder:edited": {"section": "Loyalty"}
    }
    assert "kept for you alone until it has one" in text_of(added)
    assert renamed == ["Details", "Channels", "Ünused", "Points"]
    assert board_sections(client) == ["Details", "Channels", "Points"]
    assert board_sections(staff("Supervisor")) == ["Details", "Channels"]
    assert not read_draft().is_begun


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (" ", "Give the section a name."),
        ("Details", "There is a section “Details”."),
        ("x" * 51, "At most 50 characters."),
        ("\x00", "Null characters are not allowed."),
    ],
)
def test_section_that_cannot_be_says_why(name, problem):
    client = staff("Supervisor")

    by_part = client.post(url("section-new"), {"name": name}, headers=HTMX)
    by_page = client.post(url("section-new"), {"name": name})

    assert problem in text_of(by_part)
    assert (by_part.status_code, by_page.status_code) == (200, 422)
    assert board_sections(client) == ["Details", "Channels"]


def test_section_stays_when_its_last_field_leaves_it_until_the_draft_is_discarded():
    client = staff("Supervisor")
    sent = {
        "token": token(),
        "id": [one["id"] for one in read_draft().fields],
        "section": ["Details"] * len(read_draft().fields),
        "empty": ["Channels", "", "\x00"],
    }

    client.post(url("arrange"), sent, headers=HTMX)
    emptied = board_sections(client)
    client.post(url("discard"), {"token": token()})

    assert emptied == ["Details", "Channels"]
    assert client.session.get("builder_sections") is None


def test_kept_sections_are_bounded():
    client = staff("Supervisor")

    for number in range(22):
        client.post(url("section-new"), {"name": f"S{number}"}, headers=HTMX)

    assert board_sections(client)[2:] == [f"S{number}" for number in range(2, 22)]
