import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Conversation, Customer, Operation
from customers.profiles.lifecycle import create_customer
from labels.models import LabelGroup
from schema_builder.editing import change_field
from schema_builder.models import ChannelType
from schema_builder.versions import touch_schema
from tests.contract.shapes import lacking
from tests.support.factories import (
    AliasFactory,
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    UserFactory,
    ValueFactory,
    WornLabelFactory,
    field_of,
)
from tests.support.operations import SAM

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
LIST = "/"


def logged_in(role=None):
    client = Client()
    client.user = UserFactory(role=role)
    client.force_login(client.user)
    return client


@pytest.fixture
def agent():
    return logged_in("Agent")


@pytest.fixture
def supervisor():
    return logged_in("Supervisor")


@pytest.fixture
def customer(supervisor):
    """Reached by number and e-mail, with a national id; agents see neither of the latter."""
    change_field(field_of("email"), may_clear_pii=False, is_pii=True)
    FieldFactory(key="nationalId", label="National id", is_pii=True, section="Personal")
    FieldFactory(key="city", label="City", section="Personal")
    FieldFactory(key="pin", label="PIN", type="password", section="Personal")
    body = {
        "firstName": "Ayesha Khan",
        "phoneNumber": ["+92 300 1234567"],
        "email": ["ayesha.khan@example.com"],
        "nationalId": "35202-1234567-1",
        "pin": "opensesame",
    }
    return create_customer(body, caller=supervisor.user)


def url_of(page, customer, *more):
    return reverse(f"customers:{page}", args=[customer.public_id, *more])


def listed(response):
    return re.findall(r'<tr data-customer="(\w+)"', response.content.decode())


def shown(response):
    """The words of the page, as a person reads them."""
    body = response.content.decode().split("<main", 1)[-1]
    body = re.sub(r"<[^>]+>", " ", body)
    return " ".join(unescape(body).split())


def typed(client, customer):
    """What the edit form would send if nobody touched it."""
    page = client.get(url_of("customer-edit", customer)).content.decode()
    data = {}
    form = page.split('class="sheet"')[1].split("</form>")[0]
    for tag in re.findall(r"<input(?![^>]*checkbox)[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        data.setdefault(attributes["name"], []).append(unescape(attributes.get("value", "")))
    return data


def converse(customer, number, *, at=None, channel="SMS"):
    return Conversation.objects.create(
        conversation_id=f"{customer.pk}-{number}",
        customer=customer,
        channel_type=ChannelType.objects.get(name=channel),
        identifier="sam.jackson@example.com" if channel == "EMAIL" else "+923001234567",
        last_activity_at=at or timezone.now() - timedelta(hours=number + 1),
    )


# Who gets in


@pytest.mark.parametrize("path", ["/", "/customers/new", f"/customers/{'a' * 24}"])
def test_pages_ask_to_log_in_first(client, path):
    response = client.get(path)

    assert (response.status_code, response.url) == (302, f"/login?next={path}")


def test_log_in_leads_to_the_customers(client):
    UserFactory(username="sam").set_password("a good password")
    user = UserFactory(username="amy", role="Agent")
    user.set_password("a good password")
    user.save()

    response = client.post("/login", {"username": "amy", "password": "a good password"})

    assert (response.status_code, response.url) == (302, "/")


@pytest.mark.parametrize("username", ["amy", "nobody"])
def test_log_in_fails_alike_for_known_and_unknown_names(client, username):
    UserFactory(username="amy")

    response = client.post("/login", {"username": username, "password": "wrong"})

    assert response.status_code == 200
    assert "User name or password is not right." in shown(response)


def test_log_in_is_locked_after_too_many_failures(client, settings):
    settings.AXES_ENABLED = True
    UserFactory(username="amy")
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = client.post("/login", {"username": "amy", "password": "wrong"})

    assert response.status_code == 429
    assert response.headers["Retry-After"] == "900"
    assert "There were too many failed log-ins" in shown(response)


def test_log_out_takes_a_post(agent):
    assert agent.get("/logout").status_code == 405
    response = agent.post("/logout")

    assert (response.status_code, response.url) == (302, "/login")
    assert agent.get(LIST).status_code == 302


def test_session_that_ended_while_typing_sends_the_whole_page_to_the_log_in(client):
    headers = HTMX | {"HX-Current-URL": "http://testserver/?q=sam"}
    response = client.get("/login?next=/", headers=headers)

    assert response.headers["HX-Redirect"] == "/login?next=%2F%3Fq%3Dsam"


def test_pages_name_the_missing_right():
    response = logged_in().get(LIST)

    assert response.status_code == 403
    assert lacking("See customers", "see customers") in shown(response)


@pytest.mark.parametrize(
    ("page", "right"), [("customer-edit", "customers.change_customer"), ("customer-create", "")]
)
def test_reader_can_neither_edit_nor_create(page, right, customer):
    reader = logged_in()
    reader.user.user_permissions.add(Permission.objects.get(codename="view_customer"))
    url = url_of(page, customer) if right else reverse(f"customers:{page}")

    profile = reader.get(url_of("customer-detail", customer))
    assert profile.status_code == 200
    assert re.findall("data-edit|New customer|<select", profile.content.decode()) == []
    assert "Create with this" not in shown(reader.get("/?q=nobody"))
    assert reader.get(url).status_code == reader.post(url).status_code == 403


def test_error_page_needs_neither_user_nor_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/nowhere")

    assert response.status_code == 404
    assert "Nothing here" in shown(response)


def test_form_of_a_session_that_ended_says_so():
    client = Client(enforce_csrf_checks=True)

    response = client.post("/login", {"username": "amy", "password": "wrong"})

    assert response.status_code == 403
    assert "Please try again" in shown(response)


def test_pages_have_no_inline_script_or_style(agent, customer):
    WornLabelFactory(customer=customer)
    for path in (LIST, url_of("customer-detail", customer), url_of("customer-edit", customer)):
        page = agent.get(path).content.decode()

        assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)|javascript:", page) == []


