import csv
import io

import pytest
from django.contrib.auth.models import Group

from access.actors import Actor
from customers.lists.filter_language import FilterRow
from customers.masking import FieldAccess, visible_schema_and_mask
from schema_builder import drafts
from schema_builder.drafts import read_draft
from schema_builder.editing import change_field
from schema_builder.schema import current_schema
from schema_changes.affected import AffectedCustomers, Reason, VisiblePlan
from tests.schema_builder.schemas import edited, want, want_gone, want_new
from tests.support.factories import CustomerFactory, FieldFactory, IdentityFactory, ValueFactory

pytestmark = pytest.mark.django_db
EVERYTHING = Actor("sue", "1", is_superuser=True)
NO_PII = Actor("ann", "2", frozenset({"customers.view_customer"}))
OPTIONS = [{"value": "a"}, {"value": "b"}, {"value": "B"}]


def seen(caller=EVERYTHING):
    return VisiblePlan(read_draft().plan(), current_schema(), FieldAccess(caller))


def concerned(concern, option=""):
    by_all = seen()
    [change] = by_all.plan.changes
    return AffectedCustomers(by_all, change, concern, option)


def listing(concern, option="", caller=EVERYTHING):
    plan = seen(caller)
    [change] = plan.plan.changes
    return plan.listing(change, concern, option)


def values(key, *texts, **options):
    field = FieldFactory(key=key, **options)
    return [ValueFactory(field=field, text=text) for text in texts]


def texts_of(part):
    return [one.text for one in part.samples]


def all_texts(found, **limits):
    """The texts of every part, as somebody gets them who goes on to the last."""
    after, parts = 0, []
    while after is not None:
        part = found.part(after, **limits)
        parts.append(texts_of(part))
        after = part.after
    return parts


def test_part_is_full_after_so_many_rows_and_the_next_goes_on():
    values("town", "A", "b", "C", "D", "e", "F")
    want("town", pattern="[a-z]+")

    found = concerned(Reason.REFUSED)

    assert all_texts(found, most_rows=2) == [["A", "C"], ["D", "F"]]
    assert found.part(most_rows=2).looked_at == 3


def test_part_ends_after_so_many_looks_even_where_it_found_nobody():
    values("town", "a", "b", "c", "D", "e")
    want("town", pattern="[a-z]+")

    found = concerned(Reason.REFUSED)

    assert all_texts(found, most_looked_at=2) == [[], ["D"], []]


def test_part_that_ends_with_the_last_row_is_the_last():
    values("town", "A", "B")
    want("town", pattern="[a-z]+")

    assert all_texts(concerned(Reason.REFUSED), most_rows=2) == [["A", "B"]]


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_batches_leave_nobody_out(batch, monkeypatch):
    monkeypatch.setattr("schema_changes.stored_values.BATCH", batch)
    rows = values("town", "A", "b", "C")
    without = CustomerFactory.create_batch(3)
    want("town", pattern="[a-z]+", is_required=True)

    refused, empty = concerned(Reason.REFUSED), concerned(Reason.EMPTY)

    assert all_texts(refused) == [["A", "C"]]
    assert [one.public_id for one in empty.part().samples] == [one.public_id for one in without]
    assert empty.part().looked_at == len(rows) + len(without)


def test_values_that_cannot_be_converted_are_listed_with_the_problem():
    [_, row] = values("age", "7", "old")
    want("age", type="number", length=None)

    [one] = concerned(Reason.REFUSED).part().samples

    assert (one.public_id, one.name) == (row.customer.public_id, row.customer.first_name)
    assert (one.text, one.problem) == ("old", "A valid number is required.")


def test_value_whose_option_goes_is_refused_by_no_rule_besides():
    values("tags", "a\nB", "b", type="multichoice", options=OPTIONS)
    want("tags", options=OPTIONS[1:])

    assert texts_of(concerned(Reason.OPTION, "a").part()) == ["a, B"]
    assert texts_of(concerned(Reason.REFUSED).part()) == []
    assert texts_of(concerned(Reason.FILLED).part()) == ["a, B", "b"]


def test_identifiers_and_names_are_listed_like_values():
    IdentityFactory(of="web", value="w1")
    IdentityFactory(of="web", value="w2", is_retired=True)
    want("web", is_active=False)
    by_identifier = texts_of(concerned(Reason.FILLED).part())
    drafts.discard_draft(read_draft().token)
    CustomerFactory(first_name="Amal")

    want("firstName", pattern="[^A]+")

    assert by_identifier == ["w1"]
    assert texts_of(concerned(Reason.REFUSED).part()) == ["Amal"]


