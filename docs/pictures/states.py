"""What somebody has done in the demo before it is pictured: `prepare()` in a `manage.py shell`."""

import json
import secrets
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from access.models import ApiToken
from customers.conversations.linking import link_conversation
from customers.identification.identify import identify
from customers.lists.filter_language import FilterRow
from customers.lists.saved_filters import save_filter
from customers.merging.merge import MergeRequest, merge_customers
from customers.models import Customer, DuplicatePair, DuplicateRule, Operation
from customers.profiles.lifecycle import create_customer, update_customer
from customers.statistics.figures import refresh_figures
from customers.undo.undo import undo
from labels.models import Label
from schema_builder.drafts import edit_draft, put_field, read_draft
from schema_builder.import_export import blank_document
from schema_builder.models import ChannelType, FieldDefinition, IgnoredIdentifier
from schema_changes.publishing import publish_draft
from webhooks.models import Delivery, Subscription

from .work import jobs

LAST_OF_LATIN = 0x24F
ALIKE = {
    "firstName": "Amina Sidiqui",
    "phoneNumber": ["+923001234567"],
    "whatsapp": ["+923215550101"],
    "email": ["a.siddiqui@example.com"],
    "city": "Lahore",
    "segment": "consumer",
}
FAILED = "It answered 503 Service Unavailable."


def prepare() -> None:
    """Do all of it, and print the keys of what the addresses of the pictures name."""
    keep_readable()
    people = accounts()
    amy = people["amy"]
    rows: dict[str, Any] = {**people, **set_up(), **hooks()}
    rows |= versions(amy)
    rows |= customers(amy)
    rows |= jobs(User.objects.get(username="admin"), amy)
    deliveries()
    rows |= {"delivery": Delivery.objects.filter(status="failed").order_by("-id").first()}
    draft(amy)
    log_ins()
    call_command("find_duplicates", changed=True)
    refresh_figures()
    print(json.dumps({name: keys_of(row) for name, row in rows.items()}))


def keys_of(row: Any) -> dict[str, Any]:
    return {"pk": row.pk, "public_id": getattr(row, "public_id", "")}


def keep_readable() -> None:
    """Let those go whose names not every reader, nor every machine with a browser, has letters for."""
    names = Customer.objects.values_list("pk", "first_name")
    unread = [pk for pk, name in names if any(ord(letter) > LAST_OF_LATIN for letter in name)]
    for at in range(0, len(unread), 500):
        Customer.objects.filter(pk__in=unread[at : at + 500]).delete()


def accounts() -> dict[str, Any]:
    found = {}
    for name, first, last, role in (
        ("amy", "Amy", "Boateng", "Supervisor"),
        ("sam", "Sam", "Okafor", "Agent"),
        ("noor", "Noor", "Rahman", "Agent"),
    ):
        values = {"first_name": first, "last_name": last, "email": f"{name}@example.com"}
        user = User.objects.create_user(
            name, password=secrets.token_urlsafe(), is_staff=role == "Supervisor", **values
        )
        user.groups.add(Group.objects.get(name=role))
        found[name] = user
    billing, _ = ApiToken.objects.issue(
        name="Billing",
        group=Group.objects.get(name="Integration (read)"),
        created_by="admin",
        expires_at=timezone.now() + timedelta(days=9),
    )
    return {**found, "role": Group.objects.get(name="Supervisor"), "token": billing}


def set_up() -> dict[str, Any]:
    ignored = IgnoredIdentifier.objects.create(value="anonymous@example.com")
    return {
        "gold": Label.objects.get(name="Gold"),
        "silver": Label.objects.get(name="Silver"),
        "complaint": Label.objects.get(name="Complaint"),
        "tier": Label.objects.get(name="Gold").group,
        "sms": ChannelType.objects.get(name="SMS"),
        "ignored": ignored,
        "rule": DuplicateRule.objects.order_by("id").first(),
        "saved": save_filter(
            owner=User.objects.get(username="admin"),
            name="Premium in Karachi",
            rows=(
                FilterRow("city", "is", ("Karachi",)),
                FilterRow("labels", "any", (Label.objects.get(name="Premium").public_id,)),
            ),
            is_shared=True,
        ),
        "city": FieldDefinition.objects.get(key="city"),
    }


def hooks() -> dict[str, Any]:
    """Webhooks that are told of what follows, by hosts that no name leads to."""
    role = Group.objects.get(name="Integration (read)")
    events = ["customer.created", "customer.updated", "customer.deleted"]
    crm, _ = Subscription.objects.subscribe(
        name="CRM", url="https://crm.example.com/hooks", event_types=events, role=role
    )
    Subscription.objects.subscribe(
        name="Data warehouse", url="https://dwh.example.com/in", event_types=events[:2], role=role
    )
    return {"webhook": crm}