# Find


def test_list_shows_newest_first_with_identity_labels_and_times(agent, customer):
    for priority in range(1, 6):
        label = LabelFactory(name=f"Label {priority}", priority=priority, color="#ffffff")
        WornLabelFactory(customer=customer, label=label)
    converse(customer, 1, at=timezone.now() - timedelta(days=3))
    converse(customer, 2, at=timezone.now() - timedelta(days=9))
    newer = CustomerFactory(first_name="Newer")

    response = agent.get(LIST)

    assert listed(response) == [newer.public_id, customer.public_id]
    assert "Ayesha Khan +92 300 1234567 Label 5 Label 4 Label 3 +2 " in shown(response)
    assert "Last contact 3 days ago Changed just now" in shown(response).replace("\xa0", " ")
    assert 'fill="#ffffff"' in response.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("query", ["", "?q=sam", "?q=sam&sort=name"])
def test_list_costs_the_same_for_one_and_for_many(
    agent, rows, query, django_assert_max_num_queries
):
    for number in range(rows):
        customer = CustomerFactory(first_name=f"Sam {number}")
        IdentityFactory(customer=customer)
        WornLabelFactory(customer=customer)
        converse(customer, number)
    agent.get(LIST)

    # Session, user and permissions are five of them.
    with django_assert_max_num_queries(12):
        response = agent.get(f"{LIST}{query}")

    assert len(listed(response)) == rows


def test_list_sorts_by_name_and_by_change(agent):
    now = timezone.now()
    amy = CustomerFactory(first_name="Amy", updated_at=now - timedelta(days=2))
    zoe = CustomerFactory(first_name="Zoe", updated_at=now - timedelta(days=1))
    bob = CustomerFactory(first_name="Bob", updated_at=now)

    def order(sort):
        return listed(agent.get(f"/?sort={sort}"))

    assert order("name") == [amy.public_id, bob.public_id, zoe.public_id]
    assert order("-name") == [zoe.public_id, bob.public_id, amy.public_id]
    assert order("-changed") == [bob.public_id, zoe.public_id, amy.public_id]


