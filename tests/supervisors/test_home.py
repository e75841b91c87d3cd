import re
from datetime import timedelta

import pytest
from django.utils import timezone

from access.actors import Actor
from customers.background.bulk import enqueue_bulk
from customers.bulk.change import BulkChange, change_customers, delete_customers
from customers.lists.criteria import SAME_AS
from customers.models import (
    AmbiguousLookup,
    ChannelIdentity,
    Customer,
    DuplicatePair,
    Figure,
    HiddenChecklist,
    NotSamePerson,
    Operation,
)
from customers.statistics.figures import AMBIGUOUS_LOOKUPS, DAYS, IDENTITIES, refresh_figures
from jobs.worker import Worker
from schema_builder.models import ChannelType, FieldDefinition
from schema_builder.versions import touch_schema
from supervisors.customers.list_state import filtered_url
from supervisors.home.setup_checklist import STEPS
from supervisors.operations import DEEDS
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    TokenFactory,
    UserFactory,
    ValueFactory,
    WornLabelFactory,
)
from tests.support.operations import edit, linked, relinked, undone
from tests.support.staff import staff
from tests.webhooks.subscriptions import subscribed

pytestmark = pytest.mark.django_db

HOME = "/admin/"
LIST = "/admin/customers/customer/"
OPERATIONS = "/admin/customers/operation/"
HIDE = "/admin/checklist/"
PHONE = "+923001234567"


def listed(client, link):
    """Ids of the customers in a list."""
    return {customer.public_id for customer in client.get(link).context["cl"].result_list}


def mark_pii(key):
    FieldDefinition.objects.filter(key=key).update(is_pii=True)
    touch_schema()


def tiles_of(client):
    return {tile.title: tile for tile in client.get(HOME).context.get("tiles", [])}


@pytest.fixture
def crowd(db):
    """A customer of each kind that a tile counts."""
    crowd = {
        "anonymous": CustomerFactory(is_anonymous=True),
        "invalid": IdentityFactory(of="email", value="nonsense", is_valid=False).customer,
        "one": IdentityFactory(value=PHONE).customer,
        "other": IdentityFactory(value=PHONE).customer,
        "old": CustomerFactory(),
    }
    Customer.objects.filter(pk=crowd["old"].pk).update(
        created_at=timezone.now() - timedelta(days=DAYS)
    )
    DuplicatePair.objects.create(first=crowd["one"], second=crowd["other"], score=90)
    return crowd


@pytest.mark.parametrize(
    ("title", "number", "kinds"),
    [
        ("Customers", "5", {"anonymous", "invalid", "one", "other", "old"}),
        ("New customers", "4", {"anonymous", "invalid", "one", "other"}),
        ("Anonymous", "20 %", {"anonymous"}),
        ("Ambiguous identifiers", "1", {"one", "other"}),
        ("Invalid identifiers", "1", {"invalid"}),
    ],
)
def test_tile_leads_to_the_customers_it_counts(crowd, title, number, kinds):
    client = staff("Supervisor")

    tile = tiles_of(client)[title]

    assert tile.number == number
    assert listed(client, tile.link) == {crowd[kind].public_id for kind in kinds}


def test_duplicates_lead_to_their_queue(crowd):
    tile = tiles_of(staff("Supervisor"))["Possible duplicates"]

    assert (tile.number, tile.link) == ("1", "/duplicates")


def test_chart_of_newcomers_leads_to_the_customers_of_a_channel_and_a_day(crowd):
    client = staff("Supervisor")

    chart = client.get(HOME).context["charts"][0]

    totals = {series.name: series.total for series in chart.series}
    assert totals == {"Phone number": 2, "E-mail": 1, "No channel": 1}
    shown = {series.name: listed(client, series.link) for series in chart.series}
    assert shown == {
        "Phone number": {crowd["one"].public_id, crowd["other"].public_id},
        "E-mail": {crowd["invalid"].public_id},
        "No channel": {crowd["anonymous"].public_id},
    }
    assert (chart.rows[0]["day"], chart.rows[0]["total"]) == (timezone.localdate(), 4)
    assert len(listed(client, chart.rows[0]["link"])) == 4
    assert chart.summary == (
        "New customers by channel. In 30 days: Phone number 2, E-mail 1, No channel 1."
    )


def test_chart_of_operations_leads_to_what_was_done():
    source, target = CustomerFactory(), CustomerFactory()
    linked("c1", source)
    relinked("c1", target)
    undone()
    client = staff("Supervisor")

    chart = client.get(HOME).context["charts"][1]

    links = {series.name: series.link for series in chart.series if series.total}
    assert set(links) == {"Relinks", "Undos"}
    for name, kind in [("Relinks", "relink"), ("Undos", "undo")]:
        rows = client.get(links[name]).context["cl"].result_list
        assert [row.kind for row in rows] == [kind]


