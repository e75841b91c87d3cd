import pytest
from django.core.exceptions import ValidationError

from schema_builder.documents import current_fields
from schema_builder.editing import (
    arrange_fields,
    change_field,
    create_field,
    delete_field,
    delete_schema_row,
    reorder_fields,
)
from schema_builder.models import ChannelType, FieldDefinition, SchemaVersion
from tests.support.factories import FieldFactory, field_of
from tests.support.staff import staff

pytestmark = pytest.mark.django_db


def versions():
    return list(SchemaVersion.objects.order_by("number").values_list("number", "kind", "author"))


def test_first_change_keeps_what_it_found():
    before = current_fields()

    create_field(author="amy", key="town", label="Town", type="string")

    assert versions() == [(1, "found", ""), (2, "edit", "amy")]
    assert SchemaVersion.objects.get(number=1).fields == before
    assert SchemaVersion.objects.get(number=2).fields == current_fields()


@pytest.mark.parametrize(
    "write",
    [
        lambda: change_field(field_of("email"), may_clear_pii=True, author="amy", label="Mail"),
        lambda: reorder_fields(["web"], author="amy"),
        lambda: arrange_fields([field_of("web").pk, field_of("email").pk], author="amy"),
        lambda: delete_field(field_of("email"), author="amy"),
        lambda: delete_schema_row(ChannelType.objects.get(name="EMAIL"), author="amy"),
    ],
    ids=["change", "reorder", "arrange", "delete", "channel type"],
)
def test_every_change_is_a_version(write):
    write()

    assert versions() == [(1, "found", ""), (2, "edit", "amy")]


def test_what_changes_nothing_is_no_version():
    FieldFactory(key="town")
    before = versions()

    change_field(field_of("town"), may_clear_pii=True, label="town")
    reorder_fields([])

    assert versions() == before


def test_refused_change_is_no_version():
    with pytest.raises(ValidationError):
        change_field(field_of("email"), may_clear_pii=True, label="")

    assert versions() == []


def test_contract_names_the_author(supervisor):
    name = supervisor.user.username
    url = "/cim-customer/customerSchema"

    created = supervisor.post(url, {"key": "town", "label": "Town", "type": "string"}).json()
    supervisor.put(f"{url}/{created['_id']}", {"label": "City"})
    supervisor.put("/cim-customer/customerSchemaOrder", [{"key": "town"}])
    supervisor.delete(f"{url}/{created['_id']}")

    assert versions()[1:] == [(number, "edit", name) for number in range(2, 6)]


def test_admin_names_the_author():
    client = staff("Supervisor")
    values = {"label": "Town", "key": "town", "type": "string", "section": "Details"}

    client.post("/admin/schema_builder/fielddefinition/add/", values)
    field = FieldDefinition.objects.get(key="town")
    client.post(f"/admin/schema_builder/fielddefinition/{field.pk}/delete/", {"post": "yes"})

    assert versions()[1:] == [
        (2, "edit", client.user.username),
        (3, "edit", client.user.username),
    ]