def test_list_does_not_sort_by_hidden_names(agent):
    change_field(field_of("firstName"), may_clear_pii=False, is_pii=True)
    CustomerFactory(first_name="Samuel")

    assert "Sam***" in shown(agent.get(LIST))
    assert "?sort=name" not in agent.get(LIST).content.decode()
    assert agent.get("/?sort=name").status_code == 403


def test_list_turns_pages_of_25(agent):
    CustomerFactory.create_batch(26)

    first, second = agent.get(LIST), agent.get("/?page=2")

    assert (len(listed(first)), len(listed(second))) == (25, 1)
    assert "1–25 of 26 Next" in shown(first)
    assert "Previous 26–26 of 26" in shown(second)


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999", "²", "9" * 50])
def test_list_takes_any_page_number(agent, page):
    CustomerFactory()

    assert agent.get("/", {"page": page}).status_code == 200


def test_list_caps_its_count(agent, monkeypatch):
    monkeypatch.setattr("agents.views.customers.COUNT_LIMIT", 25)
    monkeypatch.setattr("customers.lists.pagination.COUNT_LIMIT", 25)
    CustomerFactory.create_batch(27)

    assert "25+ customers" in shown(agent.get(LIST))
    assert "Next" in shown(agent.get(LIST))


def test_find_shows_why_and_marks_the_hit(agent, customer):
    response = agent.get("/?q=0300+12", headers=HTMX)

    assert listed(response) == [customer.public_id]
    assert "<html" not in response.content.decode()
    assert "Phone number <bdi>+92 <mark>300 12</mark>34567</bdi>" in response.content.decode()


def test_find_marks_whom_it_knows_exactly(agent, customer):
    response = agent.get("/?q=%2B923001234567")

    assert "Ayesha Khan exact" in shown(response)
    assert "<mark>+92 300 1234567</mark>" in response.content.decode()


def test_find_escapes_what_it_marks(agent):
    CustomerFactory(first_name="<b>Sam</b>")

    page = agent.get("/?q=sam").content.decode()

    assert "&lt;b&gt;<mark>Sam</mark>&lt;/b&gt;" in page


def test_find_hides_from_agents_what_it_shows_to_supervisors(agent, supervisor, customer):
    path = "/?q=ayesha.khan%40example.com"

    assert "E-mail ayes*******@*******.com" in shown(agent.get(path))
    assert "E-mail ayesha.khan@example.com" in shown(supervisor.get(path))
    assert "example.com" not in shown(agent.get(path)).replace("ayesha.khan@example.com", "")


def test_enter_opens_the_only_hit(agent, customer):
    CustomerFactory(first_name="Ayesha")

    only = agent.get("/?q=Ayesha+Khan&open=1")
    several = agent.get("/?q=ayesha&open=1")

    assert (only.status_code, only.url) == (302, url_of("customer-detail", customer))
    assert (several.status_code, len(listed(several))) == (200, 2)


def test_enter_opens_the_only_exact_hit(agent):
    exact = IdentityFactory(of="web", value="sam", customer__first_name="Zoe").customer
    CustomerFactory(first_name="Sam")

    assert agent.get("/?q=sam&open=1").url == url_of("customer-detail", exact)


def test_nothing_found_offers_to_create_with_the_query(agent, customer):
    response = agent.get("/?q=%2B92+300+000", headers=HTMX)

    assert "Nobody found for “ +92 300 000 ”" in shown(response)
    assert 'href="/customers/new?q=%2B92+300+000"' in response.content.decode()


def test_empty_installation_says_so(agent):
    assert "No customers yet" in shown(agent.get(LIST))


def test_page_beyond_the_last_leads_back(agent):
    CustomerFactory()

    assert "There is nothing on this page." in shown(agent.get("/?page=9"))


# Profile


