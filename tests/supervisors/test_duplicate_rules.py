import pytest

from customers.duplicates.rules import WORDS
from customers.models import DuplicateRule
from tests.support.staff import staff

pytestmark = pytest.mark.django_db

URL = "/admin/customers/duplicaterule/"


def test_every_rule_has_words():
    assert set(DuplicateRule.objects.values_list("key", flat=True)) == set(WORDS)


def test_supervisor_weighs_the_rules():
    client = staff("Supervisor")
    rules = list(DuplicateRule.objects.order_by("-weight", "id"))
    form = {
        "form-TOTAL_FORMS": len(rules),
        "form-INITIAL_FORMS": len(rules),
        "_save": "Save",
    }
    for number, rule in enumerate(rules):
        form |= {f"form-{number}-id": rule.pk, f"form-{number}-weight": 33}

    response = client.post(URL, form)

    assert response.status_code == 302
    assert set(DuplicateRule.objects.values_list("is_active", "weight")) == {(False, 33)}


def test_rules_are_neither_added_nor_deleted():
    client = staff("Supervisor")
    rule = DuplicateRule.objects.first()

    assert client.get(f"{URL}add/").status_code == 403
    assert client.get(f"{URL}{rule.pk}/delete/").status_code == 403
