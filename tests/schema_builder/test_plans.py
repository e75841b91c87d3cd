import pytest

from schema_builder.descriptions import plan_in_words
from schema_builder.import_export import blank_document
from schema_builder.plans import plan_from, rebased

A, B, C, D = (blank_document(key) | {"label": key.upper(), "type": "string"} for key in "abcd")


def words(now, wanted, deleted=None, roles=None):
    return plan_in_words(plan_from(now, wanted, deleted=deleted), roles or {})


def test_nothing_differs():
    assert not plan_from([A, B], [A, B])


@pytest.mark.parametrize(
    ("now", "wanted", "told"),
    [
        ([A], [A, B], ["“B” added"]),
        ([A, B], [A], ["“B” deleted"]),
        ([A, B], [B, A], ["The order of the fields changed."]),
        ([A], [A | {"is_required": True}], ["A: required"]),
        ([A | {"is_required": True}], [A], ["A: no longer required"]),
        ([A], [A | {"label": "Town"}], ["A: now called “Town”"]),
        ([A], [A | {"length": 20}], ["A: length 20"]),
        ([A | {"length": 50}], [A | {"length": 20}], ["A: length 50 → 20"]),
        ([A], [A | {"type": "date"}], ["A: Text → Date"]),
        ([A], [A | {"mask_start": 1, "mask_end": 2}], ["A: mask changed"]),
        ([A | {"is_active": False}], [A], ["A: active again"]),
        ([A], [A | {"section": "X"}], ["A: moved to section “X”"]),
        (
            [A | {"options": [{"value": "x"}, {"value": "y"}]}],
            [A | {"options": [{"value": "y"}, {"value": "z", "label": "Zed"}]}],
            ["A: options added “Zed”; removed “x”"],
        ),
        ([A], [A | {"role_visibility": {"7": "hidden"}}], ["A: Agent: hidden"]),
        ([A], [A | {"channel_types": ["SMS"]}], ["A: channel types with SMS"]),
        ([A | {"default_value": "x"}], [A], ["A: no default"]),
    ],
)
def test_changes_are_told(now, wanted, told):
    assert words(now, wanted, roles={"7": "Agent"}) == told


def test_field_that_was_deleted_is_told_as_restored():
    assert words([A], [A, B], deleted={B["id"]: B | {"label": "Old"}}) == [
        "“Old” restored",
        "Old: now called “B”",
    ]


def test_changes_of_both_sides_are_united():
    ours = [A | {"label": "Ours"}, B, C]
    theirs = [A | {"description": "Theirs"}, B, D]

    found = rebased([A, B], ours, theirs)

    assert found.fields == [A | {"label": "Ours", "description": "Theirs"}, B, C, D]
    assert found.conflicts == []


@pytest.mark.parametrize(
    ("ours", "theirs", "conflict", "kept"),
    [
        (
            [A | {"label": "Ours"}],
            [A | {"label": "Theirs"}],
            "“A”: label was changed meanwhile.",
            [A | {"label": "Ours"}],
        ),
        ([], [A | {"label": "Theirs"}], "“A” is deleted, but was changed meanwhile.", []),
        (
            [A | {"label": "Ours"}],
            [],
            "“A” is changed, but was deleted meanwhile.",
            [A | {"label": "Ours"}],
        ),
    ],
)
def test_changes_of_the_same_are_conflicts(ours, theirs, conflict, kept):
    found = rebased([A], ours, theirs)

    assert (found.conflicts, found.fields) == ([conflict], kept)


def test_same_change_of_both_sides_is_no_conflict():
    found = rebased([A], [A | {"label": "X"}], [A | {"label": "X", "length": 9}])

    assert (found.conflicts, found.fields) == ([], [A | {"label": "X", "length": 9}])


def test_field_that_others_deleted_goes():
    assert rebased([A, B], [A, B, C], [A]).fields == [A, C]


def test_order_is_that_of_who_moved_fields():
    assert rebased([A, B, C], [C, A, B], [A, B, D, C]).fields == [C, A, B, D]
    assert rebased([A, B, C], [A, B, C, D], [B, C, A]).fields == [B, C, D, A]


def test_orders_that_differ_are_a_conflict():
    found = rebased([A, B, C], [C, A, B], [B, A, C])

    assert found.conflicts == ["The order of the fields was changed meanwhile."]
    assert found.fields == [C, A, B]
