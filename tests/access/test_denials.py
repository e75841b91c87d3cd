import pytest
from django.contrib.auth.models import Group
from django.test import Client

from access.actors import Actor
from access.denials import PermissionMissing, check_permissions
from tests.contract.shapes import lacking
from tests.support.factories import UserFactory


def test_refusal_names_the_permission_by_its_sentence():
    error = PermissionMissing("customers.merge_customer", "merge customers")

    assert str(error) == (
        "You do not have permission to merge customers. Ask an administrator for the permission"
        " “Merge and split customers, decide on duplicates”."
    )


def test_permission_without_a_sentence_is_called_by_its_name():
    assert str(PermissionMissing("admin.view_logentry")) == lacking("admin.view_logentry")


def test_first_missing_permission_is_the_one_that_is_named():
    caller = Actor("kim", "9", frozenset({"labels.view_label"}))

    check_permissions(caller, "labels.view_label")
    with pytest.raises(PermissionMissing, match="“Delete labels”"):
        check_permissions(caller, "labels.view_label", "labels.delete_label", "labels.add_label")


@pytest.fixture
def staff(db):
    """A user who may open the admin, and no page in it."""
    role = Group.objects.create(name="Reception")
    client = Client()
    client.force_login(UserFactory(role=role.name, is_staff=True))
    return client


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("customers/customer/", "See customers"),
        ("customers/customer/add/", "Create customers"),
        ("customers/customer/1/delete/", "Delete customers"),
        ("labels/label/", "See labels"),
        ("labels/label/add/", "Create labels"),
        ("auth/user/", "See who has an account"),
        ("auth/group/1/change/", "See the roles"),
        ("axes/accesslog/", "Change accounts, set passwords, unlock, and see the log-ins"),
        ("webhooks/delivery/", "See the webhooks, and what was sent to them"),
        ("labels/label/1/merge/", "Rename labels, change their colour and priority"),
        ("schema/", "See the fields of the schema"),
        ("bench/", "See customers"),
        ("customers/customer/bulk/merge/?all=1", "Merge and split customers, decide on duplicates"),
        ("customers/customer/import/", "Import customers from a file, and take that back"),
    ],
)
def test_page_of_the_admin_names_the_permission_that_is_missing(staff, path, sentence):
    response = staff.get(f"/admin/{path}")

    assert response.status_code == 403
    assert f"Ask an administrator for the permission “{sentence}”." in response.content.decode()


def test_page_that_no_permission_opens_names_none(staff):
    response = staff.get("/admin/customers/operation/add/")

    assert response.status_code == 403
    assert "You do not have permission to do this." in response.content.decode()


def test_agent_in_the_admin_is_told_that_access_is_missing(db, client):
    client.force_login(UserFactory(username="amy", role="Agent"))

    response = client.get("/admin/", follow=True)

    page = response.content.decode()
    assert response.redirect_chain == [("/admin/login/?next=/admin/", 302)]
    assert response.status_code == 403
    assert "You are logged in as amy, without access to the administration." in page
    assert 'action="/logout"' in page


def test_agent_may_log_in_to_the_admin_with_another_account(db, client):
    client.force_login(UserFactory(username="amy", role="Agent"))
    sue = UserFactory(username="sue", role="Supervisor", is_staff=True)
    sue.set_password("pass word 12")
    sue.save()

    response = client.post(
        "/admin/login/?next=/admin/", {"username": "sue", "password": "pass word 12"}
    )

    assert (response.status_code, response.url) == (302, "/admin/")
