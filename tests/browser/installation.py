"""An installation in use: something of everything that a page can show."""

from types import SimpleNamespace

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.models import Group

from customers.background.bulk import enqueue_bulk
from customers.bulk.change import BulkChange
from customers.duplicates.queue import refresh_pairs
from customers.exports.export import enqueue_export
from customers.imports.options import Rules
from customers.lists.columns import list_columns
from customers.models import Customer, DuplicateRule, SavedFilter
from customers.profiles.lifecycle import create_customer, label_customer
from customers.statistics.figures import refresh_figures
from jobs.worker import Worker
from labels.models import LabelGroup
from schema_builder.models import ChannelType, IgnoredIdentifier
from schema_builder.schema import current_schema
from schema_builder.types import TYPES
from tests.schema_builder.schemas import want, want_new
from tests.support.factories import FieldFactory, LabelFactory, TokenFactory, UserFactory
from tests.support.imports import rehearsed
from tests.support.operations import SAM, edit, linked
from tests.webhooks.subscriptions import subscribed
from webhooks.delivering import settle
from webhooks.http_client import Answer
from webhooks.models import Delivery

PHONE = "+923001234567"
PEOPLE = "Name,Phone number\nAmal,+923001234500\nBea,0000\n"
TWIN = {"firstName": "Sam Twin", "phoneNumber": ["+923001234599"]}
OPTIONS = [{"value": "gold", "label": "Gold"}, {"value": "basic", "label": "Basic"}]


def install() -> SimpleNamespace:
    """Fill the database; answers its rows by the names that pages use in their paths."""
    sue = UserFactory(username="sue", role="Administrator", is_staff=True, first_name="Sue")
    shift = Group.objects.create(name="Night shift")
    rows = {
        "sue": sue,
        "role": sue.groups.get(),
        "shift": shift,
        **schema(),
        **labels(),
        **log_ins(sue),
    }
    rows |= customers(rows["gold"], rows["quiet"])
    saved = SavedFilter.objects.create(owner=sue, name="Gold", conditions=[["town", "is", "Ulm"]])
    change = BulkChange(fields={"town": "Bonn"})
    job = enqueue_bulk([rows["oliver"].pk], change, caller=sue, reason="Moved")
    export = enqueue_export(Customer.objects.all(), exported_columns(sue), caller=sue)
    Worker().drain()
    # After the worker, which would send something.
    rows |= webhooks(rows["oliver"])
    refresh_figures()
    upload = rehearsed(PEOPLE, Rules(["firstName", "phoneNumber"]), sue)
    draft()
    rows |= {"rule": DuplicateRule.objects.order_by("id").first(), "upload": upload}
    return SimpleNamespace(
        **rows, saved=saved, job=job, export=export, token=TokenFactory(name="Billing")[0]
    )


def exported_columns(user):
    return list(list_columns(current_schema(), user).values())


def schema():
    """A field of every type, one of them personal data."""
    for key in TYPES:
        options = OPTIONS if "choice" in key else []
        FieldFactory(key=f"own{key}", label=f"Own {key}", type=key, section="All", options=options)
    FieldFactory(key="income", label="Income", section="Personal", is_pii=True)
    town = FieldFactory(key="town", label="Town", section="Personal", is_searchable=True)
    ignored = IgnoredIdentifier.objects.create(value="not known")
    return {"town": town, "sms": ChannelType.objects.get(name="SMS"), "ignored": ignored}


def draft():
    """Changes of the schema that nobody has published yet, of every weight."""
    want_new("nickname")
    want("town", label="Place", is_required=True, pattern="[A-Z]+")
    want("ownchoice", options=OPTIONS[1:])


def labels():
    tier = LabelGroup.objects.create(name="Tier")
    gold = LabelFactory(name="Gold", color="#ffd700", priority=7, group=tier)
    quiet = LabelFactory(name="Do not call", color="#7a1020", do_not_contact=["SMS"])
    return {"tier": tier, "gold": gold, "quiet": quiet}


def log_ins(user):
    seen = {"ip_address": "127.0.0.1", "user_agent": "Firefox", "username": user.username}
    return {
        "attempt": AccessAttempt.objects.create(**seen, failures_since_start=9),
        "failure": AccessFailureLog.objects.create(**seen),
        "log_in": AccessLog.objects.create(**seen),
    }


def webhooks(customer):
    """A webhook that is failing, and what it was not told."""
    webhook, _ = subscribed("https://crm.example.com/", "customer.updated", name="CRM")
    edit(customer, town="Ulm")
    delivery = Delivery.objects.get()
    answer = Answer(503, "It answered 503 Service Unavailable.", 12)
    delivery.attempts = 9
    settle(delivery, answer)
    return {"webhook": webhook, "delivery": delivery}


def customers(*labels):
    """Two who may be the same, one with another number, and a caller nobody knows."""
    fields = {
        "town": "Ulm",
        "income": "90000",
        "ownnumber": 7,
        "ownchoice": "gold",
        "ownurl": "https://example.com",
    }
    body = {"phoneNumber": [PHONE], "email": ["a@example.com"], **fields}
    ayesha = create_customer({"firstName": "Ayesha Khan", **body}, caller=SAM)
    khan = create_customer({"firstName": "A. Khan", "phoneNumber": [PHONE]}, caller=SAM)
    oliver = create_customer({"firstName": "Oliver", "whatsapp": ["+923217654321"]}, caller=SAM)
    unknown = create_customer({"phoneNumber": ["+923217654399"]}, caller=SAM)
    label_customer(ayesha, caller=SAM, add=labels)
    linked("c1", ayesha, PHONE)
    linked("c2", unknown, "+923217654399")
    operation = edit(ayesha, town="Bonn")
    edit(ayesha, town="Ulm", ownboolean=True)
    twins = [create_customer(TWIN, caller=SAM).pk for _ in range(2)]
    refresh_pairs([ayesha.pk, khan.pk, *twins])
    known = {"ayesha": ayesha, "khan": khan, "oliver": oliver, "unknown": unknown}
    return {**known, "operation": operation}