def test_profile_shows_identities_fields_and_what_is_empty(supervisor, customer):
    response = supervisor.get(url_of("customer-detail", customer))

    text = shown(response)
    assert "Phone number +92 300 1234567" in text
    assert "National id 35202-1234567-1" in text
    assert "Show 1 empty field City Edit City —" in text
    assert "Show 8 empty channels" in text
    for key in ("firstName", "phoneNumber", "nationalId", "city"):
        assert f'data-field="{key}"' in response.content.decode()


def test_profile_shows_a_required_field_that_is_empty(agent, customer):
    FieldFactory(key="contract", label="Contract number", is_required=True)
    change_field(field_of("whatsapp"), may_clear_pii=False, is_required=True)

    text = shown(agent.get(url_of("customer-detail", customer)))

    assert "Contract number Edit Contract number Required, empty" in text
    assert "WhatsApp Required, empty" in text
    assert "Show 7 empty channels" in text


@pytest.mark.parametrize(
    ("key", "value", "link"),
    [
        ("phoneNumber", "+92 300 1234567", "tel:+923001234567"),
        ("whatsapp", "+44 20 7946 0958", "tel:+442079460958"),
        ("email", "Sam+News@Example.com", "mailto:Sam+News@Example.com"),
        ("hotline", "+49 30 1234567", "tel:+49301234567"),
        ("billing", "sam@example.com", "mailto:sam@example.com"),
    ],
)
def test_profile_links_numbers_and_addresses(supervisor, key, value, link):
    FieldFactory(key="hotline", type="phonenumber")
    FieldFactory(key="billing", type="email")
    is_list = field_of(key).is_channel_identifier
    body = {"firstName": "Sam", key: [value] if is_list else value}
    customer = create_customer(body, caller=SAM)

    page = supervisor.get(url_of("customer-detail", customer)).content.decode()

    assert f'<a href="{link}"><bdi>{value}</bdi></a>' in page


def test_profile_links_neither_retired_nor_hidden_identifiers(agent):
    change_field(field_of("email"), may_clear_pii=False, is_pii=True)
    customer = CustomerFactory(first_name="Sam")
    IdentityFactory(of="email", value="sam.sample@example.com", customer=customer)
    IdentityFactory(of="phoneNumber", value="+923001234567", customer=customer, is_retired=True)

    page = agent.get(url_of("customer-detail", customer)).content.decode()

    assert "mailto:" not in page
    assert "tel:" not in page


def test_profile_hides_personal_data_and_every_password(agent, supervisor, customer):
    path = url_of("customer-detail", customer)

    for_agent, for_supervisor = agent.get(path), supervisor.get(path)

    assert "E-mail ayes*******@*******.com Hidden from you" in shown(for_agent)
    assert "National id 352************ Hidden from you" in shown(for_agent)
    for secret in ("ayesha.khan@", "35202-1234567-1", "opensesame"):
        assert secret not in for_agent.content.decode()
    assert "ayesha.khan@example.com" in shown(for_supervisor)
    assert "PIN ******** Hidden from you" in shown(for_supervisor)
    assert "opensesame" not in for_supervisor.content.decode()


def test_profile_flags_identities(agent):
    customer = CustomerFactory(first_name="Sam", is_anonymous=True)
    for number, flags in enumerate(
        [
            {"is_shared": True},
            {"is_retired": True},
            {"is_valid": False},
            {"trust": "verified"},
        ]
    ):
        IdentityFactory(customer=customer, value=f"+92300123456{number}", **flags)

    text = shown(agent.get(url_of("customer-detail", customer)))

    assert "+923001234560 Shared" in text
    assert "+923001234561 Retired" in text
    assert "+923001234562 Not well-formed" in text
    assert "+923001234563 Verified" in text
    assert "Sam Anonymous Priority 1" in text


