"""The custom fields and labels of the demo."""

from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from labels.models import ALL_CHANNELS, Label, LabelGroup
from schema_builder.editing import create_field
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema, current_schema


def options(*labels: str) -> list[dict[str, str]]:
    return [{"value": label.lower().replace(" ", "_"), "label": label} for label in labels]


SEGMENTS = options("Consumer", "Small business", "Enterprise", "Public sector")
INTERESTS = options(
    "Travel", "Sports", "Music", "Cooking", "Technology", "Gardening", "Cinema", "Books"
)


def definition(key: str, label: str, type_key: str, section: str, **rest: Any) -> dict[str, Any]:
    return {"key": key, "label": label, "type": type_key, "section": section, **rest}


FIELDS = [
    definition("city", "City", "string", "Personal", length=100, is_searchable=True),
    definition("birthDate", "Birth date", "date", "Personal", is_pii=True),
    definition("website", "Website", "url", "Personal"),
    definition(
        "accountNumber",
        "Account number",
        "alphanumeric",
        "Account",
        length=20,
        is_searchable=True,
    ),
    definition("segment", "Segment", "choice", "Account", options=SEGMENTS),
    definition(
        "revenue",
        "Revenue",
        "number",
        "Account",
        min_value=0,
        description="Of the last twelve months, in euros.",
    ),
    definition("lastPurchase", "Last purchase", "datetime", "Account"),
    definition("billingEmail", "Billing e-mail", "email", "Account", is_pii=True),
    definition("newsletter", "Receives the newsletter", "boolean", "Preferences"),
    definition("interests", "Interests", "multichoice", "Preferences", options=INTERESTS),
    definition("lastIp", "Last IP address", "ip", "Security"),
    definition("phonePin", "Phone PIN", "password", "Security"),
]

LABELS = [
    # name, colour, priority, description, share of the identified customers
    ("VIP", "#f032e6", 10, "Straight to the best agents.", 0.02),
    ("Premium", "#f6bf26", 10, "Pays for the premium service.", 0.08),
    ("Gold", "#f58231", 8, "Customer for more than five years.", 0.12),
    ("Silver", "#a9a9a9", 6, "Customer for more than two years.", 0.18),
    ("Business", "#039be6", 4, "Calls on behalf of a company.", 0.15),
    ("Complaint", "#f34f1b", 5, "Has an open complaint.", 0.04),
    ("Newsletter", "#3cb44b", 1, "Came through the newsletter.", 0.2),
    ("Do not contact", "#000000b5", 1, "Must not be called or written to.", 0.03),
]

TIERS = ("Premium", "Gold", "Silver")
# What else there is to a label of the demo, by its name.
RULES: dict[str, dict[str, Any]] = {
    "VIP": {"requires_reason": True},
    "Complaint": {"requires_reason": True, "expires_after_days": 30},
    "Do not contact": {"do_not_contact": [ALL_CHANNELS]},
}
# Roles that put a label on, where not everybody may.
ASSIGNED_BY = {"VIP": ["Supervisor", "Administrator"]}


@transaction.atomic
def prepare_schema() -> tuple[Schema, dict[str, Label]]:
    """The schema with the demo's fields, and its labels by name; what is there already stays.

    Raises ValidationError where a field of the installation has the label of one of ours.
    """
    known = set(FieldDefinition.objects.values_list("key", flat=True))
    for values in FIELDS:
        if values["key"] not in known:
            create_field(author="demo", **values)
    labels = {}
    tier, _ = LabelGroup.objects.get_or_create(name="Tier")
    for name, color, priority, description, _ in LABELS:
        labels[name], is_new = Label.objects.get_or_create(
            name=name,
            defaults={
                "color": color,
                "priority": priority,
                "description": description,
                "created_by": "demo",
                "updated_by": "demo",
                "group": tier if name in TIERS else None,
                **RULES.get(name, {}),
            },
        )
        if is_new and name in ASSIGNED_BY:
            labels[name].assignable_by.set(Group.objects.filter(name__in=ASSIGNED_BY[name]))
    return current_schema(), labels
