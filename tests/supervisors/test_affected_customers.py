import re

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from schema_builder.drafts import read_draft
from schema_builder.editing import change_field
from schema_builder.models import SchemaVersion
from tests.schema_builder.schemas import want, want_gone, want_new
from tests.support.factories import CustomerFactory, FieldFactory, ValueFactory, field_of
from tests.support.staff import staff

pytestmark = pytest.mark.django_db
OPTIONS = [{"value": "a", "label": "Ay"}, {"value": "b"}]
LOOK = "schema_builder.view_fielddefinition"
CUSTOMERS = "customers.view_customer"
EXPORT = "customers.export_customer"
CHANGES = "/admin/schema/changes"


def values(key, *texts, **options):
    field = FieldFactory(key=key, **options)
    return field, [ValueFactory(field=field, text=text).customer for text in texts]


def url(field, concern="refused", query="", name="concerned", **place):
    place = {"public_id": field.public_id, "concern": concern, **place}
    return reverse(f"builder:{name}", kwargs=place) + query


def links(client, page=CHANGES):
    """Addresses of the lists behind the findings, by what the finding is about."""
    return {
        line["finding"].text.split(":")[0].split(" goes")[0]: line["link"]
        for line in client.get(page).context["findings"]
    }


def followed(client, link):
    """Ids of the customers on the page that a link opens, whichever list that is."""
    context = client.get(link).context
    if "part" in context:
        return {one.public_id for one in context["part"].samples}
    return {customer.public_id for customer in context["cl"].result_list}


def ids(*customers):
    return {customer.public_id for customer in customers}


def text_of(response):
    return b"".join(response).decode()


@pytest.mark.parametrize("is_searchable", [True, False])
def test_every_finding_leads_to_all_whom_it_counts(is_searchable):
    _, [rome, _] = values("town", "Rome", "oslo", is_searchable=is_searchable)
    _, [gold, basic] = values(
        "tier", "a", "b", type="choice", options=OPTIONS, is_searchable=is_searchable
    )
    want("town", is_required=True, pattern="[a-z]+")
    want("tier", options=OPTIONS[1:])
    client = staff("Supervisor")

    found = links(client)

    shown = {about: followed(client, link) for about, link in found.items()}
    assert shown == {
        "Required": ids(gold, basic),
        "1 value does not meet the new rules. It stays until somebody changes them.": ids(rome),
        "Option “Ay”": ids(gold),
    }
    is_filter = [link.startswith("/admin/customers/customer/?where=") for link in found.values()]
    # Without search it can still be asked who has no value.
    assert sum(is_filter) == (2 if is_searchable else 1)


@pytest.mark.parametrize("is_searchable", [True, False])
def test_field_that_is_hidden_or_goes_leads_to_who_has_it(is_searchable):
    town, [rome] = values("town", "Rome", is_searchable=is_searchable)
    CustomerFactory()
    client = staff("Supervisor")
    want("town", is_active=False)
    hidden = followed(client, links(client)["Hidden everywhere"])
    client.post(reverse("builder:publish"), {"token": read_draft().token})
    number = SchemaVersion.objects.latest("number").number

    want_gone("town")
    deleted = followed(client, links(client)["Deleted"])
    client.post(reverse("builder:publish"), {"token": read_draft().token})
    back = reverse("builder:version", args=[number])

    assert hidden == deleted == ids(rome)
    assert followed(client, links(client, back)["Comes back"]) == ids(rome)
    assert links(client, back)["Comes back"] == url(town, "filled", number=number)


def test_finding_about_some_leads_to_those_who_were_not_looked_at(monkeypatch):
    monkeypatch.setattr("schema_changes.impact.scanned.__defaults__", (1,))
    _, [_, oslo] = values("town", "rome", "Oslo")
    want("town", pattern="[a-z]+")
    client = staff("Supervisor")

    [link] = links(client).values()

    assert followed(client, link) == ids(oslo)


def test_finding_about_nobody_leads_nowhere():
    FieldFactory(key="town")
    want("town", is_active=False)

    assert links(staff("Supervisor")) == {"Hidden everywhere": ""}


def test_new_required_field_leads_to_everybody():
    customers = CustomerFactory.create_batch(2)
    want_new("town", is_required=True)
    client = staff("Supervisor")

    link = links(client)["Required"]

    assert link == "/admin/customers/customer/"
    assert followed(client, link) == ids(*customers)


def test_page_tells_customer_value_and_problem_and_goes_on(monkeypatch):
    monkeypatch.setattr(
        "schema_changes.affected.AffectedCustomers.part.__kwdefaults__",
        {
            "most_rows": 2,
            "most_looked_at": 100,
        },
    )
    town, customers = values("town", "A", "b", "C", "D")
    want("town", pattern="[a-z]+")
    client = staff("Supervisor")

    first = client.get(url(town))
    page = first.content.decode()
    [after] = re.findall(r'rel="next" href="(\?after=\d+)"', page)
    second = client.get(url(town, query=after))

    assert '<h2 id="list-title">Values that do not meet the new rules</h2>' in page
    assert f'<a href="/customers/{customers[0].public_id}">' in page
    assert [one.text for one in first.context["part"].samples] == ["A", "C"]
    assert "2 among 3 values looked at on this page." in page
    assert [one.text for one in second.context["part"].samples] == ["D"]
    assert 'rel="next"' not in second.content.decode()
    assert "From the beginning" in second.content.decode()


def test_page_that_found_nobody_says_whether_more_follow(monkeypatch):
    monkeypatch.setattr(
        "schema_changes.affected.AffectedCustomers.part.__kwdefaults__",
        {
            "most_rows": 100,
            "most_looked_at": 1,
        },
    )
    town, _ = values("town", "a", "b")
    want("town", pattern="[a-z]+")
    client = staff("Supervisor")

    first = client.get(url(town))
    last = client.get(url(town, query=f"?after={first.context['part'].after}"))

    assert "The next page goes on." in first.content.decode()
    assert "That was the last of them." in last.content.decode()