VALUES = [
    ("boolean", "true", [], ">Yes<"),
    ("boolean", "false", [], ">No<"),
    ("url", "https://example.com/a", [], 'rel="noopener noreferrer" target="_blank"><bdi>https'),
    ("email", "sam@example.com", [], 'href="mailto:sam@example.com"'),
    ("phonenumber", "+92 300 1234567", [], 'href="tel:+923001234567"'),
    ("date", "2026-03-04", [], ">4 March 2026<"),
    ("datetime", "2026-03-04T09:30:00Z", [], ">4 March 2026, 09:30 "),
    ("choice", "ur", [{"value": "ur", "label": "Urdu"}], "<bdi>Urdu</bdi>"),
    ("multichoice", "tv\nx", [{"value": "tv"}, {"value": "x", "label": "X"}], "<bdi>X</bdi>"),
    ("string", "<b>\nline", [], "&lt;b&gt;<br>line"),
    ("number", "12.50", [], "12.50"),
]


@pytest.mark.parametrize(("field_type", "text", "options", "drawn"), VALUES)
def test_profile_draws_a_value_as_its_type_does(agent, field_type, text, options, drawn):
    field = FieldFactory(key="it", type=field_type, options=options)
    raw = text.split("\n") if field_type == "multichoice" else text
    customer = create_customer({"firstName": "Sam", "it": raw}, caller=agent.user)

    page = agent.get(url_of("customer-detail", customer)).content.decode()

    assert drawn in page.split(f'data-field="{field.key}"', 1)[1]


def test_profile_lists_the_newest_conversations(agent, customer):
    for number in range(22):
        converse(customer, number)

    response = agent.get(url_of("customer-detail", customer))

    assert "Conversations 22 SMS inbound open +923001234567 1 hour ago" in shown(response).replace(
        "\xa0", " "
    )
    assert response.content.decode().count("<b>SMS</b>") == 20
    assert "The newest 20 of 22." in shown(response)


def test_profile_hides_the_identifier_of_a_conversation_as_its_field(agent, customer):
    converse(customer, 1, channel="EMAIL")

    assert "sam.*******@*******.com" in shown(agent.get(url_of("customer-detail", customer)))


def test_profile_hides_identifiers_of_channels_that_no_field_serves(agent, supervisor, customer):
    ChannelType.objects.create(name="FAX", label="Fax", icon="unheard_of")
    touch_schema()
    converse(customer, 1, channel="FAX")
    path = url_of("customer-detail", customer)

    assert "+923001234567" not in shown(agent.get(path))
    assert "+923001234567" in shown(supervisor.get(path))


@pytest.mark.parametrize("count", [1, 3])
def test_profile_costs_the_same_for_one_and_for_many(agent, count, django_assert_num_queries):
    customer = CustomerFactory()
    for number in range(count):
        IdentityFactory(customer=customer)
        ValueFactory(customer=customer)
        WornLabelFactory(customer=customer)
        converse(customer, number)
    path = url_of("customer-detail", customer)
    agent.get(path)

    # Session, user, permissions twice; customer twice, schema, identities, values,
    # conversations, labels worn, whose hands they are in, and labels offered.
    with django_assert_num_queries(14):
        agent.get(path)


def test_profile_of_a_merged_customer_leads_to_the_survivor(agent, customer):
    alias = AliasFactory(customer=customer)

    response = agent.get(f"/customers/{alias.public_id}", follow=True)

    assert response.redirect_chain == [(url_of("customer-detail", customer), 302)]
    assert "was merged into the one that you see now" in shown(response)


@pytest.mark.parametrize("path", [f"/customers/{'a' * 24}", "/customers/%00", "/customers/x"])
def test_profile_of_nobody_is_not_found(agent, path):
    assert agent.get(path).status_code == 404


# Labels


def test_labels_are_put_on_and_taken_off(agent, customer):
    gold = LabelFactory(name="Gold", priority=7)
    add = url_of("customer-label-add", customer)

    added = agent.post(add, {"label": gold.public_id}, headers=HTMX)
    worn = list(customer.labels.all())
    removed = agent.post(url_of("customer-label-remove", customer, gold.public_id))

    assert "Gold" in shown(added)
    assert "Priority 7" in shown(added)
    assert worn == [gold]
    assert (removed.status_code, removed.url) == (302, url_of("customer-detail", customer))
    assert list(customer.labels.all()) == []
    customer.refresh_from_db()
    assert (customer.version, customer.updated_by) == (2, agent.user.get_username())


