import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from schema_builder.field_validation import KEEPS_MARK
from schema_builder.models import ChannelType, FieldDefinition, SchemaRevision
from tests.support.factories import FieldFactory, field_of
from tests.support.staff import errors_of, staff

pytestmark = pytest.mark.django_db

ADD = "/admin/schema_builder/fielddefinition/add/"


def change_url(field):
    return reverse("admin:schema_builder_fielddefinition_change", args=[field.pk])


def revision():
    return SchemaRevision.objects.get().token


def posted(**values):
    """What the form sends for a new text field, with `values` over it."""
    return {
        "label": "Contract end",
        "key": "contractEnd",
        "type": "date",
        "section": "Contract",
        "is_active": "on",
    } | values


def posted_for(field, **values):
    shown = {
        "label": field.label,
        "key": field.key,
        "type": field.type,
        "section": field.section,
        "is_active": "on",
        "default_value": field.default_value or "",
    }
    if field.length:
        shown["length"] = field.length
    for name in ("is_required", "is_pii", "is_searchable", "is_channel_identifier"):
        if getattr(field, name):
            shown[name] = "on"
    return shown | values


def test_field_is_created_at_the_end_and_moves_the_revision():
    before = revision()
    client = staff("Supervisor")

    response = client.post(ADD, posted())

    assert response.status_code == 302
    field = field_of("contractEnd")
    assert (field.label, field.type, field.section) == ("Contract end", "date", "Contract")
    assert field.sort_order == max(FieldDefinition.objects.values_list("sort_order", flat=True))
    assert revision() != before


def test_text_has_a_length_whatever_was_typed():
    client = staff("Supervisor")
    shown = client.get(ADD).context["adminform"].form["length"].value()

    client.post(ADD, posted(type="string", length=""))
    created = field_of("contractEnd").length
    client.post(change_url(field_of("contractEnd")), posted(type="string", length="70"))
    changed = field_of("contractEnd").length
    client.post(change_url(field_of("contractEnd")), posted(type="string", length=""))

    assert (shown, created, changed, field_of("contractEnd").length) == (50, 50, 70, 50)


def test_options_are_typed_one_a_line():
    client = staff("Supervisor")

    client.post(
        ADD,
        posted(type="choice", options="gold\nsilver | Silver tier\n\nnone | None | #ff0000\n"),
    )

    assert field_of("contractEnd").options == [
        {"value": "gold"},
        {"value": "silver", "label": "Silver tier"},
        {"value": "none", "label": "None", "color": "#ff0000"},
    ]


def test_options_survive_a_save_that_does_not_touch_them():
    options = [{"value": "a", "label": "A"}, {"value": "b"}]
    field = FieldFactory(type="choice", options=options)
    client = staff("Supervisor")
    shown = client.get(change_url(field)).context["adminform"].form["options"].value()

    client.post(change_url(field), posted_for(field, label="Tier", options=str(shown)))

    field.refresh_from_db()
    assert (field.label, field.options) == ("Tier", options)


def test_form_shows_options_as_lines():
    field = FieldFactory(type="choice", options=[{"value": "a", "label": "A", "color": "#112233"}])
    client = staff("Supervisor")

    page = client.get(change_url(field)).content.decode()

    assert "a | A | #112233</textarea>" in page


def test_what_does_not_apply_to_the_type_is_forgotten():
    client = staff("Supervisor")

    client.post(
        ADD,
        posted(
            type="boolean", length="12", min_value="x", options="a", pattern="(",
            is_channel_identifier="on", channel_types=[ChannelType.objects.first().pk],
        ),
    )  # fmt: skip

    field = field_of("contractEnd")
    assert (field.length, field.min_value, field.options, field.pattern) == (None, None, [], "")
    assert (field.is_channel_identifier, list(field.channel_types.all())) == (False, [])


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({"key": "firstName"}, {"key": ["is duplicate"]}),
        ({"key": "createdAt"}, {"key": ['"createdAt" is reserved.']}),
        ({"label": "FIRST NAME"}, {"label": ["is duplicate"]}),
        ({"type": "choice"}, {"options": ["A choice needs at least one option."]}),
        ({"type": "choice", "options": "a\na"}, {"options": ["An option is there twice."]}),
        (
            {"type": "choice", "options": "a | A | red"},
            {"options": ["The color of an option is a colour such as #a9a9a9."]},
        ),
        ({"label": "ＦＩＲＳＴ name"}, {"label": ["is duplicate"]}),
        (
            {"type": "number", "min_value": "2", "max_value": "1"},
            {"max_value": ["Must not be less than the smallest value."]},
        ),
        (
            {"default_value": "soon"},
            {"default_value": ["Date has wrong format. Use YYYY-MM-DD."]},
        ),
    ],
)
def test_refusals_land_at_their_fields(values, problems):
    client = staff("Supervisor")
    before = FieldDefinition.objects.count(), revision()

    response = client.post(ADD, posted(**values))

    assert errors_of(response) == problems
    assert (FieldDefinition.objects.count(), revision()) == before


def test_key_and_type_stay_as_they_are():
    field = FieldFactory(key="tier", type="string")
    client = staff("Supervisor")

    client.post(change_url(field), posted_for(field, label="Tier", key="level", type="number"))

    field.refresh_from_db()
    assert (field.label, field.key, field.type, field.version) == ("Tier", "tier", "string", 1)


def test_system_field_is_locked_with_a_reason():
    field = field_of("firstName")
    client = staff("Supervisor")

    form = client.get(change_url(field)).context["adminform"].form
    response = client.post(
        change_url(field), {"label": "Name", "section": "Details", "default_value": "Jane Doe"}
    )

    locked = {name for name, form_field in form.fields.items() if form_field.disabled}
    assert locked == {
        "key", "type", "is_required", "is_active", "is_searchable", "is_channel_identifier",
    }  # fmt: skip
    assert response.status_code == 302
    field.refresh_from_db()
    assert (field.label, field.is_required, field.is_active) == ("Name", True, True)


def test_typed_default_of_a_system_field_survives():
    field = field_of("isAnonymous")
    client = staff("Supervisor")

    client.post(
        change_url(field), {"label": "Anonymous?", "section": "Details", "default_value": "true"}
    )

    field.refresh_from_db()
    assert (field.label, field.default_value) == ("Anonymous?", True)


def test_supervisor_cannot_clear_the_pii_mark():
    field = FieldFactory(is_pii=True)
    client = staff("Supervisor")
    values = posted_for(field)
    del values["is_pii"]

    response = client.post(change_url(field), values)

    assert errors_of(response) == {"is_pii": [KEEPS_MARK]}
    field.refresh_from_db()
    assert field.is_pii


def test_administrator_clears_the_pii_mark():
    field = FieldFactory(is_pii=True)
    client = staff("Administrator")
    values = posted_for(field)
    del values["is_pii"]

    client.post(change_url(field), values)

    field.refresh_from_db()
    assert not field.is_pii


def test_history_names_what_was_changed():
    field = FieldFactory()
    client = staff("Supervisor")

    client.post(change_url(field), posted_for(field, section="Elsewhere"))

    assert LogEntry.objects.get().get_change_message() == "Changed Section."


def test_option_is_not_taken_away_where_nobody_knows_who_has_it():
    options = [{"value": "a"}, {"value": "b"}]
    field = FieldFactory(type="choice", options=options)
    client = staff("Supervisor")

    response = client.post(change_url(field), posted_for(field, options="a"))

    [problem] = errors_of(response)["options"]
    assert "schema builder" in problem
    field.refresh_from_db()
    assert field.options == options
