"""What an installation needs before agents meet it, and how far it has come."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import BooleanField, Exists, Q, Value
from django.utils import timezone

from access.models import ApiToken
from customers.models import Customer, HiddenChecklist, NotSamePerson, Operation
from customers.permissions import MERGE
from labels.models import Label
from schema_builder.models import ChannelType, FieldDefinition, SchemaRevision
from webhooks.models import Subscription

HIDDEN = "is_hidden"


@dataclass(frozen=True, slots=True)
class ChecklistStep:
    """One thing to do: where, who may, and what in the data says that it is done."""

    key: str
    title: str
    why: str
    view: str
    permission: str
    done: Callable[[], Any]


def own_fields() -> Exists:
    touched = Q(version__gt=0) | Q(is_system=False, is_channel_identifier=False)
    return Exists(FieldDefinition.objects.filter(touched))


def home_country() -> Any:
    if settings.DEFAULT_PHONE_REGION:
        return Value(True, output_field=BooleanField())
    return Exists(ChannelType.objects.exclude(default_region=""))


def second_person() -> Exists:
    people = get_user_model().objects.filter(is_active=True, is_superuser=False)
    return Exists(people.filter(groups__isnull=False))


def decided_duplicates() -> Q:
    merges = Operation.objects.filter(kind=Operation.Kind.MERGE)
    return Q(Exists(NotSamePerson.objects.all())) | Q(Exists(merges))


STEPS = (
    ChecklistStep(
        "fields",
        "Look over the customer fields",
        "Add what your agents ask for, and mark what is personal.",
        "builder:board",
        "schema_builder.change_fielddefinition",
        own_fields,
    ),
    ChecklistStep(
        "labels",
        "Make the first labels",
        "Such as VIP or Do not call.",
        "admin:labels_label_changelist",
        "labels.add_label",
        lambda: Exists(Label.objects.all()),
    ),
    ChecklistStep(
        "country",
        "Set the home country of your channels",
        "So that 0300 1234567 and +92 300 1234567 are one number. "
        "Until then, local numbers such as 7946 0958 identify no customer.",
        "admin:schema_builder_channeltype_changelist",
        "schema_builder.change_channeltype",
        home_country,
    ),
    ChecklistStep(
        "tokens",
        "Give your systems a token",
        "Components that ask who is calling need one.",
        "admin:access_apitoken_add",
        "access.add_apitoken",
        lambda: Exists(ApiToken.objects.usable(timezone.now())),
    ),
    ChecklistStep(
        "webhooks",
        "Tell your systems what changes",
        "Those that keep a copy of customers, such as a CRM, are sent every change.",
        "admin:webhooks_subscription_add",
        "webhooks.add_subscription",
        lambda: Exists(Subscription.objects.all()),
    ),
    ChecklistStep(
        "people",
        "Add a second person, with a role",
        "Agents and supervisors each have their own account.",
        "admin:auth_user_add",
        "auth.add_user",
        second_person,
    ),
    ChecklistStep(
        "customers",
        "Have a first customer",
        "Create one here, import a file, or let a channel bring one.",
        "admin:customers_customer_add",
        "customers.add_customer",
        lambda: Exists(Customer.objects.all()),
    ),
    ChecklistStep(
        "duplicates",
        "Decide on a first pair of duplicates",
        "Merge them, or say that they are two people.",
        "customers:duplicate-queue",
        MERGE,
        decided_duplicates,
    ),
)


def steps_for(user) -> list[tuple[ChecklistStep, bool]]:
    """The steps that `user` may do, each with whether it is done; one query.

    Empty when nothing is left to do, or when the user has hidden the list.
    """
    allowed = [step for step in STEPS if user.has_perm(step.permission)]
    columns = {step.key: step.done() for step in allowed}
    hidden = Exists(HiddenChecklist.objects.filter(user=user.pk))
    row: dict[str, Any] | None = (
        SchemaRevision.objects.annotate(**{HIDDEN: hidden}, **columns)
        .values(HIDDEN, *columns)
        .first()
    )
    steps = [(step, bool(row[step.key])) for step in allowed] if row else []
    return [] if not row or row[HIDDEN] or all(done for _, done in steps) else steps


def hide_checklist(user) -> None:
    """Show it to this user no more."""
    HiddenChecklist.objects.get_or_create(user=user)
