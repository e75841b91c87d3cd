import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from schema_builder.editing import (
    FieldIsProtected,
    change_field,
    create_field,
    delete_field,
    reorder_fields,
)
from schema_builder.models import ChannelType, FieldDefinition, SchemaRevision
from schema_builder.schema import current_schema, held_schema
from schema_builder.versions import touch_schema
from tests.support.factories import FieldFactory, IdentityFactory, ValueFactory, field_of

pytestmark = pytest.mark.django_db


def revision():
    return SchemaRevision.objects.get().token


def keys():
    return [*FieldDefinition.objects.order_by("sort_order", "id").values_list("key", flat=True)]


def test_created_field_is_the_last_and_known_at_once():
    before = revision()

    field = create_field(key="town", label="Town", type="string")

    assert keys()[-1] == "town"
    assert revision() != before
    assert current_schema().by_key["town"] == field


def test_changed_field_counts_its_version():
    field = FieldFactory(key="town")

    change_field(field, may_clear_pii=False, label="City")
    changed = change_field(field, may_clear_pii=False, length=9)

    assert (changed.label, changed.length, changed.version) == ("City", 9, 2)
    assert current_schema().by_key["town"].label == "City"


def test_refused_change_changes_nothing():
    field, before = FieldFactory(key="town"), revision()

    with pytest.raises(ValidationError):
        change_field(field, may_clear_pii=False, label="City", length=0)

    assert FieldDefinition.objects.get(key="town").label == "town"
    assert revision() == before


def test_pii_mark_is_put_by_anybody_and_taken_by_few():
    field = change_field(FieldFactory(), may_clear_pii=False, is_pii=True)

    with pytest.raises(PermissionDenied):
        change_field(field, may_clear_pii=False, is_pii=False)
    assert change_field(field, may_clear_pii=True, is_pii=False).is_pii is False


@pytest.mark.parametrize(
    "values", [{"key": "x"}, {"type": "name"}, {"is_channel_identifier": True}], ids=str
)
def test_what_is_fixed_stays(values):
    field = FieldFactory(key="town")

    with pytest.raises(ValidationError) as error:
        change_field(field, may_clear_pii=True, **values)

    assert error.value.message_dict == {key: ["cannot be changed."] for key in values}


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({"is_required": False}, {"is_required": ["cannot be changed."]}),
        ({"is_active": False}, {"is_active": ["cannot be changed."]}),
        ({"is_searchable": False}, {"is_searchable": ["A system field stays searchable."]}),
    ],
    ids=str,
)
def test_system_field_stays_what_it_is(values, problems):
    with pytest.raises(ValidationError) as error:
        change_field(field_of("firstName"), may_clear_pii=True, **values)

    assert error.value.message_dict == problems


def test_system_field_may_serve_other_channels():
    web = ChannelType.objects.get(name="WEB")

    change_field(field_of("phoneNumber"), may_clear_pii=False, channel_types=[web])

    assert [field.key for field in current_schema().serving["WEB"]] == ["phoneNumber", "web"]
    assert current_schema().serving["SMS"] == ()


def test_order_names_some_and_keeps_the_rest():
    reorder_fields(["web", "email"])

    assert keys()[:4] == ["web", "email", "firstName", "phoneNumber"]
    assert [
        *FieldDefinition.objects.order_by("sort_order").values_list("sort_order", flat=True)
    ] == [*range(1, 14)]


def test_deleted_field_is_forgotten():
    field = FieldFactory(key="town")

    delete_field(field)

    assert "town" not in current_schema().by_key


def test_deleted_field_keeps_its_values_and_frees_its_names():
    value, identity = ValueFactory(field__key="town"), IdentityFactory(of="web")
    field = value.field

    delete_field(field)
    delete_field(identity.field)
    again = create_field(key="town", label="TOWN", type="number")

    assert FieldDefinition.objects.get(key="town") == again
    assert FieldDefinition.everything.get(pk=field.pk).deleted_at is not None
    assert (type(value).objects.get().field, type(identity).objects.count()) == (field, 1)


