"""docs/merge-and-undo.md shows a real merge and its undo, row by row; this keeps it true.

WRITE_DOCS=1 rewrites its tables instead of comparing them.
"""

import os
import re
from datetime import UTC, datetime

import pytest
from django.conf import settings

from customers.models import Customer, CustomerAlias
from labels.models import Label
from schema_builder.models import FieldDefinition
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    WornLabelFactory,
)
from tests.support.operations import everything, linked, merged, undone

pytestmark = pytest.mark.django_db

PAGE = settings.BASE_DIR / "docs" / "merge-and-undo.md"
TABLES = re.compile(r"(?<=<!-- tables -->\n).*(?=<!-- end of tables -->)", re.DOTALL)
RELATIONS = {
    "customer": "Customers",
    "identity": "Channel identities",
    "value": "Attribute values",
    "label": "Labels",
    "conversation": "Conversations",
    "alias": "Old ids",
}
COLUMNS = {
    "identity": "value",
    "value": "text",
    "conversation": "conversation_id",
}


def two_records_of_one_person():
    survivor = CustomerFactory(
        first_name="Amina Khan", created_at=datetime(2025, 6, 1, tzinfo=UTC), version=2
    )
    duplicate = CustomerFactory(
        first_name="Jane Doe",
        is_anonymous=True,
        created_at=datetime(2024, 3, 1, tzinfo=UTC),
        version=5,
    )
    city, street = (FieldFactory(key=key, label=key.title()) for key in ("city", "street"))
    vip, gold = LabelFactory(name="VIP"), LabelFactory(name="Gold")
    IdentityFactory(customer=survivor, value="+923001234567")
    IdentityFactory(customer=survivor, of="email", value="amina@example.com")
    IdentityFactory(customer=duplicate, value="+923001234567")
    IdentityFactory(customer=duplicate, of="whatsapp", value="+923007654321")
    ValueFactory(customer=survivor, field=city, text="Lahore")
    ValueFactory(customer=duplicate, field=city, text="Karachi")
    ValueFactory(customer=duplicate, field=street, text="Mall Road 7")
    for customer, label in ((survivor, vip), (duplicate, vip), (duplicate, gold)):
        WornLabelFactory(customer=customer, label=label)
    linked("chat-1", survivor)
    linked("chat-2", duplicate)
    linked("chat-3", duplicate)
    return survivor, duplicate


class Described:
    """Rows as a reader would name them; keys and ids differ from run to run."""

    def __init__(self, survivor, duplicate):
        self.names = {survivor.pk: "**A**", duplicate.pk: "**B**"}
        self.ids = {survivor.public_id: "id of A", duplicate.public_id: "id of B"}
        self.fields = dict(FieldDefinition.objects.values_list("pk", "label"))
        self.labels = dict(Label.objects.values_list("pk", "name"))

    def state(self):
        """By row (relation, key): what it is, and what can be said of it now."""
        return {place: self.describe(*place, image) for place, image in everything().items()}

    def describe(self, table, row, image):
        owner = self.names[image["id" if table == "customer" else "customer_id"]]
        if table == "customer":
            kind = "anonymous" if image["is_anonymous"] else "identified"
            return self.names[
                row
            ], f"{image['first_name']}, {kind}, since {image['created_at'][:4]}"
        if table == "label":
            return self.labels[image["label_id"]], owner
        if table == "alias":
            return self.ids[image["public_id"]], owner
        what = image[COLUMNS[table]]
        return f"{self.fields[image['field_id']]}: {what}" if "field_id" in image else what, owner


def tables_of(states):
    lines = []
    for relation, title in RELATIONS.items():
        rows = sorted({place for state in states for place in state if place[0] == relation})
        lines += [f"### {title}", "", "| Row | Before | After the merge | After the undo |"]
        lines += ["|---|---|---|---|"]
        for place in rows:
            name = next(state[place][0] for state in states if place in state)
            cells = [state[place][1] if place in state else "–" for state in states]
            lines.append(f"| {' | '.join([name, *cells])} |")
        lines.append("")
    return "\n".join(["", *lines])


def test_the_page_shows_a_real_merge_and_its_undo():
    survivor, duplicate = two_records_of_one_person()
    described = Described(survivor, duplicate)
    states = [described.state()]
    merged(survivor, duplicate)
    states.append(described.state())
    undone()
    states.append(described.state())

    tables = tables_of(states)

    assert states[0] == states[2]
    assert not CustomerAlias.objects.exists()
    assert Customer.objects.count() == 2
    page = PAGE.read_text()
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(TABLES.sub(lambda _: tables, page))
    else:
        assert TABLES.search(page)[0] == tables
