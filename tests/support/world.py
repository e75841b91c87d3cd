"""An installation that grows: each time one more of everything that a page lists."""

from types import SimpleNamespace

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from access.credentials import credential_of
from customers.duplicates.queue import refresh_pairs
from customers.imports.options import Rules
from customers.models import (
    CustomerAlias,
    DuplicateRule,
    ExportPart,
    ImportReject,
    Operation,
    SavedFilter,
)
from customers.models.exported import EXPORT_MANY
from customers.profiles.lifecycle import create_customer, label_customer
from customers.statistics.figures import refresh_figures
from foundation.public_ids import new_public_id
from labels.models import LabelGroup
from schema_builder import drafts
from schema_builder.models import ChannelType, IgnoredIdentifier
from tests.schema_builder.schemas import want, want_new
from tests.webhooks.subscriptions import subscribed
from webhooks.models import Delivery

from .factories import FieldFactory, JobFactory, LabelFactory, TokenFactory, UserFactory
from .imports import rehearsed
from .operations import SAM, edit, linked

PHONE, STRANGER = "+923001234567", "+923217654399"
TWIN = {"firstName": "Sam Twin", "phoneNumber": ["+923001234599"]}
SEEN = {"ip_address": "127.0.0.1", "user_agent": "Firefox"}
OPTIONS = [{"value": value, "label": value.title()} for value in ("gold", "silver", "basic")]


def begun() -> SimpleNamespace:
    """What there is one of: who looks, and what a page about one thing is about."""
    sue = UserFactory(username="sue", role="Administrator", is_staff=True)
    rows = {
        "ayesha": create_customer({"firstName": "Ayesha", "phoneNumber": [PHONE]}, caller=SAM),
        "khan": create_customer({"firstName": "A. Khan", "phoneNumber": [PHONE]}, caller=SAM),
        "unknown": create_customer({"phoneNumber": [STRANGER]}, caller=SAM),
    }
    rows["told"] = create_customer({"firstName": "Told"}, caller=SAM)
    twins = [create_customer(TWIN, caller=SAM).pk for _ in range(2)]
    refresh_pairs(twins)
    linked("unknown", rows["unknown"], STRANGER)
    rows |= {"sue": sue, "role": Group.objects.create(name="Night shift"), "size": 0}
    rows["tier"] = LabelGroup.objects.create(name="Tier", is_exclusive=False)
    rows["quiet"] = LabelFactory(name="Quiet")
    rows["gold"] = LabelFactory(name="Gold", group=rows["tier"], do_not_contact=["SMS"])
    rows["town"] = FieldFactory(key="town", label="Town", is_searchable=True)
    rows["sms"] = ChannelType.objects.get(name="SMS")
    rows["ignored"] = IgnoredIdentifier.objects.create(value="not known")
    rows["job"] = JobFactory(
        owner=credential_of(sue),
        created_by="sue",
        status="done",
        result={"refusals": [], "refused": 1},
    )
    rows["export"] = JobFactory(
        kind=EXPORT_MANY,
        owner=credential_of(sue),
        created_by="sue",
        status="done",
        finished_at=timezone.now(),
    )
    rows["rule"] = DuplicateRule.objects.order_by("id").first()
    rows["token"] = TokenFactory(name="Billing")[0]
    return SimpleNamespace(**rows)


def grow(rows: SimpleNamespace) -> None:
    """Add one of everything."""
    number = rows.size = rows.size + 1
    role = more_people(rows, number)
    label = more_labels(rows, role, number)
    more_fields(rows, role, number)
    more_of_customers(rows, label, number)
    more_work(rows, number)
    more_draft(number)
    more_webhooks(rows, number)
    more_log_entries(rows, number)
    refresh_figures()


def more_people(rows, number):
    role = Group.objects.create(name=f"Role {number}")
    right = Permission.objects.order_by("id")[number]
    for group in (role, rows.role):
        group.permissions.add(right)
    user = UserFactory(is_staff=True)
    user.groups.add(role, rows.role)
    for person in (user, rows.sue):
        person.groups.add(role)
        person.user_permissions.add(right)
    TokenFactory(name=f"System {number}")
    for username in ("sue", user.username):
        seen = {**SEEN, "username": username, "ip_address": f"127.0.0.{number}"}
        rows.attempt = AccessAttempt.objects.create(**seen, failures_since_start=9)
        rows.failure = AccessFailureLog.objects.create(**seen)
        rows.log_in = AccessLog.objects.create(**seen)
    columns = [".identifiers", ".lastConversation", "labels", "town", "level1"]
    rows.saved = SavedFilter.objects.create(
        owner=rows.sue, name=f"Own {number}", columns=columns, conditions=[["town", "filled"]]
    )
    SavedFilter.objects.create(owner=user, name=f"Shared {number}", is_shared=True)
    return role


