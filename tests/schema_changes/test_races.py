"""Publishing while others publish, and while customers are written."""

import pytest

from access.actors import Actor
from customers.models import AttributeValue
from customers.profiles.lifecycle import create_customer, update_customer
from schema_builder.drafts import (
    Draft,
    DraftChanged,
    FieldMoved,
    edit_draft,
    put_field,
    read_draft,
)
from schema_builder.models import SchemaVersion
from schema_changes.field_deletion import OptionsInUse, change_field_and_values
from schema_changes.publishing import publish_draft
from tests.schema_builder.schemas import document, want, want_new
from tests.support.factories import CustomerFactory, FieldFactory, ValueFactory, field_of

WRITER = Actor("writer", "1", is_superuser=True)
THREADS = 10


def test_draft_is_published_once_by_many_at_once(in_threads):
    want_new("town")
    known = read_draft().token

    answers = in_threads(lambda _: publish_draft(known=known, caller=WRITER), 5)

    assert {type(answer) for answer in answers} == {SchemaVersion, DraftChanged}
    assert len([answer for answer in answers if isinstance(answer, SchemaVersion)]) == 1
    assert SchemaVersion.objects.count() == 2


def kept(opened, number):
    change = put_field(opened | {"description": f"By {number}"}, opened=opened, may_clear_pii=False)
    return edit_draft(None, f"writer{number}", change)


def test_fields_that_many_edit_at_once_are_all_kept(in_threads):
    opened = [document(FieldFactory(key=f"own{number}").key) for number in range(THREADS)]

    answers = in_threads(lambda number: kept(opened[number], number), THREADS)

    assert {type(answer) for answer in answers} == {Draft}
    assert [document(f"own{number}")["description"] for number in range(THREADS)] == [
        f"By {number}" for number in range(THREADS)
    ]


def test_field_that_many_edit_at_once_is_kept_as_one_of_them_has_it(in_threads):
    opened = document(FieldFactory(key="town").key)

    answers = in_threads(lambda number: kept(opened, number), THREADS)

    moved = [answer for answer in answers if isinstance(answer, FieldMoved)]
    assert len(moved) == THREADS - 1
    assert {answer.now["description"] for answer in moved} == {document("town")["description"]}


@pytest.mark.parametrize("round_", range(3))
def test_no_value_of_the_old_type_outlives_a_conversion(in_threads, round_):
    field = FieldFactory(key="age")
    known_values = [ValueFactory(field=field, text=str(n)) for n in range(THREADS)]
    want("age", type="number", length=None)
    known = read_draft().token

    def one(number):
        if number == 0:
            return publish_draft(known=known, caller=WRITER)
        if number % 2:
            return create_customer({"firstName": "Zed", "age": str(number)}, caller=WRITER)
        customer = known_values[number].customer
        return update_customer(customer, {"age": f"{number}0"}, caller=WRITER, partial=True)

    answers = in_threads(one, THREADS)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert field_of("age").type == "number"
    rows = AttributeValue.objects.filter(field=field)
    assert rows.filter(number=None).count() == rows.exclude(folded=None).count() == 0
    assert rows.count() == THREADS + THREADS // 2


def test_no_option_that_went_is_chosen_afterwards(in_threads):
    options = [{"value": "a"}, {"value": "b"}]
    field = FieldFactory(key="tier", type="choice", options=options)
    customers = CustomerFactory.create_batch(THREADS)
    want("tier", options=options[1:])
    known = read_draft().token

    def one(number):
        if number == 0:
            return publish_draft(known=known, caller=WRITER)
        return update_customer(customers[number], {"tier": "a"}, caller=WRITER, partial=True)

    in_threads(one, THREADS)

    has_gone = field_of("tier").options == options[1:]
    assert has_gone != AttributeValue.objects.filter(field=field, text="a").exists()


@pytest.mark.parametrize("force", [False, True])
def test_no_option_that_was_taken_away_at_once_is_chosen_afterwards(in_threads, force):
    options = [{"value": "a"}, {"value": "b"}]
    field = FieldFactory(key="tier", type="choice", options=options)
    customers = CustomerFactory.create_batch(THREADS)

    def one(number):
        if number == 0:
            return change_field_and_values(field, force=force, caller=WRITER, options=options[1:])
        return update_customer(customers[number], {"tier": "a"}, caller=WRITER, partial=True)

    answers = in_threads(one, THREADS)

    has_gone = field_of("tier").options == options[1:]
    assert has_gone != isinstance(answers[0], OptionsInUse)
    assert has_gone or not force
    if has_gone:
        assert not AttributeValue.objects.filter(field=field, text="a").exists()
