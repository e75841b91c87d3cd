import pytest
from django.contrib.auth.models import Group

from access.actors import Actor
from customers.masking import FieldAccess
from schema_builder import drafts
from schema_builder.drafts import read_draft
from schema_builder.editing import change_field
from schema_builder.schema import current_schema
from schema_changes.affected import Reason
from schema_changes.impact import Impact, Level
from tests.schema_builder.schemas import edited, want, want_gone, want_new
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    ValueFactory,
    field_of,
)

pytestmark = pytest.mark.django_db
EVERYTHING = Actor("sue", "1", is_superuser=True)
NO_PII = Actor("ann", "2", frozenset({"customers.view_customer"}))
OPTIONS = [{"value": "a"}, {"value": "b"}, {"value": "c"}]


def findings(caller=EVERYTHING):
    return Impact(read_draft().plan(), current_schema(), FieldAccess(caller)).findings()


def told(caller=EVERYTHING):
    return [(one.level, one.text) for one in findings(caller)]


def values(key, *texts, **options):
    field = FieldFactory(key=key, **options)
    return [ValueFactory(field=field, text=text) for text in texts]


def test_required_counts_who_has_no_value():
    values("town", "Rome", "Oslo")
    CustomerFactory.create_batch(3)

    want("town", is_required=True)

    assert told() == [
        (
            Level.WARNING,
            "Required: 3 customers have no value. They stay as they are; who fills the field cannot"
            " empty it again.",
        )
    ]
    assert findings()[0].count == 3


def test_required_identifier_counts_each_customer_once():
    customer = CustomerFactory()
    IdentityFactory.create_batch(2, of="web", customer=customer)
    CustomerFactory()

    want("web", is_required=True)

    assert findings()[0].count == 1


def test_new_required_field_is_missing_everywhere():
    CustomerFactory.create_batch(2)

    want_new("town", is_required=True)

    assert findings()[0].count == 2


@pytest.mark.parametrize(
    ("options", "changes", "texts", "failing"),
    [
        ({}, {"pattern": "[a-z]+"}, ["abc", "ABC", "a1"], ["ABC", "a1"]),
        ({}, {"length": 3}, ["abc", "abcd"], ["abcd"]),
        ({"type": "number"}, {"min_value": "5"}, ["4", "5", "-7"], ["4", "-7"]),
        ({"type": "number"}, {"max_value": "5"}, ["4", "5", "7"], ["7"]),
    ],
)
def test_values_that_fail_new_rules_are_counted_and_shown(options, changes, texts, failing):
    values("town", *texts, **options)

    want("town", **changes)

    [finding] = findings()
    assert (finding.level, finding.count) == (Level.WARNING, len(failing))
    assert [sample.text for sample in finding.samples] == failing
    assert all(sample.problem for sample in finding.samples)


def test_rules_that_every_value_meets_are_no_finding():
    values("town", "Rome")

    want("town", pattern="[A-Z][a-z]+", length=4)

    assert findings() == []


@pytest.mark.parametrize(
    ("source", "texts", "target", "failing"),
    [
        ("string", ["Rome", "a-b"], "alphanumeric", ["a-b"]),
        ("string", ["Rome", "a\nb"], "name", ["a\nb".replace("\n", ", ")]),
        ("string", ["https://a.example", "a"], "url", ["a"]),
        ("string", ["a@b.example", "a"], "email", ["a"]),
        ("string", ["1", "007", "x"], "number", ["x"]),
        ("string", ["2027-01-31", "2027-02-30"], "date", ["2027-02-30"]),
        ("string", ["true", "TRUE"], "boolean", ["TRUE"]),
        ("number", ["1.50"], "string", []),
        ("date", ["2027-01-31"], "string", []),
    ],
)
def test_conversion_says_which_values_cannot(source, texts, target, failing):
    values("town", *texts, type=source)

    want("town", type=target, length=None)

    [finding] = findings()
    assert finding.level == (Level.BLOCKS if failing else Level.NOTE)
    assert finding.count == (len(failing) or len(texts))
    assert [sample.text for sample in finding.samples] == failing


def test_option_that_goes_says_who_uses_it_until_it_is_mapped():
    rows = values("tier", "a", "a", "b", type="choice", options=OPTIONS)
    want("tier", options=OPTIONS[1:])

    [finding] = findings()
    edited(drafts.map_options(rows[0].field.public_id, {"a": "b"}))

    assert (finding.level, finding.option, finding.count) == (Level.BLOCKS, "a", 2)
    assert finding.text == "Option “a” goes: used by 2 customers. Say what takes its place."
    assert told() == [
        (Level.WARNING, "Option “a” goes: used by 2 customers. It becomes “b”."),
    ]


def test_option_of_several_is_counted_wherever_it_is_chosen():
    values("tags", "a\nb", "b", "c\na", type="multichoice", options=OPTIONS)

    want("tags", options=OPTIONS[1:])

    assert [(one.option, one.count) for one in findings()] == [("a", 2)]


