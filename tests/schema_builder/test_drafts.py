import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from schema_builder import drafts, ordering
from schema_builder.documents import current_fields
from schema_builder.drafts import (
    DraftChanged,
    FieldIsActive,
    FieldMoved,
    UnknownField,
    discard_draft,
    edit_draft,
    put_field,
    read_draft,
)
from schema_builder.editing import change_field
from schema_builder.models import SchemaDraft
from schema_builder.schema import current_schema
from tests.support.factories import FieldFactory, field_of

from .schemas import document, edited, new, want, want_gone, want_new

pytestmark = pytest.mark.django_db


def keys():
    return [one["key"] for one in read_draft().fields]


def test_draft_is_the_schema_until_somebody_edits_it():
    draft = read_draft()

    assert draft.fields == draft.base == current_fields()
    assert (draft.token, draft.is_begun, len(draft.plan())) == ("v1", False, 0)


def test_draft_is_seen_by_no_agent():
    draft = want_new("town")

    assert draft.updated_by == "amy"
    assert document("town")["length"] == 50
    assert "town" not in current_schema().by_key


def test_new_field_comes_last_in_its_section():
    want_new("town", section="Channels")

    assert keys()[keys().index("viber") + 1] == "town"


def test_edit_that_takes_everything_back_leaves_no_draft():
    want("email", label="Mail")

    draft = want("email", label="E-mail")

    assert not draft.is_begun
    assert not SchemaDraft.objects.exists()


def test_edit_by_an_older_draft_is_refused():
    known = read_draft().token
    want("email", label="Mail")

    with pytest.raises(DraftChanged) as error:
        edit_draft(known, "bob", put_field(new("town"), may_clear_pii=True))

    assert str(error.value).startswith("amy has changed the schema meanwhile.")
    assert "town" not in keys()


def test_first_edit_by_an_older_schema_is_refused():
    known = read_draft().token
    change_field(field_of("email"), may_clear_pii=True, label="Mail")

    with pytest.raises(DraftChanged):
        edit_draft(known, "bob", put_field(new("town"), may_clear_pii=True))

    assert not read_draft().is_begun


def test_edits_of_two_fields_that_cross_are_both_kept():
    email, viber = document("email"), document("viber")

    for opened in (email, viber):
        wanted = opened | {"description": "Ours"}
        edit_draft(None, "bob", put_field(wanted, opened=opened, may_clear_pii=True))

    assert document("email")["description"] == document("viber")["description"] == "Ours"


def test_edits_of_one_field_that_cross_are_refused_to_the_second():
    opened = document("email")
    want("email", label="Mail")

    with pytest.raises(FieldMoved) as error:
        edit_draft(
            None, "bob", put_field(opened | {"label": "Post"}, opened=opened, may_clear_pii=True)
        )

    assert (error.value.by, error.value.now["label"]) == ("amy", "Mail")
    assert document("email")["label"] == "Mail"


def test_field_that_is_gone_is_not_put_back_by_who_had_it_open():
    want_new("town")
    opened = document("town")
    want_gone("town")

    with pytest.raises(UnknownField):
        edit_draft(None, "bob", put_field(opened, opened=opened, may_clear_pii=True))


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({"label": "e-MAIL"}, {"label": ["is duplicate"]}),
        ({"key": "email"}, {"key": ["is duplicate"]}),
        ({"key": "_id"}, {"key": ['"_id" is reserved.']}),
        ({"type": "choice"}, {"options": ["A choice needs at least one option."]}),
        ({"channel_types": ["FAX"]}, {"channel_types": ["There is no channel type FAX."]}),
    ],
    ids=str,
)
def test_draft_takes_no_field_that_cannot_be(values, problems):
    with pytest.raises(ValidationError) as error:
        want_new(**{"key": "town", "label": "Town"} | values)

    assert error.value.message_dict == problems
    assert not read_draft().is_begun


def test_label_that_the_draft_frees_may_be_taken():
    want("email", label="Mail")

    want_new("other", label="E-mail")

    assert document("other")["label"] == "E-mail"


