import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.actors import Actor
from customers.identification.simulation import simulate_lookup
from customers.models import ChannelIdentity, Customer
from customers.profiles.lifecycle import create_customer, label_customer
from schema_builder.drafts import edit_draft, put_field, read_draft
from schema_builder.editing import change_field
from schema_builder.schema import current_schema
from tests.support.factories import FieldFactory, LabelFactory, field_of
from tests.support.staff import staff

pytestmark = pytest.mark.django_db

ADMIN = Actor(name="ada", user_id="1", is_superuser=True)
NUMBER = "+923001234567"


def make(name, **fields):
    return create_customer({"firstName": name, **fields}, caller=ADMIN)


def tried(identifier=NUMBER, channel="WHATSAPP", viewer=ADMIN):
    return simulate_lookup(channel, identifier, current_schema(), viewer=viewer)


def sights_of(rehearsal, key):
    [line] = [line for line in rehearsal.lines if line.field.key == key]
    return dict(zip(rehearsal.roles, line.sights, strict=True))


def test_match_is_told_whatever_the_notation():
    amina = make("Amina", whatsapp=[NUMBER])

    told = tried("00923001234567")

    assert (told.outcome, told.public_id, told.name) == ("matched", amina.public_id, "Amina")
    assert [(r.field.key, r.match_key, r.is_valid) for r in told.readings] == [
        ("whatsapp", NUMBER, True)
    ]


def test_nobody_is_created():
    told = tried()

    assert (told.outcome, told.public_id, told.lines) == ("created", "", [])
    assert "a new anonymous customer would be created" in told.verdict
    assert not Customer.objects.exists()


def test_several_holders_are_suggested_with_reasons():
    for name in ("Amina", "Bilal"):
        make(name, whatsapp=[NUMBER])

    told = tried()

    assert told.outcome == "ambiguous"
    assert [(s.name, s.score, s.reason) for s in told.suggestions] == [
        ("Amina", 90, "Has the same WhatsApp, and so do others."),
        ("Bilal", 90, "Has the same WhatsApp, and so do others."),
    ]
    assert ChannelIdentity.objects.count() == 2


@pytest.mark.parametrize(
    ("identifier", "channel", "outcome", "verdict"),
    [
        ("unknown", "WHATSAPP", "placeholder", "list of ignored identifiers, so the placeholder"),
        ("visitor-1", "CISCO_CC", "created", "Nobody has this identifier"),
    ],
)
def test_what_is_not_looked_up_says_why(identifier, channel, outcome, verdict):
    told = tried(identifier, channel)

    assert told.outcome == outcome
    assert verdict in told.verdict


def test_labels_say_priority_and_contact():
    amina = make("Amina", whatsapp=[NUMBER])
    label_customer(
        amina,
        caller=ADMIN,
        add=[
            LabelFactory(name="VIP", priority=9),
            LabelFactory(name="Quiet", do_not_contact=["WHATSAPP"]),
        ],
    )

    told = tried()

    assert (told.priority.value, told.priority.label) == (9, "VIP")
    assert told.is_forbidden is True
    assert [(limit.label, limit.channels) for limit in told.limits] == [("Quiet", ["WHATSAPP"])]


def test_each_role_sees_what_it_may():
    FieldFactory(key="income", is_pii=True)
    make("Amina", whatsapp=[NUMBER], income="90000")
    agent = staff("Agent").user.groups.get()
    change_field(
        field_of("whatsapp"), may_clear_pii=False, role_visibility={str(agent.pk): "hidden"}
    )

    told = tried()

    income, whatsapp = sights_of(told, "income"), sights_of(told, "whatsapp")
    assert (income["Agent"].text, income["Agent"].is_masked) == ("900**", True)
    assert (income["Supervisor"].text, income["Supervisor"].is_locked) == ("90000", False)
    assert whatsapp["Agent"].is_shown is False
    assert whatsapp["Integration (read)"].is_locked is True


def test_values_are_told_in_words_where_they_are_not_masked():
    options = [{"value": "small_business", "label": "Small business"}]
    FieldFactory(key="segment", type="choice", options=options)
    FieldFactory(key="interests", type="multichoice", options=options, is_pii=True)
    FieldFactory(key="news", type="boolean")
    FieldFactory(key="seen", type="datetime")
    values = {"segment": "small_business", "interests": ["small_business"], "news": True}
    make("Amina", whatsapp=[NUMBER], seen="2026-01-31T09:30:00Z", **values)

    told = tried()

    assert {key: sights_of(told, key)["Supervisor"].text for key in (*values, "seen")} == {
        "segment": "Small business",
        "interests": "Small business",
        "news": "Yes",
        "seen": "2026-01-31 09:30",
    }
    assert sights_of(told, "interests")["Agent"].text.endswith("**")