@pytest.mark.parametrize("label", ["", "x", "\0", "a" * 24])
def test_unknown_label_changes_nothing(agent, customer, label):
    agent.post(url_of("customer-label-add", customer), {"label": label})

    customer.refresh_from_db()
    assert customer.version == 0


def test_picker_offers_what_the_reader_may_put_on(agent, customer):
    tier = LabelGroup.objects.create(name="Tier")
    LabelFactory(name="Gold", group=tier)
    LabelFactory(name="Plain")
    LabelFactory(name="Old", is_archived=True)
    LabelFactory(name="Complaint", requires_reason=True, expires_after_days=30)
    worn = WornLabelFactory(label=only_for("Supervisor", "VIP"), customer=customer).label
    only_for("Supervisor", "Boss")

    page = agent.get(url_of("customer-detail", customer)).content.decode()

    assert '<optgroup label="Tier (one only)">' in page
    assert "Complaint (asks for a reason) · 30 days</option>" in page
    assert ">Plain</option>" in page
    assert not any(f">{name}</option>" in page for name in ("VIP", "Boss", "Old"))
    assert url_of("customer-label-remove", customer, worn.public_id) not in page


def only_for(role, name):
    label = LabelFactory(name=name)
    label.assignable_by.add(Group.objects.get(name=role))
    return label


def test_refused_label_says_why_and_keeps_what_was_typed(agent, customer):
    label = LabelFactory(name="Complaint", requires_reason=True)
    add = url_of("customer-label-add", customer)

    refused = agent.post(add, {"label": label.public_id, "until": "2030-12-31"}, headers=HTMX)
    plain = agent.post(add, {"label": label.public_id, "until": "soon"}, follow=True)

    assert (refused.status_code, plain.status_code) == (200, 200)
    markup = refused.content.decode()
    assert '"Complaint" needs a reason.' in shown(refused)
    assert 'value="2030-12-31"' in markup
    assert f'<option value="{label.public_id}" data-asks selected>' in markup
    assert "Must be a date such as 2030-12-31" in shown(plain)
    assert list(customer.labels.all()) == []


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_label_that_takes_another_off_says_so_and_offers_undo(agent, customer, headers):
    tier = LabelGroup.objects.create(name="Tier")
    silver, gold = (LabelFactory(name=name, group=tier) for name in ("Silver", "Gold"))
    WornLabelFactory(label=silver, customer=customer)
    add = url_of("customer-label-add", customer)

    first = agent.post(add, {"label": gold.public_id}, headers=headers, follow=True)
    again = agent.post(add, {"label": gold.public_id}, headers=headers, follow=True)

    edit = Operation.objects.get(kind="edit")
    assert "Gold put on, Silver taken off." in shown(first)
    assert f"/operations/{edit.public_id}/undo" in first.content.decode()
    assert "taken off" not in shown(again)
    assert list(customer.labels.all()) == [gold]


def test_chip_tells_until_when_and_why(agent, customer):
    label = LabelFactory(name="Complaint", requires_reason=True)

    added = agent.post(
        url_of("customer-label-add", customer),
        {"label": label.public_id, "reason": "Wrong <invoice>", "until": "2030-12-23"},
        headers=HTMX,
    )
    told = agent.get(url_of("customer-activity", customer), headers=HTMX)

    title = 'title="until 23 Dec 2030 · Wrong &lt;invoice&gt;"'
    assert title in added.content.decode()
    assert "Wrong <invoice>" in shown(told)
    assert "Complaint (until 23 Dec 2030)" in shown(told)


def test_label_of_another_role_is_not_taken_off(agent, customer):
    vip = WornLabelFactory(label=only_for("Supervisor", "VIP"), customer=customer).label

    response = agent.post(url_of("customer-label-remove", customer, vip.public_id), headers=HTMX)

    assert "is put on and taken off by Supervisor only." in shown(response)
    assert list(customer.labels.all()) == [vip]