@pytest.mark.parametrize(
    ("key", "values", "problem"),
    [
        ("firstName", {"type": "string"}, {"type": ["cannot be changed."]}),
        ("firstName", {"is_active": False}, {"is_active": ["cannot be changed."]}),
        (
            "firstName",
            {"is_searchable": False},
            {"is_searchable": ["A system field stays searchable."]},
        ),
        ("email", {"type": "string"}, {"type": ["cannot be changed."]}),
        (
            "web",
            {"is_channel_identifier": False},
            {"is_channel_identifier": ["cannot be changed."]},
        ),
    ],
    ids=str,
)
def test_draft_keeps_what_is_fixed(key, values, problem):
    with pytest.raises(ValidationError) as error:
        want(key, **values)

    assert error.value.message_dict == problem


def test_pii_mark_is_taken_in_a_draft_by_few():
    FieldFactory(key="town", is_pii=True)
    wanted = document("town") | {"is_pii": False}

    with pytest.raises(PermissionDenied):
        edited(put_field(wanted, may_clear_pii=False))

    assert edited(put_field(wanted, may_clear_pii=True)).is_begun


def test_copy_stands_behind_its_original_and_serves_nobody():
    edited(drafts.duplicate_field(document("web")["id"]))

    edited(drafts.duplicate_field(document("web")["id"]))

    assert keys()[keys().index("web") :][:3] == ["web", "web3", "web2"]
    assert (document("web3")["label"], document("web3")["channel_types"]) == ("Web 3", [])


def test_field_in_use_is_deactivated_before_it_is_deleted():
    field = FieldFactory(key="town")

    with pytest.raises(FieldIsActive):
        want_gone("town")
    want("town", is_active=False)
    with pytest.raises(FieldIsActive):
        want_gone("town")
    discard_draft(read_draft().token)
    change_field(field, may_clear_pii=True, is_active=False)
    with pytest.raises(ValidationError) as error:
        edited(drafts.remove_field(field.public_id, typed_key="Town"))

    assert error.value.message_dict == {"key": ["Type town to delete the field."]}
    want_gone("town")
    assert "town" not in keys()


def test_field_that_is_only_in_the_draft_just_goes():
    want_new("town")

    edited(drafts.remove_field(document("town")["id"], typed_key=""))

    assert not read_draft().is_begun


def test_fields_are_arranged_within_and_across_sections():
    places = [(one["id"], one["section"]) for one in read_draft().fields]
    first, *rest = places

    draft = edited(ordering.arrange([*rest, (first[0], " Person ")]))

    assert [one["key"] for one in draft.fields][-1] == "firstName"
    assert draft.fields[-1]["section"] == "Person"
    assert draft.plan().is_reordered


@pytest.mark.parametrize("change", [lambda p: p[1:], lambda p: [*p, p[0]], lambda p: [("x", "")]])
def test_arrangement_that_misses_a_field_is_refused(change):
    places = [(one["id"], one["section"]) for one in read_draft().fields]

    with pytest.raises(ValidationError):
        edited(ordering.arrange(change(places)))

    assert not read_draft().is_begun


def test_section_is_renamed_with_all_its_fields():
    draft = edited(ordering.rename_section("Channels", "Ways to reach"))

    assert {one["section"] for one in draft.fields} == {"Details", "Ways to reach"}
    for section, name in [("Details", "x" * 51), ("Channels", "Ways")]:
        with pytest.raises(ValidationError):
            edited(ordering.rename_section(section, name))


def test_what_takes_the_place_of_an_option_is_one_that_stays():
    options = [{"value": "a"}, {"value": "b"}, {"value": "c"}]
    field = FieldFactory(key="tier", type="choice", options=options)
    want("tier", options=options[1:])

    draft = edited(drafts.map_options(field.public_id, {"a": "b"}))

    assert draft.mappings == {field.public_id: {"a": "b"}}
    for mapping in ({"a": "a"}, {"b": "c"}, {"x": ""}, {"a": "x"}):
        with pytest.raises(ValidationError):
            edited(drafts.map_options(field.public_id, mapping))
    assert read_draft().mappings == {field.public_id: {"a": "b"}}