def test_viewer_learns_nothing_through_the_eyes_of_others():
    FieldFactory(key="income", is_pii=True)
    make("Amina", whatsapp=[NUMBER], income="90000")
    viewer = Actor("eve", "2")

    told = tried(viewer=viewer)

    assert {sight.text for sight in sights_of(told, "income").values()} == {"900**"}


def test_page_tells_the_outcome():
    make("Amina", whatsapp=[NUMBER])
    client = staff("Supervisor")

    page = client.get("/admin/bench/", {"channel": "WHATSAPP", "identifier": NUMBER})

    shown = page.content.decode()
    assert page.status_code == 200
    assert "One customer has this identifier" in shown
    assert "What each role sees" in shown


def test_page_tells_what_the_draft_would_change():
    make("Amina", web=["visitor-1"])
    draft = read_draft()
    document = draft.document(field_of("web").public_id) | {"channel_types": ["VIBER"]}
    edit_draft(draft.token, "ada", put_field(document, may_clear_pii=False))

    page = staff("Supervisor").get("/admin/bench/", {"channel": "WEB", "identifier": "visitor-1"})

    trials = {trial.title: trial.rehearsal.outcome for trial in page.context["trials"]}
    assert trials == {"Today": "matched", "Under the draft of the schema": "placeholder"}


def marks(sent):
    page = staff("Supervisor").get("/admin/bench/", sent)
    return page, [
        {**dict(readings_of(trial)), **dict(lines_of(trial)), "outcome": trial.outcome_mark}
        for trial in page.context["trials"]
    ]


def readings_of(trial):
    return [(f"read as {one.field.key}", mark) for one, mark in trial.readings()]


def lines_of(trial):
    for line, mark, sights in trial.lines():
        yield line.field.key, (mark, [told for _, told in sights if told])


def test_page_marks_what_differs_under_the_draft():
    FieldFactory(key="income")
    FieldFactory(key="town")
    make("Amina", whatsapp=[NUMBER], voice=[NUMBER], income="90000", town="Ulm")
    agent = staff("Agent").user.groups.get()
    served = field_of("voice").public_id
    draft = read_draft()
    wanted = [
        draft.document(field_of("income").public_id)
        | {"role_visibility": {str(agent.pk): "hidden"}},
        draft.document(served) | {"channel_types": ["VOICE", "WHATSAPP"]},
    ]
    for document in wanted:
        edit_draft(None, "ada", put_field(document, may_clear_pii=False))

    page, (today, planned) = marks({"channel": "WHATSAPP", "identifier": NUMBER})

    assert today["income"] == ("Changes", ["Changes"])
    assert planned["income"] == ("Changed", ["Changed"])
    assert today["town"] == planned["town"] == ("", [])
    assert (today["read as whatsapp"], "read as voice" in today) == ("", False)
    assert planned["read as voice"] == "New"
    assert today["outcome"] == planned["outcome"] == ""
    assert '<span class="cxb-away">Changed: </span>' in page.content.decode()


def test_page_says_where_the_draft_changes_nothing():
    make("Amina", whatsapp=[NUMBER])
    draft = read_draft()
    document = draft.document(field_of("web").public_id) | {"label": "Visitor"}
    edit_draft(None, "ada", put_field(document, may_clear_pii=False))

    page, _ = marks({"channel": "WHATSAPP", "identifier": NUMBER})

    assert "The draft changes nothing for this identifier." in page.content.decode()
    assert not any(trial.marks for trial in page.context["trials"])


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ({"channel": "NONE", "identifier": NUMBER}, "Select a valid choice"),
        ({"channel": "WHATSAPP", "identifier": ""}, "This field is required"),
        ({"channel": "WHATSAPP", "identifier": "\u200b"}, "This parameter is required"),
    ],
)
def test_page_says_what_is_wrong(sent, problem):
    page = staff("Supervisor").get("/admin/bench/", sent)

    assert page.status_code == 200
    assert problem in page.content.decode()


@pytest.mark.parametrize(
    "right", ["customers.view_customer", "schema_builder.view_fielddefinition"]
)
def test_page_is_for_those_who_see_customers_and_fields(right):
    assert staff(may=[right]).get("/admin/bench/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_page_costs_the_same_for_more_fields(count):
    for number in range(count):
        FieldFactory(key=f"extra{number}")
    make("Amina", whatsapp=[NUMBER], **{f"extra{number}": "x" for number in range(count)})
    client = staff("Supervisor")
    sent = {"channel": "WHATSAPP", "identifier": NUMBER}
    client.get("/admin/bench/", sent)

    with CaptureQueriesContext(connection) as queries:
        client.get("/admin/bench/", sent)

    assert len(queries) == 16