@pytest.mark.parametrize(
    ("channels", "badge"),
    [(["*"], "Do not contact Calls"), (["SMS", "EMAIL"], "Do not contact: E-mail, SMS Calls")],
    ids=str,
)
def test_profile_says_where_not_to_contact(agent, customer, channels, badge):
    label = LabelFactory(name="Calls", do_not_contact=channels)
    before = shown(agent.get(url_of("customer-detail", customer)))

    WornLabelFactory(label=label, customer=customer)

    assert "Do not contact" not in before
    assert badge in shown(agent.get(url_of("customer-detail", customer)))


def test_labels_need_their_rights(customer):
    gold = LabelFactory()
    WornLabelFactory(customer=customer, label=gold)
    nobody = logged_in()
    add = url_of("customer-label-add", customer)
    remove = url_of("customer-label-remove", customer, gold.public_id)

    assert nobody.post(add, {"label": LabelFactory().public_id}).status_code == 403
    assert nobody.post(remove).status_code == 403
    assert list(customer.labels.all()) == [gold]


# Edit and create


def test_edit_saves_what_was_touched_and_keeps_the_rest(agent, customer):
    data = typed(agent, customer) | {"city": "Lahore", "pin": ""}

    response = agent.post(url_of("customer-edit", customer), data, follow=True)

    assert response.redirect_chain == [(url_of("customer-detail", customer), 302)]
    assert "Saved." in shown(response)
    assert dict(customer.values.values_list("field__key", "text")) == {
        "city": "Lahore",
        "nationalId": "35202-1234567-1",
        "pin": "opensesame",
    }
    assert list(customer.identities.values_list("value", flat=True)) == [
        "+92 300 1234567",
        "ayesha.khan@example.com",
    ]


def test_edit_that_touches_nothing_writes_nothing(agent, customer):
    agent.post(url_of("customer-edit", customer), typed(agent, customer))

    customer.refresh_from_db()
    assert customer.version == 0


def test_edit_shows_masks_and_no_password(agent, customer):
    page = agent.get(url_of("customer-edit", customer)).content.decode()

    assert 'value="352************"' in page
    assert 'value="ayes*******@*******.com"' in page
    for secret in ("ayesha.khan@", "35202-1234567-1", "opensesame"):
        assert secret not in page


def test_edit_adds_an_identifier_beside_a_masked_one(agent, customer):
    data = typed(agent, customer)
    data["email"] = [data["email"][0], "new@example.com"]

    agent.post(url_of("customer-edit", customer), data)

    kept = customer.identities.filter(field__key="email").values_list("value", flat=True)
    assert sorted(kept) == ["ayesha.khan@example.com", "new@example.com"]


def test_edit_shows_problems_at_their_fields(agent, customer):
    wrong = {"firstName": "", "phoneNumber": ["no number"], "city": "\0", "web": ["x"] * 11}

    response = agent.post(url_of("customer-edit", customer), typed(agent, customer) | wrong)

    text = shown(response)
    assert "First name * (required) This field is required." in text
    assert "Null characters are not allowed." in text
    assert "Holds at most 10 values." in text
    customer.refresh_from_db()
    assert (customer.version, customer.first_name) == (0, "Ayesha Khan")


def test_edit_shows_what_the_business_rules_refuse(agent, customer):
    response = agent.post(
        url_of("customer-edit", customer), typed(agent, customer) | {"phoneNumber": ["nonsense"]}
    )

    assert "Phone number Remove Phone number nonsense" in shown(response)
    assert "Not a phone number: it holds the letters" in shown(response)


def test_edit_on_a_stale_version_shows_both_and_saves_nothing(agent, supervisor, customer):
    old = typed(agent, customer)
    theirs = typed(supervisor, customer) | {"city": "Karachi", "firstName": "Aisha Khan"}
    supervisor.post(url_of("customer-edit", customer), theirs)

    response = agent.post(url_of("customer-edit", customer), old | {"city": "Lahore"})

    assert response.status_code == 409
    assert "Somebody was faster." in shown(response)
    assert "Now: Karachi" in shown(response)
    page = response.content.decode()
    assert 'value="Lahore"' in page
    assert 'value="Aisha Khan"' in page
    assert customer.values.get(field__key="city").text == "Karachi"