def want(author: User, document: dict[str, Any]) -> None:
    edit_draft(read_draft().token, author.username, put_field(document, may_clear_pii=False))


def document(key: str) -> dict[str, Any]:
    return next(one for one in read_draft().fields if one["key"] == key)


def versions(amy: User) -> dict[str, Any]:
    loyal = {"label": "Loyalty number", "type": "alphanumeric", "section": "Account"}
    want(amy, blank_document("loyaltyNumber") | loyal)
    publish_draft(known=read_draft().token, caller=superuser(), note="For the loyalty programme")
    want(amy, document("revenue") | {"max_value": 10_000_000})
    version = publish_draft(known=read_draft().token, caller=superuser(), note="")
    return {"version": version}


def superuser() -> User:
    return User.objects.get(username="admin")


def draft(amy: User) -> None:
    """Changes of every weight that nobody has published yet."""
    want(amy, blank_document("contractEnd") | {"label": "Contract end", "type": "date"})
    want(amy, document("city") | {"pattern": "[A-Z][a-z]+", "is_required": True})
    segment = document("segment")
    want(amy, segment | {"options": segment["options"][1:]})
    want(amy, document("phoneNumber") | {"label": "Phone"})


def customers(amy: User) -> dict[str, Any]:
    """Amina, edited and double, and a caller who turned out to be her."""
    amina = Customer.objects.get(first_name="Amina Siddiqui", identities__value="amina@example.com")
    oliver = Customer.objects.get(first_name="Oliver Grant")
    past(amy, but_not=[amina.pk, oliver.pk])
    for body in (
        {"city": "Lahore"},
        {"revenue": "19200", "website": "https://amina.example.com/"},
        {"revenue": "21000", "city": "Karachi"},
    ):
        update_customer(amina, body, caller=amy, partial=True)
    operation = Operation.objects.order_by("-id")[1]
    double = create_customer(ALIKE, caller=amy)
    for _ in range(3):
        identify("CX_VOICE", "+442079460958", caller=amy)
    return {
        "amina": amina,
        "oliver": oliver,
        "double": double,
        "operation": operation,
        "unknown": relinkable(amy),
    }


def relinkable(amy: User) -> Customer:
    unknown = create_customer({"phoneNumber": ["+923217654399"]}, caller=amy)
    link_conversation(
        "picture",
        customer=unknown.public_id,
        channel_type=ChannelType.objects.get(name="SMS"),
        details={"identifier": "+923217654399"},
    )
    return unknown


def past(amy: User, but_not: list[int]) -> None:
    """Merges and undos of the last weeks, in their order."""
    pairs = DuplicatePair.objects.exclude(first__in=but_not).exclude(second__in=but_not)
    ids = pairs.order_by("id").values_list("first__public_id", "second__public_id")
    for number, (first, second) in enumerate(ids[:12]):
        if Customer.objects.filter(public_id__in=[first, second]).count() < 2:
            continue
        request = MergeRequest(first, [second], reason="The same person")
        operation = merge_customers(request, caller=amy).operation
        assert operation
        if number % 4 == 1:
            undo(operation, caller=amy, reason="Father and son")
        ago = timedelta(days=26 - 2 * number, hours=number)
        Operation.objects.filter(pk__gte=operation.pk).update(at=F("at") - ago)


def deliveries() -> None:
    """As if the CRM had got everything, and the other one nothing of late."""
    ours = Delivery.objects.filter(subscription__name="CRM")
    answered = {"attempts": 1, "answer": 204, "problem": "", "attempted_at": timezone.now()}
    ours.update(status="delivered", milliseconds=F("pk") % 30 + 8, **answered)
    refused = {"answer": 503, "problem": FAILED, "milliseconds": 212}
    theirs = Delivery.objects.filter(subscription__name="Data warehouse")
    newest = list(theirs.order_by("-pk").values_list("pk", flat=True)[:9])
    theirs.update(status="delivered", milliseconds=F("pk") % 40 + 20, **answered)
    tomorrow = timezone.now() + timedelta(days=1)
    theirs.filter(pk__in=newest[:4]).update(
        status="waiting", attempts=3, due_at=tomorrow, **refused
    )
    theirs.filter(pk__in=newest[4:]).update(status="failed", attempts=8, **refused)


def log_ins() -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
    for name, address in (("amy", "192.0.2.17"), ("sam", "192.0.2.44"), ("noor", "192.0.2.45")):
        seen = {"username": name, "ip_address": address, "user_agent": firefox}
        AccessLog.objects.create(**seen, path_info="/login")
        AccessLog.objects.create(**seen, path_info="/login")
        AccessFailureLog.objects.create(**seen, path_info="/login")
    for failure in range(1, 6):
        AccessFailureLog.objects.create(**seen, path_info="/login", locked_out=failure == 5)
    AccessAttempt.objects.create(**seen, path_info="/login", failures_since_start=5)