def test_day_of_operations_leads_to_those_that_were_counted():
    source, target = CustomerFactory(), CustomerFactory()
    linked("c1", source)
    relinked("c1", target)
    undone()
    edit(target, firstName="Amal")
    client = staff("Supervisor")

    today = client.get(HOME).context["charts"][1].rows[0]

    rows = client.get(today["link"]).context["cl"].result_list
    assert (today["total"], [row.kind for row in rows]) == (2, ["undo", "relink"])


@pytest.mark.parametrize(("kind", "found"), [("edit", 1), ("relink", 0), ("nonsense", 0)])
def test_operations_are_listed_by_kind(kind, found):
    edit(CustomerFactory(), firstName="Amal")

    page = staff("Supervisor").get(OPERATIONS, {"kind": kind})

    assert page.context["cl"].result_count == found


def test_ambiguous_identifiers_say_how_many_customers_the_list_has(crowd, monkeypatch):
    client = staff("Supervisor")
    assert tiles_of(client)["Ambiguous identifiers"].note == "held by 2 known customers"

    monkeypatch.setattr("customers.statistics.figures.HOLDERS_KEPT", 2)
    refresh_figures()

    note = tiles_of(client)["Ambiguous identifiers"].note
    assert note == "the list has 2 known customers of all who hold one"


def test_ambiguous_lookups_lead_to_who_causes_them(crowd):
    today = timezone.localdate()
    for days_ago, channel, lookups in [
        (0, "SMS", 2),
        (0, "GONE", 1),
        (9, "SMS", 4),
        (30, "SMS", 8),
    ]:
        day = today - timedelta(days=days_ago)
        AmbiguousLookup.objects.create(day=day, channel_type=channel, lookups=lookups)
    client = staff("Supervisor")

    context = client.get(HOME).context

    tile = next(tile for tile in context["tiles"] if tile.title == "Ambiguous lookups")
    assert (tile.number, tile.note) == ("7", "in 30 days, 3 of them today")
    assert listed(client, tile.link) == {crowd["one"].public_id, crowd["other"].public_id}
    chart = context["charts"][1]
    assert {series.name: series.total for series in chart.series} == {"GONE": 1, "SMS": 6}
    assert [row["total"] for row in chart.rows if row["total"]] == [3, 4]
    assert {row["link"] for row in chart.rows} == {""}


def test_figures_of_an_older_version_do_without_what_they_lack(crowd):
    refresh_figures()
    Figure.objects.filter(key=AMBIGUOUS_LOOKUPS).delete()
    Figure.objects.filter(key=IDENTITIES).update(
        value={"ambiguous": 1, "invalid": 0, "most_shared": []}
    )

    tiles = tiles_of(staff("Supervisor"))

    assert tiles["Ambiguous identifiers"].note == "held by several known customers"
    assert "Ambiguous lookups" not in tiles


def test_most_shared_identity_leads_to_its_holders_and_is_masked():
    mark_pii("phoneNumber")
    holders = {IdentityFactory(value=PHONE).customer.public_id for _ in range(2)}
    CustomerFactory()
    client = staff(may=["customers.view_customer", "customers.view_channelidentity"])

    response = client.get(HOME)

    (shown,) = response.context["most_shared"]
    assert (shown.field, shown.holders, shown.is_shared) == ("Phone number", 2, False)
    assert PHONE not in response.content.decode()
    first = ChannelIdentity.objects.order_by("pk").first()
    assert shown.link == filtered_url(SAME_AS, "same", str(first.pk))
    assert listed(client, shown.link) == holders


@pytest.mark.parametrize("key", ["firstName", "labels", "web", "city", "pin"])
def test_fill_rate_leads_to_who_has_a_value_and_who_has_none(key):
    city = FieldFactory(key="city")
    pin = FieldFactory(key="pin", type="password")
    full, empty = CustomerFactory(), CustomerFactory(first_name="", folded_name="")
    WornLabelFactory(customer=full)
    IdentityFactory(customer=full, of="web", value="a")
    ValueFactory(customer=full, field=city)
    ValueFactory(customer=full, field=pin)
    label = {"firstName": "First name", "labels": "Labels", "web": "Web"}.get(key, key)
    client = staff("Supervisor")

    rates = {rate.label: rate for rate in client.get(HOME).context["fill_rates"]}

    assert (rates[label].percent, rates[label].filled, rates[label].empty) == (50, 1, 1)
    assert listed(client, rates[label].filled_link) == {full.public_id}
    assert listed(client, rates[label].empty_link) == {empty.public_id}


@pytest.mark.parametrize("key", ["0", "-1", "x", "9" * 18, "9" * 30, "٣"])
def test_identity_that_is_not_there_is_shared_by_nobody(key):
    CustomerFactory()

    assert listed(staff("Supervisor"), filtered_url(SAME_AS, "same", key)) == set()