def test_edit_saved_again_after_a_stale_version_changes_only_what_was_typed(
    agent, supervisor, customer
):
    supervisor.post(
        url_of("customer-edit", customer),
        typed(supervisor, customer) | {"city": "Karachi", "firstName": "Aisha Khan"},
    )

    agent.post(url_of("customer-edit", customer), typed(agent, customer) | {"city": "Lahore"})

    customer.refresh_from_db()
    assert (customer.first_name, customer.version) == ("Aisha Khan", 2)
    assert customer.values.get(field__key="city").text == "Lahore"


def test_edit_keeps_line_ends_and_moments_it_did_not_touch(agent):
    FieldFactory(key="notes", length=500)
    FieldFactory(key="at", type="datetime")
    body = {"firstName": "Sam", "notes": "one\ntwo", "at": "2026-03-04T09:30:00Z"}
    customer = create_customer(body, caller=agent.user)
    data = typed(agent, customer) | {"notes": "one\r\ntwo", "firstName": "Samuel"}

    agent.post(url_of("customer-edit", customer), data)

    assert dict(customer.values.values_list("field__key", "text")) == {
        "notes": "one\ntwo",
        "at": "2026-03-04T09:30:00Z",
    }
    customer.refresh_from_db()
    assert customer.version == 1


def test_edit_offers_the_options_of_choices(agent):
    options = [{"value": "ur", "label": "Urdu"}, {"value": "en", "label": "English"}]
    FieldFactory(key="language", type="choice", options=options)
    FieldFactory(key="spoken", type="multichoice", options=options)
    FieldFactory(key="vip", type="boolean")
    customer = CustomerFactory(first_name="Sam")
    data = typed(agent, customer)
    data |= {"language": "ur", "spoken": ["ur", "en"], "vip": "true"}

    agent.post(url_of("customer-edit", customer), data)

    assert dict(customer.values.values_list("field__key", "text")) == {
        "language": "ur",
        "spoken": "ur\nen",
        "vip": "true",
    }


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("0300 1234567", 'name="phoneNumber" value="+923001234567"'),
        ("0300", 'name="phoneNumber" value="0300"'),
        ("Sam@Example.com", 'name="email" value="sam@example.com"'),
        ("Sam Jackson", 'name="firstName" value="Sam Jackson"'),
    ],
)
def test_create_starts_with_the_query(agent, query, value):
    ChannelType.objects.update(default_region="PK")
    touch_schema()

    response = agent.get("/customers/new", {"q": query})

    assert value in response.content.decode()


def test_create_adds_a_customer(agent):
    data = {"firstName": "Sam", "phoneNumber": ["", "+923001234567"]}

    response = agent.post("/customers/new", data, follow=True)

    customer = Customer.objects.get()
    assert response.redirect_chain == [(url_of("customer-detail", customer), 302)]
    assert "The customer was added." in shown(response)
    assert (customer.first_name, customer.created_by) == ("Sam", agent.user.get_username())
    assert list(customer.identities.values_list("value", flat=True)) == ["+923001234567"]


def test_create_insists_on_a_name(agent):
    response = agent.post("/customers/new", {"firstName": " ", "web": ["sam"]})

    assert "This field is required." in shown(response)
    assert not Customer.objects.exists()


def test_create_gives_other_required_fields_their_default(agent):
    FieldFactory(key="country", is_required=True, default_value="PK")

    agent.post("/customers/new", {"firstName": "Sam"})

    assert Customer.objects.get().values.get().text == "PK"


def test_create_explains_why_a_second_unknown_caller_cannot_be(agent):
    body = {"firstName": "Jane Doe", "web": ["sam"]}
    create_customer(body, caller=agent.user)

    response = agent.post("/customers/new", body)

    assert "An anonymous customer with one of these identifiers exists already" in shown(response)
    assert Customer.objects.count() == 1
