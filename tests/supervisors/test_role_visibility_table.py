import pytest
from django.contrib.auth.models import Group

from schema_builder.schema import current_schema
from supervisors.role_visibility import FieldVisibility, role_visibility
from tests.support.factories import FieldFactory
from tests.support.staff import staff

pytestmark = pytest.mark.django_db

ROLES = "/admin/auth/group/"


def role(name):
    return Group.objects.get(name=name)


def seen_as(name, **levels):
    """(words, reason) of a field that the roles, named without spaces, see so far."""
    said = {str(role(one.replace("_", " ")).pk): level for one, level in levels.items()}
    FieldFactory(key="town", role_visibility=said)
    sights = {
        sight.label: sight for sight in role_visibility(role(name), current_schema().fields).sights
    }
    return sights["town"].words, sights["town"].reason


@pytest.mark.parametrize(
    ("name", "levels", "words"),
    [
        ("Agent", {}, "Can see and change"),
        ("Integration (read)", {}, "Can see"),
        ("Agent", {"Agent": "read"}, "Can see"),
        ("Agent", {"Agent": "masked"}, "Masked"),
        ("Agent", {"Agent": "hidden"}, "Hidden"),
        ("Agent", {"Supervisor": "hidden"}, "Can see and change"),
    ],
)
def test_role_sees_a_field_as_far_as_the_field_says(name, levels, words):
    assert seen_as(name, **levels) == (words, "")


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("Agent", {"is_pii": True}, "personal data; may write a new value"),
        ("Integration (read)", {"is_pii": True}, "personal data"),
        ("Supervisor", {"type": "password"}, "shown to nobody; may write a new value"),
    ],
)
def test_role_sees_masked_what_it_has_no_right_to(name, options, reason):
    field = FieldFactory(key="secret", **options)

    [sight] = role_visibility(role(name), [field]).sights

    assert sight == FieldVisibility("Details", "secret", "Masked", reason)


def test_supervisor_sees_on_the_page_of_a_role_what_it_sees_of_fields():
    FieldFactory(key="town", label="Home town", role_visibility={str(role("Agent").pk): "masked"})
    client = staff("Supervisor")

    page = client.get(f"{ROLES}{role('Agent').pk}/change/").content.decode()

    assert "Fields this role sees" in page
    assert '<th scope="row">Home town</th>' in page
    assert "See customers" in page


def test_page_of_a_role_tells_nobody_of_fields_that_are_hidden_from_them():
    client = staff("Supervisor")
    own = str(client.user.groups.get().pk)
    FieldFactory(key="town", label="Home town", role_visibility={own: "hidden"})

    assert "Home town" not in client.get(f"{ROLES}{role('Agent').pk}/change/").content.decode()


def test_role_that_sees_no_customers_sees_no_fields():
    Group.objects.create(name="Accounts")

    page = staff("Supervisor").get(f"{ROLES}{role('Accounts').pk}/change/").content.decode()

    assert "None: this role does not see customers." in page


def test_role_that_is_not_there_has_no_page():
    assert staff("Administrator").get(f"{ROLES}999999/change/").status_code == 302