def test_option_that_nobody_uses_just_goes():
    values("tier", "b", type="choice", options=OPTIONS)

    want("tier", options=OPTIONS[1:])

    assert findings() == []


@pytest.mark.parametrize("is_pii", [True, False])
def test_nobody_is_named_by_values_that_the_viewer_sees_masked(is_pii):
    values("iban", "DE12 3456", is_pii=True)

    want("iban", pattern="[a-z]+", is_pii=is_pii)

    [seen] = [one for one in findings() if one.count]
    [masked] = [one for one in findings(NO_PII) if one.count]
    assert [sample.text for sample in seen.samples] == ["DE12 3456"]
    assert (masked.text, masked.count) == (seen.text, 1)
    assert (masked.samples, masked.listing) == ((), None)


def test_samples_are_masked_once_the_change_would_mask_them():
    [row] = values("iban", "DE12 3456")
    change_field(field_of("firstName"), may_clear_pii=True, is_pii=True)

    want("iban", pattern="[a-z]+", is_pii=True)

    [[seen]] = [one.samples for one in findings() if one.count]
    [[masked]] = [one.samples for one in findings(NO_PII) if one.count]
    assert (seen.text, seen.problem) == ("DE12 3456", "Does not have the required format.")
    assert (masked.text, masked.problem) == ("DE1******", "")
    assert row.customer.first_name not in masked.name
    assert masked.public_id == row.customer.public_id


def test_who_may_not_see_customers_is_told_of_none():
    values("town", "Rome")
    want("town", pattern="[a-z]+")

    [finding] = findings(Actor("bob", "3", frozenset({"customers.view_pii"})))

    assert (finding.count, finding.samples, finding.listing) == (1, (), None)


def test_mark_of_personal_data_is_said_to_be_one_way():
    FieldFactory(key="town")
    want("town", is_pii=True)

    masked = (Level.NOTE, "Personal data: masked for roles without permission to see it.")
    assert told() == [masked]
    assert told(NO_PII) == [
        (
            Level.WARNING,
            "You cannot remove this mark later, not even by going back to an earlier version:"
            " that takes the permission “Take the personal data mark from a field”.",
        ),
        masked,
    ]


def test_what_is_lost_is_said():
    agents = Group.objects.get(name="Agent")
    FieldFactory(key="town", is_searchable=True)
    want("town", is_searchable=False, is_pii=True, role_visibility={str(agents.pk): "hidden"})
    want("email", channel_types=[])

    assert sorted(told()) == [
        (Level.NOTE, "Personal data: masked for roles without permission to see it."),
        (Level.WARNING, "Agent will no longer see it."),
        (Level.WARNING, "EMAIL no longer finds customers by it."),
        (Level.WARNING, "No longer searchable."),
    ]


def test_field_that_goes_says_how_many_have_it():
    [row] = values("town", "Rome")
    want("town", is_active=False)
    hidden = told()
    drafts.discard_draft(read_draft().token)
    change_field(row.field, may_clear_pii=True, is_active=False)

    want_gone("town")

    assert hidden == [(Level.WARNING, "Hidden everywhere: 1 customer has a value, which is kept.")]
    assert told() == [
        (
            Level.WARNING,
            "Deleted: 1 customer has a value, out of reach until the field is restored.",
        )
    ]


def test_preview_looks_at_so_many_values_and_says_so(monkeypatch):
    monkeypatch.setattr("schema_changes.impact.scanned.__defaults__", (2,))
    values("town", "A", "B", "C")

    want("town", pattern="[a-z]+")

    assert told()[0][1].startswith("2 values do not meet the new rules (of the first 2 values).")


def test_preview_that_found_nothing_says_that_it_did_not_look_at_all(monkeypatch):
    monkeypatch.setattr("schema_changes.impact.scanned.__defaults__", (2,))
    values("town", "a", "b", "C")

    want("town", pattern="[a-z]+")

    [finding] = findings()
    assert (finding.level, finding.count, finding.is_partial) == (Level.NOTE, 0, True)
    assert finding.text == (
        "None of the first 2 values fails the new rules; the others were not looked at."
    )
    assert finding.listing.concern == Reason.REFUSED


@pytest.mark.parametrize(("bound", "concern"), [(2, Reason.REFUSED), (3, Reason.FILLED)])
def test_conversion_leads_to_what_is_left_to_find(bound, concern, monkeypatch):
    monkeypatch.setattr("schema_changes.impact.scanned.__defaults__", (bound,))
    values("town", "1", "2", "3")

    want("town", type="number", length=None)

    [finding] = findings()
    assert (finding.level, finding.count, finding.listing.concern) == (Level.NOTE, bound, concern)


@pytest.mark.parametrize("count", [1, 3])
def test_impact_costs_the_same_for_more_customers(count, django_assert_num_queries):
    values("town", *["Rome"] * count)
    want("town", is_required=True, pattern="[a-z]+")
    impact = Impact(read_draft().plan(), current_schema(), FieldAccess(EVERYTHING))

    with django_assert_num_queries(4):
        impact.findings()