def test_file_holds_everybody_and_runs_nothing(monkeypatch):
    monkeypatch.setattr("schema_changes.affected.EXPORTED_AT_ONCE", 2)
    rows = values("town", "=1+1", "@x", "Rome", "oslo", "Ulm")
    want("town", pattern="[a-z]+", label="=Town")

    text = "".join(concerned(Reason.REFUSED).lines())

    problem = "Does not have the required format."
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff")))) == [
        ["Id", "Name", "town", "Problem"],
        *(
            [row.customer.public_id, row.customer.first_name, shown, problem]
            for row, shown in zip(rows[:3] + rows[4:], ["'=1+1", "'@x", "Rome", "Ulm"], strict=True)
        ),
    ]


@pytest.mark.parametrize(
    ("concern", "option", "row"),
    [
        (Reason.EMPTY, "", FilterRow("tier", "empty")),
        (Reason.FILLED, "", FilterRow("tier", "filled")),
        (Reason.OPTION, "a", FilterRow("tier", "any", ("a",))),
    ],
)
def test_filter_says_it_where_it_can(concern, option, row):
    FieldFactory(key="tier", type="choice", options=OPTIONS, is_searchable=True)
    want("tier", options=OPTIONS[1:], is_required=True)

    assert listing(concern, option).rows == (row,)


def test_filter_is_none_for_rules_or_where_it_means_others():
    FieldFactory(key="tier", type="choice", options=OPTIONS, is_searchable=True)
    want("tier", options=OPTIONS[:1])

    assert listing(Reason.REFUSED).rows is None
    # It does not tell capitals from small letters.
    assert listing(Reason.OPTION, "b").rows is None


@pytest.mark.parametrize("options", [{}, {"type": "password", "is_searchable": False}])
def test_fields_that_are_not_searched_have_a_filter_for_who_has_a_value(options):
    FieldFactory(key="town", **options)
    want("town", is_active=False)

    assert listing(Reason.FILLED).rows == (FilterRow("town", "filled"),)


def test_filter_is_none_for_the_options_of_fields_that_are_not_searched():
    FieldFactory(key="tier", type="choice", options=OPTIONS)
    want("tier", options=OPTIONS[1:])

    assert listing(Reason.OPTION, "a").rows is None


def test_new_required_field_concerns_everybody():
    want_new("town", is_required=True)

    assert listing(Reason.EMPTY).rows == ()


def test_field_that_comes_back_is_not_taken_for_that_which_has_its_key_now():
    field = FieldFactory(key="town", is_searchable=True)
    ValueFactory(field=field, text="Rome")
    change_field(field, may_clear_pii=True, is_active=False)
    want_gone("town")

    assert listing(Reason.FILLED).rows is None
    assert texts_of(concerned(Reason.FILLED).part()) == ["Rome"]


@pytest.mark.parametrize(
    ("kind", "told"),
    [("string", {"empty", "filled"}), ("choice", set()), ("number", set()), ("date", set())],
)
def test_masked_values_tell_no_more_than_a_filter_does(kind, told):
    options = OPTIONS if kind == "choice" else []
    FieldFactory(key="town", type=kind, options=options, is_pii=True, is_searchable=True)
    want("town", is_required=True)

    assert {one for one in Reason if listing(one, caller=NO_PII)} == told
    assert {one for one in Reason if listing(one)} == set(Reason)


def test_values_that_are_masked_for_the_viewer_are_masked_in_the_list():
    role = Group.objects.create(name="Trainee")
    values("iban", "DE12 3456", role_visibility={str(role.pk): "masked"})
    want("iban", is_active=False)
    trainee = Actor("tim", "3", NO_PII.permissions, frozenset({role.pk}))
    plan = VisiblePlan(read_draft().plan(), *visible_schema_and_mask(trainee))
    [change] = plan.plan.changes

    assert plan.names(change, Reason.FILLED)
    assert texts_of(AffectedCustomers(plan, change, Reason.FILLED).part()) == ["DE1******"]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("concern", "queries"), [(Reason.REFUSED, 2), (Reason.EMPTY, 3)])
def test_part_costs_the_same_for_more_customers(count, concern, queries, django_assert_num_queries):
    values("town", *["Rome"] * count)
    CustomerFactory.create_batch(count)
    want("town", pattern="[a-z]+", is_required=True)
    found = concerned(concern)

    with django_assert_num_queries(queries):
        part = found.part()

    assert len(part.samples) == count


def test_draft_that_maps_an_option_still_lists_who_has_it():
    [row] = values("tier", "a", type="choice", options=OPTIONS)
    want("tier", options=OPTIONS[1:])

    edited(drafts.map_options(row.field.public_id, {"a": "b"}))

    assert texts_of(concerned(Reason.OPTION, "a").part()) == ["a"]
