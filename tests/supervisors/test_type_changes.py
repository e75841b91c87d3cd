"""The type of a field changed in the draft, and changed back."""

from decimal import Decimal

import pytest

from schema_builder.drafts import read_draft
from tests.schema_builder.schemas import document
from tests.support.factories import FieldFactory
from tests.support.staff import staff

from .test_schema_builder import HTMX, OPTIONS, token, url

pytestmark = pytest.mark.django_db
OF_A_TYPE = [
    ("string", {"length": 100, "pattern": "[A-Z].*"}, "date"),
    ("number", {"min_value": Decimal("0.5"), "max_value": Decimal(9)}, "string"),
    ("choice", {"options": OPTIONS}, "string"),
    ("choice", {"options": OPTIONS, "is_pii": True, "mask_end": 2}, "string"),
]


def changed(client, field, **values):
    """Change the field in the drawer, which sends what it shows."""
    form = client.get(url("field", field.public_id)).context["form"]
    shown = {bound.name: bound.value() for bound in form if bound.name != "role_visibility"}
    sent = {name: value for name, value in shown.items() if value not in (None, False, [])}
    client.post(url("field", field.public_id), {"token": token(), **sent, **values}, headers=HTMX)


@pytest.mark.parametrize(("first", "rules", "other"), OF_A_TYPE)
def test_type_that_comes_back_brings_back_what_it_had(first, rules, other):
    client = staff("Supervisor")
    field = FieldFactory(key="city", label="City", type=first, **rules)
    before = document("city")

    changed(client, field, type=other)
    between = document("city")
    changed(client, field, type=first)

    assert between["type"] == other
    assert document("city") == before
    assert not read_draft().is_begun


def test_type_that_comes_back_takes_what_is_typed():
    client = staff("Supervisor")
    field = FieldFactory(key="city", label="City", length=100, pattern="[A-Z].*")
    changed(client, field, type="date")

    changed(client, field, type="string", length="70", pattern="")

    assert (document("city")["length"], document("city")["pattern"]) == (70, "")


def test_length_that_nobody_says_is_the_published_one():
    client = staff("Supervisor")
    field = FieldFactory(key="city", label="City", length=100)
    changed(client, field, type="date")

    changed(client, field, type="string", length="")

    assert not read_draft().is_begun
