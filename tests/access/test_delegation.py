import pytest
from django.contrib.auth.models import Group, Permission

from access.delegation import (
    grantable_groups,
    grantable_permissions,
    may_manage_group,
    may_manage_user,
)
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


def group(name):
    return Group.objects.get(name=name)


def permission(codename):
    return Permission.objects.get(codename=codename)


def test_granter_hands_out_what_comes_by_group_and_in_person():
    granter = UserFactory(role="Integration (read)")
    granter.user_permissions.add(permission("add_label"))

    names = set(grantable_permissions(granter).values_list("codename", flat=True))

    assert names == {
        "add_label",
        "view_channeltype",
        "view_conversation",
        "view_customer",
        "view_fielddefinition",
        "view_label",
    }


@pytest.mark.parametrize(
    ("role", "roles"),
    [
        ("Administrator", {"Administrator", "Supervisor", "Agent", "Integration (read/write)"}),
        ("Supervisor", {"Supervisor", "Agent", "Integration (read/write)"}),
        # What changes many customers at once is more than an agent may.
        ("Agent", {"Agent"}),
    ],
)
def test_granter_hands_out_roles_within_the_own(role, roles):
    granter = UserFactory(role=role)

    found = set(grantable_groups(granter).values_list("name", flat=True))

    assert found == {*roles, "Integration (read)"}


def test_superuser_hands_out_everything():
    granter = UserFactory(is_superuser=True)

    assert grantable_groups(granter).count() == Group.objects.count()
    assert grantable_permissions(granter).count() == Permission.objects.count()


def test_group_with_one_right_more_is_out_of_reach():
    granter = UserFactory(role="Administrator")
    group("Agent").permissions.add(permission("delete_logentry"))

    assert not may_manage_group(granter, group("Agent"))
    assert may_manage_group(granter, group("Supervisor"))


@pytest.mark.parametrize(
    ("values", "is_allowed"),
    [
        ({"role": "Supervisor"}, True),
        ({"role": "Administrator"}, True),
        ({"is_superuser": True}, False),
        ({"is_superuser": True, "is_active": False}, False),
    ],
)
def test_administrator_manages_accounts_with_no_more_rights(values, is_allowed):
    granter, account = UserFactory(role="Administrator"), UserFactory(**values)

    assert may_manage_user(granter, account) is is_allowed


def test_sleeping_account_counts_with_all_it_could_do():
    granter, account = UserFactory(role="Supervisor"), UserFactory(role="Administrator")
    account.is_active = False
    account.save()

    assert not may_manage_user(granter, account)


def test_right_given_in_person_counts():
    granter, account = UserFactory(role="Supervisor"), UserFactory()
    account.user_permissions.add(permission("delete_logentry"))

    assert not may_manage_user(granter, account)


def test_everybody_manages_the_own_account_and_a_superuser_all():
    granter, superuser = UserFactory(), UserFactory(is_superuser=True)

    assert may_manage_user(granter, granter)
    assert may_manage_user(superuser, UserFactory(is_superuser=True))