def test_database_itself_holds_a_field_with_values():
    value, identity = ValueFactory(), IdentityFactory(of="web")

    with pytest.raises(ProtectedError), transaction.atomic():
        value.field.delete()
    with pytest.raises(ProtectedError), transaction.atomic():
        identity.field.delete()


def test_database_itself_keeps_system_fields():
    with pytest.raises(IntegrityError), transaction.atomic():
        FieldDefinition.objects.filter(key="firstName").update(deleted_at=timezone.now())


@pytest.mark.parametrize("key", ["firstName", "phoneNumber", "labels", "isAnonymous"])
def test_system_field_is_not_deleted(key):
    with pytest.raises(FieldIsProtected) as error:
        delete_field(field_of(key))

    assert str(error.value) == f'Field "{key}" is a system field.'


@pytest.mark.parametrize("key", ["email", "whatsapp", "web", "voice", "facebook", "viber"])
def test_seeded_field_may_be_deleted(key):
    delete_field(field_of(key))

    assert key not in keys()


def test_inactive_field_is_out_of_the_schema():
    field = FieldFactory(key="town")

    change_field(field, may_clear_pii=False, is_active=False)

    assert "town" not in current_schema().by_key


@pytest.mark.parametrize(
    ("label", "other"),
    [
        ("État", "éTAT"),
        ("ИМЯ", "имя"),
        ("Ελλάς", "ΕΛΛΆΣ"),
        ("Straße", "STRASSE"),
        ("Zip", "ＺＩＰ"),
    ],
)
def test_label_is_taken_in_any_letter_case_of_any_script(label, other):
    field, before = FieldFactory(key="one", label=label), revision()
    second = FieldFactory(key="two", label="Another")

    with pytest.raises(ValidationError) as creating:
        create_field(key="three", label=other, type="string")
    with pytest.raises(ValidationError) as changing:
        change_field(second, may_clear_pii=False, label=other)

    assert creating.value.message_dict == {"label": ["is duplicate"]}
    assert changing.value.message_dict == {"label": ["is duplicate"]}
    assert change_field(field, may_clear_pii=False, label=other).label == other
    assert revision() != before


@pytest.mark.parametrize(
    ("values", "length"),
    [
        ({"type": "string"}, 50),
        ({"type": "string", "length": None}, 50),
        ({"type": "string", "length": 1000}, 1000),
        ({"type": "number"}, None),
    ],
    ids=str,
)
def test_text_always_has_a_length(values, length):
    field = create_field(key="town", label="Town", **values)

    changed = change_field(field, may_clear_pii=False, length=None)

    assert field.length == length
    assert FieldDefinition.objects.get(key="town").length == (50 if length else None)
    assert changed.length == (50 if length else None)


def test_text_of_old_gets_a_length_with_its_next_change():
    field = FieldFactory(key="town")
    FieldDefinition.objects.filter(key="town").update(length=None)

    change_field(field, may_clear_pii=False, label="City")

    assert FieldDefinition.objects.get(key="town").length == 50


def test_database_itself_refuses_a_second_label_of_the_same_letters():
    FieldFactory(key="town", label="Town")

    with pytest.raises(IntegrityError), transaction.atomic():
        FieldDefinition.objects.create(key="city", label="TOWN", type="string")


def test_database_itself_keeps_system_fields_active():
    with pytest.raises(IntegrityError), transaction.atomic():
        FieldDefinition.objects.filter(key="firstName").update(is_active=False)


def test_schema_is_read_again_only_when_it_changed(django_assert_num_queries):
    schema = current_schema()

    with django_assert_num_queries(1):
        assert current_schema() is schema
    with django_assert_num_queries(0):
        assert held_schema() is schema
    touch_schema()
    assert current_schema() is not schema
