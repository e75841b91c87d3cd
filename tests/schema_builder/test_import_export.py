import copy
import json

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from schema_builder.documents import current_fields
from schema_builder.drafts import load_fields, read_draft
from schema_builder.import_export import exported, imported, read_schema_file, template, templates
from tests.support.factories import FieldFactory

from .schemas import edited

pytestmark = pytest.mark.django_db
HEAD = {"format": "cxcustomers-schema", "version": 1}


def of(*fields):
    return {**HEAD, "fields": [*fields]}


def problems(parsed):
    with pytest.raises(ValidationError) as error:
        imported(parsed, current_fields())
    return error.value.message_dict


def test_export_comes_back_as_it_was():
    agents = Group.objects.get(name="Agent")
    FieldFactory(
        key="fee", type="number", min_value="0.5", role_visibility={str(agents.pk): "hidden"}
    )

    file = exported(current_fields())
    found = imported(read_schema_file(json.dumps(file).encode()), current_fields())

    assert file["fields"][-1] == {
        "key": "fee",
        "label": "fee",
        "description": "",
        "type": "number",
        "length": None,
        "min": "0.5",
        "max": None,
        "pattern": "",
        "options": [],
        "isRequired": False,
        "defaultValue": "",
        "isPii": False,
        "maskStart": None,
        "maskEnd": None,
        "roleVisibility": {"Agent": "hidden"},
        "isSearchAble": False,
        "isChannelIdentifier": False,
        "channelTypes": [],
        "section": "Details",
        "isActive": True,
    }
    assert found.fields == current_fields()
    assert (found.added, found.changed, found.missing) == ([], [], [])


def test_file_adds_changes_and_leaves_the_rest():
    file = of(
        {"key": "town", "label": "Town", "type": "string"},
        {"key": "email", "label": "Mail", "type": "email"},
    )

    found = imported(file, current_fields())

    assert (found.added, found.changed, len(found.missing)) == (["Town"], ["E-mail"], 12)
    assert [one["key"] for one in found.fields] == [
        *[one["key"] for one in current_fields()],
        "town",
    ]


def test_file_that_names_every_field_says_their_order():
    file = exported(current_fields()[::-1])

    assert imported(file, current_fields()).fields == current_fields()[::-1]


@pytest.mark.parametrize(
    ("parsed", "expected"),
    [
        ([], {"file": ["Not an exported schema."]}),
        ({"format": "other"}, {"file": ["Not an exported schema."]}),
        (of() | {"version": 2}, {"version": ["Only version 1 can be read."]}),
        (of() | {"extra": 1}, {"extra": ["Unknown part."]}),
        (of(), {"fields": ["Must be a list of 1 to 400 fields."]}),
        (of(5), {"fields[0].field": ["Must be an object."]}),
        (
            of({"key": "a"}),
            {
                "fields[0].label": ["This field is required."],
                "fields[0].type": ["This field is required."],
            },
        ),
        *[
            (
                of({"key": "a", "label": "A", "type": "string", name: value}),
                {f"fields[0].{name}": [told]},
            )
            for name, value, told in [
                ("nope", 1, "Unknown field."),
                ("type", "nope", 'There is no type "nope".'),
                ("isPii", "yes", "Has the wrong kind of value."),
                ("length", True, "Has the wrong kind of value."),
                ("label", 5, "Has the wrong kind of value."),
                ("min", "much", "A valid number is required."),
                ("channelTypes", [5], "Must be a list of channel type names."),
                ("roleVisibility", {"Nobody": "hidden"}, 'There is no role "Nobody".'),
            ]
        ],
        (
            of(*[{"key": "a", "label": "A", "type": "string"}] * 2),
            {"fields[1].key": ["A field is there twice."]},
        ),
        (
            of({"key": "a", "label": "A\x00"}),
            {"fields[0].label": ["Null characters are not allowed."]},
        ),
    ],
    ids=str,
)
def test_file_is_checked_strictly(parsed, expected):
    assert problems(parsed) == expected


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"NaN", b"[" * 100_000, b" " * 2**21])
def test_file_that_is_no_json_is_refused(content):
    with pytest.raises(ValidationError) as error:
        read_schema_file(content)

    assert list(error.value.message_dict) == ["file"]


def test_fields_of_a_file_that_cannot_be_stay_out_of_the_draft():
    file = of(
        {"key": "tier", "label": "Tier", "type": "choice"},
        {"key": "mail", "label": "E-MAIL", "type": "email"},
    )
    fields = imported(file, current_fields()).fields

    with pytest.raises(ValidationError) as error:
        edited(load_fields(fields, "file", may_clear_pii=True))

    assert error.value.message_dict == {
        "tier.options": ["A choice needs at least one option."],
        "mail.label": ["is duplicate"],
        "email.label": ["is duplicate"],
    }
    assert not read_draft().is_begun


@pytest.mark.parametrize("slug", [one["slug"] for one in templates()])
def test_templates_fit_a_new_installation(slug):
    before = copy.deepcopy(current_fields())
    found = imported(template(slug), current_fields())

    draft = edited(load_fields(found.fields, slug, may_clear_pii=False))

    assert draft.fields[: len(before)] == before
    assert len(draft.plan()) == len(found.added) > 5
    assert (found.changed, found.missing) == ([], [one["label"] for one in before])


def test_there_is_a_template_for_four_trades():
    assert [one["name"] for one in templates()] == ["Bank", "Health", "Retail", "Telecom"]
    assert template("nope") is None