def test_fill_rate_of_a_masked_field_leads_to_its_customers_and_tells_no_value():
    tier = FieldFactory(key="tier", type="number", is_pii=True)
    full = ValueFactory(field=tier, text="7").customer
    client = staff(may=["customers.view_customer"])

    rates = {rate.label: rate for rate in client.get(HOME).context["fill_rates"]}

    assert listed(client, rates["tier"].filled_link) == {full.public_id}


def test_fill_rate_of_a_hidden_field_is_not_shown():
    client = staff("Supervisor")
    role = str(client.user.groups.get().pk)
    FieldFactory(key="city", role_visibility={role: "hidden"})

    assert "city" not in [rate.label for rate in client.get(HOME).context["fill_rates"]]
    page = client.get(filtered_url("city", "filled")).content.decode()
    assert "There is no field" in page


def test_page_shows_nothing_that_the_viewer_may_not_see(crowd):
    edit(crowd["one"], firstName="Hidden")
    refresh_figures()
    shown = {}
    for right in [
        "customers.view_customer",
        "customers.view_operation",
        "customers.merge_customer",
    ]:
        context = staff(may=[right]).get(HOME).context
        shown[right] = (
            [tile.title for tile in context["tiles"]],
            [chart.title for chart in context["charts"]],
            "fill_rates" in context,
            "most_shared" in context,
            "recent" in context,
        )

    assert shown == {
        "customers.view_customer": (
            [
                "Customers",
                "New customers",
                "Anonymous",
                "Unused anonymous",
                "Ambiguous identifiers",
                "Ambiguous lookups",
                "Invalid identifiers",
            ],
            ["New customers by channel"],
            True,
            False,
            False,
        ),
        "customers.view_operation": (
            [],
            ["Relinks, merges, splits and undos"],
            False,
            False,
            False,
        ),
        "customers.merge_customer": (["Possible duplicates"], [], False, False, False),
    }


def test_page_without_rights_says_so(crowd):
    response = staff().get(HOME)

    assert "Your role opens nothing here yet." in response.content.decode()
    assert "tiles" not in response.context


def test_page_tells_recent_changes_masked():
    customer = CustomerFactory(first_name="Amina")
    edit(customer, firstName="Amal")
    mark_pii("firstName")
    may = ["customers.view_customer", "customers.view_operation"]

    page = staff(may=may).get(HOME)

    (operation,) = page.context["recent"]
    assert (operation.deed, operation.about) == ("Edited", customer.public_id)
    assert f"/customers/{customer.public_id}/activity" in page.content.decode()
    assert "Amal" not in page.content.decode()
    assert "Amina" not in page.content.decode()


def test_page_says_when_nothing_was_counted(monkeypatch):
    monkeypatch.setattr("customers.statistics.figures.SMALL", 0)
    CustomerFactory()

    response = staff("Supervisor").get(HOME)

    assert "Nothing was counted yet." in response.content.decode()
    assert "tiles" not in response.context


@pytest.mark.parametrize("count", [1, 3])
def test_page_costs_the_same_for_more_customers(count, django_assert_num_queries):
    for number in range(count):
        customers = [IdentityFactory(of="web", value=f"v{number}").customer for _ in range(2)]
        edit(customers[0], firstName=f"Amal {number}")
    refresh_figures()
    client = staff("Supervisor")

    with django_assert_num_queries(11):
        client.get(HOME)


def test_list_of_what_was_done_names_customer_and_way_back():
    customer = CustomerFactory(first_name="Amina")
    done = edit(customer, firstName="Amal")
    gone = edit(CustomerFactory(), firstName="Late")
    gone.customers.all().delete()
    undone(done)
    client = staff("Supervisor")

    page = client.get(OPERATIONS).content.decode()

    assert [page.count(word) for word in (">Amal<", ">Amina<", ">gone<")] == [0, 2, 1]
    assert f"/operations/{gone.public_id}/undo" in page
    assert f"/operations/{done.public_id}/undo" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_what_was_done_costs_the_same_for_more(count, django_assert_num_queries):
    for number in range(count):
        edit(CustomerFactory(), firstName=f"Amal {number}")
    client = staff("Supervisor")

    with django_assert_num_queries(8):
        response = client.get(OPERATIONS)

    assert response.context["cl"].result_count == count


