"""Webhooks in the admin: who sees and manages them, and what their pages tell."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from customers.statistics.figures import refresh_figures
from schema_builder.models import FieldDefinition
from schema_builder.versions import touch_schema
from tests.support.factories import CustomerFactory
from tests.support.operations import edit
from tests.support.staff import errors_of, staff
from tests.webhooks.subscriptions import subscribed
from webhooks.models import TEST, Delivery, Event, Subscription

pytestmark = pytest.mark.django_db

LIST = "/admin/webhooks/subscription/"
ADD = f"{LIST}add/"
DELIVERIES = "/admin/webhooks/delivery/"
URL = "https://8.8.8.8/hook"
CONFIRMED = {"confirmed": "yes"}
MANAGE = [f"webhooks.{deed}_subscription" for deed in ("view", "add", "change", "delete")]
LOOK = ["customers.view_customer", "webhooks.view_subscription"]


def filled(**values):
    role = Group.objects.get(name="Integration (read)").pk
    body = {"name": "CRM", "url": URL, "event_types": ["customer.updated"], "role": role}
    return body | {"is_active": "on"} | values


@pytest.fixture
def webhook():
    subscription, _ = subscribed(URL, "customer.updated", name="CRM")
    return subscription


@pytest.fixture
def administrator():
    return staff("Administrator")


def page_of(row, deed="change"):
    return f"/admin/webhooks/{row._meta.model_name}/{row.pk}/{deed}/"


def delivered(customer=None, **values):
    """A delivery of an edit of `customer`, as it would be after these `values`."""
    edit(customer or CustomerFactory(), firstName="Ann")
    delivery = Delivery.objects.order_by("id").last()
    Delivery.objects.filter(pk=delivery.pk).update(**values)
    return delivery


def test_webhook_is_created_and_its_secret_shown_once(administrator):
    response = administrator.post(ADD, filled())

    subscription = Subscription.objects.get()
    [secret] = subscription.secrets(timezone.now())
    assert secret in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert (subscription.name, subscription.url, subscription.event_types) == (
        "CRM",
        URL,
        ["customer.updated"],
    )
    assert subscription.created_by == administrator.user.username
    assert secret not in administrator.get(page_of(subscription, "change")).content.decode()


@pytest.mark.parametrize(
    ("values", "field", "problem"),
    [
        ({"url": "http://127.0.0.1/"}, "url", "Address is not public."),
        ({"url": "https://169.254.169.254/"}, "url", "Address is not public."),
        ({"url": "ftp://8.8.8.8/"}, "url", "Begin with https:// or http://."),
        ({"url": "https://8.8.8.8:22/"}, "url", "Port 22 is not called. Ports that are: 80, 443."),
        ({"url": ""}, "url", "This field is required."),
        ({"name": ""}, "name", "This field is required."),
        ({"name": "a\x00b"}, "name", "Null characters are not allowed."),
        ({"event_types": []}, "event_types", "This field is required."),
        (
            {"event_types": ["nothing"]},
            "event_types",
            "Select a valid choice. nothing is not one of the available choices.",
        ),
        (
            {"role": "0"},
            "role",
            "Select a valid choice. That choice is not one of the available choices.",
        ),
    ],
)
def test_webhook_that_makes_no_sense_is_refused(administrator, values, field, problem):
    response = administrator.post(ADD, filled(**values))

    assert errors_of(response) == {field: [problem]}
    assert not Subscription.objects.exists()


def test_name_is_taken_once(administrator, webhook):
    response = administrator.post(ADD, filled())

    assert errors_of(response) == {"name": ["There is a webhook with this name already."]}


def test_nobody_lets_others_see_what_they_may_not():
    client = staff(may=["customers.view_customer", *MANAGE])

    response = client.post(ADD, filled(may_view_pii="on"))

    # Their own rights are less than those of an integration.
    assert errors_of(response).keys() == {"role"}
    assert not Subscription.objects.exists()


def test_nobody_sends_elsewhere_what_they_may_not_see(webhook):
    Subscription.objects.update(may_view_pii=True)
    client = staff("Administrator")
    rights = Group.objects.get(name="Administrator").permissions
    rights.remove(rights.get(codename="view_pii"))

    response = client.post(
        page_of(webhook, "change"), filled(url="https://1.1.1.1/", may_view_pii="on")
    )

    assert errors_of(response) == {"may_view_pii": ["You may not see personal data yourself."]}
    webhook.refresh_from_db()
    assert webhook.url == URL


def test_webhook_can_always_be_switched_off(webhook):
    Subscription.objects.update(url="https://nowhere.invalid/", may_view_pii=True)
    client = staff(may=["customers.view_customer", *MANAGE])
    body = filled(url="https://nowhere.invalid/", may_view_pii="on")
    del body["is_active"]

    client.post(page_of(webhook, "change"), body)

    webhook.refresh_from_db()
    assert not webhook.is_active


def test_address_is_shown_to_who_may_change_it():
    subscription, _ = subscribed("https://8.8.8.8/hook?token=hidden")
    supervisor, administrator = staff("Supervisor"), staff("Administrator")

    for url in (LIST, page_of(subscription, "change")):
        assert "token=hidden" not in supervisor.get(url).content.decode()
        assert "token=hidden" in administrator.get(url).content.decode()


def test_many_are_not_deleted_at_once(administrator, webhook):
    chosen = {"action": "delete_selected", "_selected_action": [webhook.pk], "post": "yes"}

    administrator.post(LIST, chosen)

    assert Subscription.objects.count() == 1


def test_deleted_webhook_keeps_no_role(administrator):
    role = Group.objects.create(name="Night shift")
    subscription, _ = subscribed(URL, role="Night shift")

    administrator.post(page_of(subscription, "delete"), {"post": "yes"})

    role.delete()
    assert Subscription.everything.get().role is None


def test_change_keeps_the_secret(administrator, webhook):
    before = webhook.sealed_secret

    administrator.post(page_of(webhook, "change"), filled(url="https://1.1.1.1/"))

    webhook.refresh_from_db()
    assert (webhook.url, webhook.sealed_secret) == ("https://1.1.1.1/", before)


def test_webhook_that_is_switched_on_again_begins_anew(administrator, webhook):
    delivery = delivered(attempts=3, due_at=timezone.now() + timezone.timedelta(hours=9))
    Subscription.objects.update(
        is_active=False, problem="It answered that it is gone (410).", failing_since=timezone.now()
    )
    page = administrator.get(page_of(webhook, "change")).content.decode()
    assert "It answered that it is gone (410)." in page

    administrator.post(page_of(webhook, "change"), filled())

    webhook.refresh_from_db()
    delivery.refresh_from_db()
    assert (webhook.is_active, webhook.problem, webhook.failing_since) == (True, "", None)
    assert delivery.due_at <= timezone.now()


def test_test_is_sent(administrator, webhook):
    url = page_of(webhook, "test")
    assert "Send a test to CRM?" in administrator.get(url).content.decode()

    response = administrator.post(url, CONFIRMED)

    delivery = Delivery.objects.get()
    assert response.url == page_of(delivery, "change")
    assert delivery.event.type == TEST
    assert "webhook.test" in administrator.get(response.url).content.decode()


def test_secret_is_rotated(administrator, webhook):
    [old] = webhook.secrets(timezone.now())

    response = administrator.post(page_of(webhook, "rotate"), CONFIRMED)

    webhook.refresh_from_db()
    new, before = webhook.secrets(timezone.now())
    assert before == old != new
    assert new in response.content.decode()
    assert old not in response.content.decode()


def test_failed_deliveries_are_sent_again(administrator, webhook):
    failed, other = delivered(status="failed", attempts=8), delivered(status="delivered")

    administrator.post(page_of(webhook, "again"), CONFIRMED)

    failed.refresh_from_db()
    other.refresh_from_db()
    assert (failed.status, failed.attempts, other.status) == ("waiting", 0, "delivered")


def test_one_delivery_is_sent_again(administrator, webhook):
    delivery = delivered(status="delivered", attempts=1)

    administrator.post(page_of(delivery, "again"), CONFIRMED)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("waiting", 0)


def test_selected_deliveries_are_sent_again(administrator, webhook):
    failed = [delivered(status="failed") for _ in range(2)]
    chosen = {"action": "send_selected_again", "_selected_action": [row.pk for row in failed]}

    administrator.post(DELIVERIES, chosen)

    assert not Delivery.objects.exclude(status="waiting").exists()


def test_deleted_webhook_is_gone_from_the_list(administrator, webhook):
    delivered()
    page = administrator.get(page_of(webhook, "delete")).content.decode()
    assert "CRM" in page

    administrator.post(page_of(webhook, "delete"), {"post": "yes"})

    assert not Subscription.objects.exists()
    assert Subscription.everything.count() == 1
    assert administrator.post(ADD, filled()).status_code == 200
    assert Subscription.objects.get().name == "CRM"


def test_supervisor_sees_webhooks_and_changes_none(webhook):
    client = staff("Supervisor")
    delivery = delivered(status="failed")

    assert client.get(LIST).status_code == 200
    assert client.get(page_of(webhook, "change")).status_code == 200
    assert client.get(page_of(delivery, "change")).status_code == 200
    for url in (ADD, page_of(webhook, "change"), page_of(webhook, "delete")):
        assert client.post(url, filled()).status_code == 403
    for url in (
        page_of(webhook, "test"),
        page_of(webhook, "again"),
        page_of(webhook, "rotate"),
        page_of(delivery, "again"),
    ):
        assert client.post(url, CONFIRMED).status_code == 403
    delivery.refresh_from_db()
    assert (delivery.status, Event.objects.count()) == ("failed", 1)


@pytest.mark.parametrize("role", ["Agent", None])
def test_others_see_none(webhook, role):
    client = staff(role)
    delivery = delivered()

    for url in (LIST, ADD, page_of(webhook, "change"), DELIVERIES, page_of(delivery, "change")):
        assert client.get(url).status_code == 403


def test_body_is_shown_as_the_viewer_may_see_it(webhook):
    Subscription.objects.update(may_view_pii=True)
    FieldDefinition.objects.filter(key="firstName").update(is_pii=True)
    touch_schema()
    customer = CustomerFactory(first_name="Quintilian")
    delivery = delivered(customer)

    plain = staff("Supervisor").get(page_of(delivery, "change")).content.decode()
    masked = staff(may=LOOK).get(page_of(delivery, "change")).content.decode()

    assert "Quintilian" in plain
    assert "Quintilian" not in masked


def test_delivery_about_somebody_who_is_gone_is_shown(webhook):
    customer = CustomerFactory()
    delivery = delivered(customer)
    customer.delete()

    page = staff("Supervisor").get(page_of(delivery, "change")).content.decode()

    assert customer.public_id in page


def found(client, **asked):
    return [row.pk for row in client.get(DELIVERIES, asked).context["cl"].result_list]


def test_deliveries_are_filtered_and_searched(webhook):
    amy = CustomerFactory()
    failed, done = delivered(amy, status="failed"), delivered(status="delivered")
    client = staff("Supervisor")

    assert found(client) == [done.pk, failed.pk]
    assert found(client, status__exact="failed") == [failed.pk]
    assert found(client, when="30d", status__exact="delivered") == [done.pk]
    assert found(client, subscription__id__exact=webhook.pk) == [done.pk, failed.pk]
    assert found(client, q=amy.public_id) == [failed.pk]
    assert found(client, q=failed.event.public_id) == [failed.pk]
    assert found(client, q="nobody") == []


@pytest.mark.parametrize("asked", ["sealed_secret__startswith", "subscription__sealed_secret__gt"])
def test_secrets_cannot_be_asked_for_piece_by_piece(webhook, asked):
    delivered()
    client = staff("Administrator")

    for url in (LIST, DELIVERIES):
        assert client.get(url, {asked: "g"}).status_code in (302, 400)


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_however_long(django_assert_num_queries, count):
    for n in range(count):
        subscribed(URL, "customer.updated", name=f"Hook {n}")
    for _ in range(count):
        delivered()
    client = staff("Supervisor")
    client.get(LIST)

    with django_assert_num_queries(7):
        assert len(client.get(LIST).context["cl"].result_list) == count
    with django_assert_num_queries(7):
        assert len(client.get(DELIVERIES).context["cl"].result_list) == count * count


@pytest.mark.parametrize("count", [1, 3])
def test_page_of_a_webhook_costs_the_same_however_much_was_sent(
    webhook, django_assert_num_queries, count
):
    for _ in range(count):
        delivered(status="failed")
    client = staff("Administrator")
    client.get(LIST)

    with django_assert_num_queries(12):
        client.get(page_of(webhook, "change"))


def test_home_counts_what_was_given_up(webhook):
    delivered(status="failed")
    delivered(status="delivered")
    refresh_figures()
    client = staff("Supervisor")

    tile = next(t for t in client.get("/admin/").context["tiles"] if t.title == "Failed webhooks")

    assert (tile.number, tile.needs_work) == ("1", True)
    assert [row.status for row in client.get(tile.link).context["cl"].result_list] == ["failed"]


def test_home_tells_nothing_of_webhooks_to_others(webhook):
    refresh_figures()

    context = staff("Agent").get("/admin/").context

    assert "Failed webhooks" not in [tile.title for tile in context["tiles"]]


def test_first_webhook_is_a_step_of_the_set_up():
    client = staff("Administrator")

    def step():
        steps = client.get("/admin/").context["steps"]
        return next(done for step, done in steps if step.key == "webhooks")

    assert not step()
    subscribed(URL, name="CRM")
    assert step()