def more_labels(rows, role, number):
    group = LabelGroup.objects.create(name=f"Group {number}", is_exclusive=False)
    label = LabelFactory(name=f"Label {number}", group=group, do_not_contact=["SMS"])
    label.assignable_by.add(role)
    rows.gold.assignable_by.add(role)
    LabelFactory(name=f"In tier {number}", group=rows.tier)
    return label


def more_fields(rows, role, number):
    ChannelType.objects.create(name=f"CHANNEL{number}", label=f"Channel {number}")
    IgnoredIdentifier.objects.create(value=f"nobody {number}")
    hidden = {str(role.pk): "read"}
    town = FieldFactory(key=f"town{number}", section=f"Section {number}", role_visibility=hidden)
    # The draft has it otherwise.
    rows.place = town if number == 1 else rows.place
    FieldFactory(key=f"level{number}", type="choice", options=OPTIONS, is_searchable=True)
    FieldFactory(key=f"income{number}", is_pii=True)
    FieldFactory(
        key=f"line{number}", is_channel_identifier=True, serves=[f"CHANNEL{number}", "SMS"]
    )


def more_of_customers(rows, label, number):
    """Another customer who may be Ayesha, and more of what customers have."""
    values = {f"town{number}": "Ulm", f"level{number}": "gold", f"income{number}": "90000"}
    body = {"firstName": "A. Khan", "phoneNumber": [PHONE]}
    other = rows.khan if number == 1 else create_customer(body, caller=SAM)
    for customer in {rows.ayesha, rows.khan, other}:
        edit(customer, **{f"line{number}": [f"08{number}"]}, **values)
        label_customer(customer, caller=SAM, add=[label, rows.gold])
        linked(f"{number} {customer.pk}", customer, PHONE)
        CustomerAlias.objects.create(customer=customer, public_id=new_public_id())
    lines = {f"line{place}": [f"09{number}{place}"] for place in range(1, number + 1)}
    rows.operation = edit(rows.ayesha, town=f"Town {number}", **lines)
    linked(f"unknown {number}", rows.unknown, STRANGER)
    edit(rows.unknown, phoneNumber=[STRANGER, *(f"+92321765430{n}" for n in range(number))])
    refresh_pairs([rows.ayesha.pk, rows.khan.pk, other.pk])


def more_work(rows, number):
    """Jobs, what they left alone, and uploads."""
    JobFactory(owner=credential_of(rows.sue), created_by="sue")
    rows.job.result["refusals"].append(
        {"customer": rows.ayesha.public_id, "errors": {"town": [f"Reason {number}"]}}
    )
    rows.job.save()
    ImportReject.objects.create(job=rows.job, line=number, cells=["x"], reason=f"Reason {number}")
    ExportPart.objects.create(job=rows.export, number=number, text="a line")
    Operation.objects.create(kind="bulk", is_bulk=True, job=rows.job, actor="sue")
    lines = "".join(f"New {line},00{line}\nFine {line},\n" for line in range(number))
    rules = Rules(["firstName", "phoneNumber"])
    rows.upload = rehearsed(f"Name,Phone\n{lines}", rules, rows.sue)


def more_draft(number):
    """A draft of the schema with so many changes of each kind."""
    if drafts.read_draft().is_begun:
        drafts.discard_draft(drafts.read_draft().token)
    for place in range(1, number + 1):
        want_new(f"planned{place}")
        want(f"town{place}", label=f"Place {place}", is_required=True, length=2)
        want(f"level{place}", options=OPTIONS[1:])


def more_webhooks(rows, number):
    rows.webhook, _ = subscribed("https://crm.example.com/", "customer.updated")
    edit(rows.told, town=f"Where {number}")
    rows.delivery = Delivery.objects.order_by("id").last()
    Delivery.objects.update(status="failed")


def more_log_entries(rows, number):
    """So many for each row that there is a page of, also for one that came with this growth."""
    author = UserFactory(username=f"author {number}")
    LogEntry.objects.bulk_create(
        LogEntry(
            user=author,
            content_type=ContentType.objects.get_for_model(row),
            object_id=str(row.pk),
            object_repr=str(row),
            action_flag=CHANGE,
            change_message="[]",
        )
        for row in vars(rows).values()
        if hasattr(row, "pk")
        for _ in range(number)
    )