@pytest.mark.parametrize(
    ("concern", "changes", "query", "heading"),
    [
        ("refused", {"type": "string", "options": []}, "", "Values that cannot be converted"),
        ("option", {"options": OPTIONS[1:]}, "?option=a", "Customers with the option “Ay”"),
        ("filled", {"is_active": False}, "", "Customers with a value"),
        ("empty", {"is_required": True}, "", "Customers without a value"),
    ],
)
def test_page_is_called_what_it_lists(concern, changes, query, heading):
    tier, _ = values("tier", "a", type="choice", options=OPTIONS)
    CustomerFactory()
    want("tier", **changes)

    response = staff("Supervisor").get(url(tier, concern, query))

    assert response.context["title"] == f"tier: {heading}"
    assert (response.status_code, response.context["heading"]) == (200, heading)


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 18, "9" * 30, "٣", "1' OR 1=1"])
def test_position_that_is_none_is_no_failure(after):
    town, _ = values("town", "A")
    want("town", pattern="[a-z]+")

    response = staff("Supervisor").get(url(town), {"after": after})

    assert response.status_code == 200
    assert len(response.context["part"].samples) == (0 if after == "9" * 18 else 1)


@pytest.mark.parametrize(
    ("concern", "query"),
    [("nonsense", ""), ("option", ""), ("option", "?option=b"), ("option", "?option=x%0A")],
)
def test_list_of_what_does_not_change_is_not_found(concern, query):
    tier, _ = values("tier", "a", type="choice", options=OPTIONS)
    town = FieldFactory(key="town")
    want("tier", options=OPTIONS[1:])
    client = staff("Supervisor")

    statuses = [
        client.get(url(tier, concern, query)).status_code,
        client.get(url(tier, concern, query, name="concerned-file")).status_code,
        client.get(url(town)).status_code,
        client.get(url(tier, number=7)).status_code,
        client.get(url(tier, number=10**30)).status_code,
    ]

    assert statuses == [404] * 5


@pytest.mark.parametrize("name", ["concerned", "concerned-file"])
def test_lists_are_for_who_may_see_schema_and_customers(name):
    town, _ = values("town", "A")
    want("town", pattern="[a-z]+")

    statuses = [
        client.get(url(town, name=name)).status_code
        for client in (
            staff(may=[CUSTOMERS, EXPORT]),
            staff(may=[LOOK, EXPORT]),
            staff(may=[LOOK, CUSTOMERS, EXPORT]),
            staff("Supervisor"),
        )
    ]

    assert statuses == [403, 403, 200, 200]


def test_file_is_for_who_may_export():
    town, _ = values("town", "A")
    want("town", pattern="[a-z]+")
    client = staff(may=[LOOK, CUSTOMERS])

    page = client.get(url(town)).content.decode()
    refused = client.get(url(town, name="concerned-file"))

    assert "Download all" not in page
    assert refused.status_code == 403


def test_file_is_offered_with_what_was_asked_and_holds_everybody():
    tier, [gold, _] = values("tier", "a", "b", type="choice", options=OPTIONS)
    want("tier", options=OPTIONS[1:])
    client = staff("Supervisor")
    page = client.get(url(tier, "option", "?option=a&after=0")).content.decode()

    [link] = re.findall(r'href="([^"]+/file[^"]*)"', page)
    response = client.get(link)

    assert link == url(tier, "option", "?option=a", name="concerned-file")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="tier-option.csv"'
    assert text_of(response) == (
        f'\ufeff"Id","Name","tier","Problem"\r\n"{gold.public_id}","{gold.first_name}","a",""\r\n'
    )


def test_masked_values_lead_nowhere_and_are_not_listed():
    income, _ = values("income", "5", type="number", is_pii=True)
    want("income", min_value="7")
    client = staff(may=[LOOK, CUSTOMERS])

    page = client.get(CHANGES).content.decode()

    assert set(links(client).values()) == {""}
    assert "1 value does not meet the new rules" in page
    assert "Your role may not see which customers these are." in page
    assert client.get(url(income)).status_code == 403


def test_field_that_is_hidden_from_a_reader_is_not_there():
    role = Group.objects.create(name="Trainee")
    iban, _ = values("iban", "A")
    change_field(field_of("iban"), may_clear_pii=False, role_visibility={str(role.pk): "hidden"})
    want("iban", pattern="[a-z]+")
    reader = staff(may=[LOOK, CUSTOMERS])
    reader.user.groups.add(role)

    assert reader.get(url(iban)).status_code == 404
    assert links(reader) == {}


def test_nothing_that_somebody_typed_is_markup_in_a_list():
    markup = '<i x-data x-init="x()">\''
    option = {"value": f"v{markup}", "label": f"l{markup}"}
    tier = FieldFactory(key="tier", label=f"a{markup}", type="choice", options=[option])
    ValueFactory(field=tier, text=option["value"], customer__first_name=f"c{markup}")
    want("tier", options=[{"value": "b"}])
    client = staff("Supervisor")

    [link] = links(client).values()
    page = client.get(link)

    assert page.status_code == 200
    assert len(page.context["part"].samples) == 1
    assert "<i x-data" not in page.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_page_costs_the_same_for_more_customers(count, django_assert_num_queries):
    town, _ = values("town", *["A"] * count)
    want("town", pattern="[a-z]+")
    client = staff("Supervisor")
    client.get(url(town))

    with django_assert_num_queries(11):
        client.get(url(town))