def test_what_was_done_is_not_edited_here():
    done = edit(CustomerFactory(), firstName="Amal")
    client = staff("Supervisor")

    answers = [
        client.get(f"{OPERATIONS}add/"),
        client.post(f"{OPERATIONS}{done.pk}/change/", {"kind": "merge"}),
        client.post(f"{OPERATIONS}{done.pk}/delete/", {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert Operation.objects.get().kind == "edit"


def test_address_of_what_was_done_leads_to_the_page_that_tells_it():
    customer = CustomerFactory()
    first, second = edit(customer, firstName="Amal"), edit(customer, firstName="Amalia")
    undone(second)
    gone = edit(CustomerFactory(), firstName="Late")
    undone(gone)
    gone.customers.all().delete()
    supervisor, reader = staff("Supervisor"), staff(may=["customers.view_operation"])

    def landing(client, operation, page="change"):
        return getattr(client.get(f"{OPERATIONS}{operation.pk}/{page}/"), "url", None)

    undo_page = f"/operations/{first.public_id}/undo"
    assert landing(supervisor, first) == landing(supervisor, first, "history") == undo_page
    assert landing(supervisor, second) == f"/customers/{customer.public_id}/activity"
    assert landing(supervisor, gone) == OPERATIONS
    assert landing(reader, first) == f"/customers/{customer.public_id}/activity"
    assert landing(staff(may=["customers.view_customer"]), first) is None
    assert supervisor.get(f"{OPERATIONS}0/change/").status_code == 404


def test_list_of_what_was_done_needs_its_right():
    assert staff(may=["customers.view_customer"]).get(OPERATIONS).status_code == 403


def test_checklist_shows_what_is_left_and_goes_when_all_is_done(settings):
    client = staff("Administrator")
    left = {step.key for step, done in client.get(HOME).context["steps"] if not done}
    # The administrator is a person with a role.
    assert left == {step.key for step in STEPS} - {"people"}

    FieldFactory()
    LabelFactory()
    TokenFactory()
    subscribed("https://crm.example.com/")
    CustomerFactory()
    NotSamePerson.objects.create(first="1" * 24, second="2" * 24)
    left = {step.key for step, done in client.get(HOME).context["steps"] if not done}
    assert left == {"country"}

    ChannelType.objects.filter(name="SMS").update(default_region="PK")
    assert client.get(HOME).context["steps"] == []


def test_checklist_knows_the_country_of_the_settings(settings):
    settings.DEFAULT_PHONE_REGION = "PK"

    steps = {step.key: done for step, done in staff("Supervisor").get(HOME).context["steps"]}

    assert steps["country"]


def test_checklist_holds_only_what_the_viewer_may_do():
    client = staff(may=["labels.add_label"])

    assert [step.key for step, _ in client.get(HOME).context["steps"]] == ["labels"]


def test_checklist_is_hidden_for_who_asks():
    client, other = staff("Supervisor"), staff("Supervisor")

    for _ in range(2):
        assert client.post(HIDE).status_code == 302

    assert client.get(HOME).context["steps"] == []
    assert other.get(HOME).context["steps"]
    assert HiddenChecklist.objects.get().user == client.user


def test_checklist_is_hidden_by_staff_with_a_post_only():
    assert staff("Supervisor").get(HIDE).status_code == 405
    agent = UserFactory(role="Agent")
    client = staff("Agent")
    type(agent).objects.filter(pk=client.user.pk).update(is_staff=False)

    assert client.post(HIDE).status_code == 302
    assert not HiddenChecklist.objects.exists()


def test_every_kind_of_operation_has_a_word():
    assert DEEDS.keys() == set(Operation.Kind)


def test_bulk_change_of_several_says_how_many_and_leads_to_its_job():
    pair = CustomerFactory.create_batch(2, first_name="Amal")
    sam = UserFactory(is_superuser=True)
    vip = LabelFactory(name="VIP")
    job = enqueue_bulk([one.pk for one in pair], BulkChange(add=[vip.public_id]), caller=sam)
    Worker().drain()
    delete_customers([one.public_id for one in pair], caller=sam)
    client = staff("Supervisor")
    reader = staff(may=["customers.view_customer", "customers.view_operation"])

    pages = [client.get(url).content.decode() for url in (HOME, OPERATIONS)]
    plain = reader.get(OPERATIONS).content.decode()

    for page in pages:
        assert f'/admin/jobs/job/{job.pk}/change/">2 customers</a>' in page
        assert len(re.findall('2 customers(?!")', page)) == 2
        assert "Amal" not in page
    assert (plain.count("2 customers"), "/admin/jobs/job/" in plain) == (2, False)


def test_bulk_changes_and_deletions_are_told():
    one, other = CustomerFactory(first_name="Amal"), CustomerFactory(first_name="Bilal")
    sam = Actor("sam", "1", is_superuser=True)
    change_customers([one.public_id], BulkChange(add=[LabelFactory().public_id]), caller=sam)
    delete_customers([other.public_id], caller=sam)
    client = staff("Supervisor")

    home, listed = client.get(HOME), client.get("/admin/customers/operation/")

    assert [row.deed for row in home.context["recent"]] == ["Deleted", "Changed in bulk"]
    assert [row.deed for row in listed.context["cl"].result_list] == ["Deleted", "Changed in bulk"]
