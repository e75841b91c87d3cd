"""The theme runs scripts in attributes: nothing that somebody typed may become markup."""

import pytest
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from customers.models import Conversation, Customer
from labels.models import Label
from schema_builder.models import ChannelType, FieldDefinition, IgnoredIdentifier
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
from tests.support.staff import staff

pytestmark = pytest.mark.django_db

MARKUP = '\'"><i x-data x-init="x()">'
LOOK = [
    "customers.view_customer",
    "customers.view_pii",
    "customers.view_channelidentity",
    "customers.view_conversation",
    "labels.view_label",
    "schema_builder.view_fielddefinition",
    "schema_builder.view_channeltype",
]


def typed(name):
    """Markup that says where it was typed."""
    return f"{name}{MARKUP}"


@pytest.fixture
def customer():
    """One whose every text, and every text around it, is markup."""
    label = LabelFactory(
        name=typed("name"), description=typed("worth"), created_by=typed("a"), updated_by=typed("b")
    )
    customer = CustomerFactory(
        first_name=typed("customer"), created_by=typed("a"), updated_by=typed("b")
    )
    WornLabelFactory(customer=customer, label=label)
    texts = {"description": typed("help"), "section": typed("section"), "is_searchable": True}
    plain = FieldFactory(key="plain", label=typed("plain"), default_value=typed("d"), **texts)
    option = {"value": typed("value"), "label": typed("option")}
    choice = FieldFactory(
        key="choice", label=typed("choice"), type="choice", options=[option], **texts
    )
    choices = FieldFactory(
        key="choices", label=typed("choices"), type="multichoice", options=[option], **texts
    )
    handle = FieldFactory(
        key="handle", label=typed("handle"), is_channel_identifier=True, serves=["WEB"], **texts
    )
    ValueFactory(customer=customer, field=plain, text=typed("text"))
    ValueFactory(customer=customer, field=choice, text=option["value"])
    ValueFactory(customer=customer, field=choices, text=option["value"])
    IdentityFactory(
        customer=customer, of=handle.key, value=typed("id"), verified_by=typed("c"), source="web"
    )
    ChannelType.objects.filter(name="WEB").update(label=typed("channel"), icon=typed("icon"))
    Conversation.objects.create(
        conversation_id=typed("talk"),
        customer=customer,
        channel_type=ChannelType.objects.get(name="WEB"),
        identifier=typed("other side"),
    )
    IgnoredIdentifier.objects.create(value=typed("ignored"))
    UserFactory(username=typed("user"), first_name=typed("first"))
    TokenFactory(name=typed("token"), created_by=typed("a"))
    return customer


def pages():
    """Every page of every table and of its newest rows."""
    for model in site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_add")
        for pk in model._base_manager.order_by("-pk").values_list("pk", flat=True)[:5]:
            for page in ("change", "delete", "history"):
                yield reverse(f"{name}_{page}", args=[pk])


def leaks(response):
    page = response.content.decode()
    return "<i x-data" in page or "'\"&gt;" in page


@pytest.mark.parametrize(
    "client", [lambda: staff(is_superuser=True), lambda: staff(may=LOOK)], ids=["all", "look"]
)
def test_no_page_draws_what_somebody_typed(customer, client):
    client = client()
    for number, row in enumerate([customer, *FieldDefinition.objects.all(), *Label.objects.all()]):
        LogEntry.objects.log_actions(client.user.pk, [row], 2, typed(str(number)))

    answers = {page: client.get(page) for page in ("/admin/", *pages())}

    assert [page for page, answer in answers.items() if leaks(answer)] == []
    shown = client.get(reverse("admin:customers_customer_change", args=[customer.pk]))
    assert "customer&#x27;&quot;&gt;&lt;i x-data" in shown.content.decode()
    assert {answer.status_code for answer in answers.values()} <= {200, 403}


@pytest.mark.parametrize("query", ["s=x-data&extended", "s=%22%3E%3Ci+x-data&extended"])
def test_no_search_draws_what_somebody_typed(customer, query):
    response = staff(is_superuser=True).get(f"/admin/search/?{query}")

    assert response.status_code == 200
    assert "&lt;i x-data" in response.content.decode()
    assert not leaks(response)


@pytest.mark.parametrize("model", [Customer, FieldDefinition, Label, ChannelType])
def test_no_confirmation_draws_what_somebody_typed(customer, model):
    client = staff(is_superuser=True)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    keys = [str(pk) for pk in model.objects.values_list("pk", flat=True)]

    action = "delete" if model is Customer else "delete_selected"
    response = client.post(
        reverse(f"{name}_changelist"),
        {"action": action, "_selected_action": keys},
        follow=True,
    )

    assert response.status_code == 200
    assert not leaks(response)


def test_help_of_a_customer_field_is_text(customer):
    page = staff("Supervisor").get("/admin/customers/customer/add/").content.decode()

    assert "help&#x27;&quot;&gt;&lt;i x-data x-init=&quot;x()&quot;&gt;" in page


def test_help_that_django_writes_keeps_its_list(admin_client):
    page = admin_client.get("/admin/auth/user/add/").content.decode()

    assert "<ul><li>Your password" in page


def test_answers_to_a_write_draw_nothing_that_somebody_typed(customer):
    client = staff(is_superuser=True)
    name = typed("other")

    saved = client.post(
        "/admin/labels/label/add/", {"name": name, "color": "#112233", "priority": "1"}, follow=True
    )
    refused = client.post(
        "/admin/labels/label/add/", {"name": name, "color": MARKUP[:9], "priority": MARKUP}
    )

    assert "other&#x27;" in saved.content.decode()
    assert not leaks(saved)
    assert refused.status_code == 200
    assert not leaks(refused)
