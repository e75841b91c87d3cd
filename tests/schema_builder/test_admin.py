import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from schema_builder.models import ChannelType, FieldDefinition, IgnoredIdentifier, SchemaRevision
from tests.factories import FieldFactory, IdentityFactory, ValueFactory, field_of
from tests.staff import errors_of, staff

pytestmark = pytest.mark.django_db

LIST = "/admin/schema_builder/fielddefinition/"
ADD = f"{LIST}add/"


def change_url(field):
    return reverse("admin:schema_builder_fielddefinition_change", args=[field.pk])


def delete_url(field):
    return reverse("admin:schema_builder_fielddefinition_delete", args=[field.pk])


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
    for name in ("is_required", "is_pii", "is_searchable", "is_channel_identifier"):
        if getattr(field, name):
            shown[name] = "on"
    return shown | values


@pytest.mark.parametrize("role", [None, "Agent", "Integration (read/write)"])
def test_list_is_refused_without_permission_to_change(role):
    client = staff(role)

    response = client.get(ADD)

    assert response.status_code == 403


def test_list_is_in_schema_order():
    FieldFactory(key="zip", sort_order=0)
    client = staff("Supervisor")

    response = client.get(LIST)

    shown = [field.key for field in response.context["cl"].result_list]
    assert shown[:2] == ["zip", "firstName"]
    assert shown == list(
        FieldDefinition.objects.order_by("sort_order", "id").values_list("key", flat=True)
    )


def test_field_is_created_at_the_end_and_moves_the_revision():
    before = revision()
    client = staff("Supervisor")

    response = client.post(ADD, posted())

    assert response.status_code == 302
    field = field_of("contractEnd")
    assert (field.label, field.type, field.section) == ("Contract end", "date", "Contract")
    assert field.sort_order == max(FieldDefinition.objects.values_list("sort_order", flat=True))
    assert revision() != before


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

    assert errors_of(response) == {
        "is_pii": ["Only an administrator may take the PII mark from a field."]
    }
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


def places(keys):
    """What the list sends after its rows were dragged into the order of `keys`."""
    sent = {"_save": "Save", "form-TOTAL_FORMS": len(keys), "form-INITIAL_FORMS": len(keys)}
    for row, key in enumerate(reversed(keys)):
        sent[f"form-{row}-id"] = field_of(key).pk
        sent[f"form-{row}-sort_order"] = len(keys) - 1 - row
    return sent


def order():
    return list(FieldDefinition.objects.order_by("sort_order", "id").values_list("key", flat=True))


def test_rows_are_dragged_into_another_order():
    client = staff("Supervisor")
    before = revision()
    wanted = ["labels", *[key for key in order() if key != "labels"]]

    response = client.post(LIST, places(wanted))

    assert response.status_code == 302
    assert order() == wanted
    assert revision() != before


def test_rows_of_a_filtered_list_keep_to_their_places():
    client = staff("Supervisor")
    before = order()

    client.post(f"{LIST}?q=a", places(["whatsapp", "email"]))

    swap = {"email": "whatsapp", "whatsapp": "email"}
    assert order() == [swap.get(key, key) for key in before]


def test_order_that_makes_no_sense_is_refused():
    client = staff("Supervisor")
    before = order()

    response = client.post(LIST, places(["email"]) | {"form-0-sort_order": "up"}, follow=True)

    assert [str(m) for m in response.context["messages"]] == [
        "The order was not saved: reload the page and try again."
    ]
    assert order() == before


def test_order_is_no_business_of_who_may_only_look():
    client = staff(may=["schema_builder.view_fielddefinition"])
    before = order()

    response = client.post(LIST, places(["labels", "email"]))

    assert response.status_code == 403
    assert order() == before


def test_who_may_only_look_sees_a_field():
    client = staff(may=["schema_builder.view_fielddefinition"])

    response = client.get(change_url(field_of("email")))

    assert response.status_code == 200


