import pytest
from django.urls import reverse

from schema_builder.models import ChannelType, FieldDefinition, IgnoredIdentifier, SchemaRevision
from tests.support.factories import FieldFactory, IdentityFactory, ValueFactory, field_of
from tests.support.staff import errors_of, staff

pytestmark = pytest.mark.django_db

LIST = "/admin/schema_builder/fielddefinition/"
ADD = f"{LIST}add/"


FAX = {"name": "FAX", "label": "Fax", "icon": "fax", "without_identity": "placeholder"}


def change_url(field):
    return reverse("admin:schema_builder_fielddefinition_change", args=[field.pk])


def delete_url(field):
    return reverse("admin:schema_builder_fielddefinition_delete", args=[field.pk])


def revision():
    return SchemaRevision.objects.get().token


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


def test_channel_type_moves_the_revision():
    client = staff("Supervisor")
    before = revision()

    client.post("/admin/schema_builder/channeltype/add/", FAX)
    added = revision()
    channel = ChannelType.objects.get(name="FAX")
    client.post(
        f"/admin/schema_builder/channeltype/{channel.pk}/change/",
        FAX | {"label": "Telefax"},
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
        FAX | {"name": "TEXT", "label": "Text message"},
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


@pytest.mark.parametrize("region", ["PK", "BR", ""])
def test_channel_type_takes_a_country(region):
    client = staff("Supervisor")

    client.post(
        "/admin/schema_builder/channeltype/add/",
        FAX | {"default_region": region},
    )

    assert ChannelType.objects.get(name="FAX").default_region == region


@pytest.mark.parametrize("region", ["ZZ", "UK", "pk", "P", "00"])
def test_channel_type_refuses_what_is_no_country(region):
    client, before = staff("Supervisor"), revision()

    response = client.post(
        "/admin/schema_builder/channeltype/add/",
        FAX | {"default_region": region},
    )

    assert errors_of(response) == {"default_region": ["Use a two-letter country such as PK."]}
    assert not ChannelType.objects.filter(name="FAX").exists()
    assert revision() == before