def test_unused_field_is_deleted():
    field = FieldFactory(key="gone")
    before = revision()
    client = staff("Supervisor")

    client.post(delete_url(field), {"post": "yes"})

    assert not FieldDefinition.objects.filter(key="gone").exists()
    assert revision() != before


def test_field_with_values_is_protected_and_they_are_counted_not_shown():
    field = FieldFactory(key="iban")
    ValueFactory(field=field, text="DE12 secret")
    client = staff("Supervisor")

    response = client.post(delete_url(field), {"post": "yes"})

    assert response.context["protected"] == ["iban: 1 attribute values"]
    assert b"DE12 secret" not in response.content
    assert FieldDefinition.objects.filter(key="iban").exists()


def test_selected_fields_with_identities_are_protected():
    field = FieldFactory(key="fax", is_channel_identifier=True)
    IdentityFactory(of="fax")
    client = staff("Supervisor")

    response = client.post(
        LIST, {"action": "delete_selected", "_selected_action": [field.pk], "post": "yes"}
    )

    assert response.context["protected"] == ["fax: 1 channel identities"]
    assert FieldDefinition.objects.filter(key="fax").exists()


def test_selected_fields_are_deleted():
    fields = [FieldFactory(), FieldFactory()]
    client = staff("Supervisor")

    client.post(
        LIST,
        {
            "action": "delete_selected",
            "_selected_action": [field.pk for field in fields],
            "post": "yes",
        },
    )

    assert not FieldDefinition.objects.filter(pk__in=[field.pk for field in fields]).exists()


def test_system_field_cannot_be_deleted():
    field = field_of("phoneNumber")
    client = staff("Administrator")

    single = client.post(delete_url(field), {"post": "yes"})
    selected = client.post(
        LIST, {"action": "delete_selected", "_selected_action": [field.pk], "post": "yes"}
    )

    assert single.status_code == 403
    assert selected.context["protected"][0] == 'Field "phoneNumber" is a system field.'
    assert FieldDefinition.objects.filter(key="phoneNumber").exists()


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_for_more_fields(count, django_assert_num_queries):
    FieldFactory.create_batch(count, section="Mine")
    client = staff("Supervisor")
    client.get(LIST)

    with django_assert_num_queries(8):
        response = client.get(f"{LIST}?section=Mine")

    assert response.context["cl"].result_count == count


def test_history_names_what_was_changed():
    field = FieldFactory()
    client = staff("Supervisor")

    client.post(change_url(field), posted_for(field, section="Elsewhere"))

    assert LogEntry.objects.get().get_change_message() == "Changed Section."


def test_channel_type_moves_the_revision():
    client = staff("Supervisor")
    before = revision()

    client.post(
        "/admin/schema_builder/channeltype/add/", {"name": "FAX", "label": "Fax", "icon": "fax"}
    )
    added = revision()
    channel = ChannelType.objects.get(name="FAX")
    client.post(
        f"/admin/schema_builder/channeltype/{channel.pk}/change/",
        {"name": "FAX", "label": "Telefax"},
    )
    changed = revision()
    client.post(f"/admin/schema_builder/channeltype/{channel.pk}/delete/", {"post": "yes"})

    assert not ChannelType.objects.filter(name="FAX").exists()
    assert len({before, added, changed, revision()}) == 4


def test_name_of_a_channel_type_stays():
    client = staff("Supervisor")
    channel = ChannelType.objects.get(name="SMS")

    client.post(
        f"/admin/schema_builder/channeltype/{channel.pk}/change/",
        {"name": "TEXT", "label": "Text message"},
    )

    channel.refresh_from_db()
    assert (channel.name, channel.label) == ("SMS", "Text message")


def test_ignored_identifiers_move_the_revision():
    client = staff("Supervisor")
    before = revision()

    client.post("/admin/schema_builder/ignoredidentifier/add/", {"value": "000"})
    added = revision()
    row = IgnoredIdentifier.objects.get(value="000")
    client.post(
        "/admin/schema_builder/ignoredidentifier/",
        {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"},
    )

    assert not IgnoredIdentifier.objects.filter(value="000").exists()
    assert len({before, added, revision()}) == 3
