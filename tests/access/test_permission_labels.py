import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission

from access.permission_labels import (
    UNSAID,
    permission_name,
    permission_named,
    permissions_by_group,
    permissions_of_role,
    permissions_of_user,
    rights_in_words,
    sentences_of,
)
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


def permission(name):
    return permission_named(name)


def test_every_sentence_is_of_a_permission_that_exists():
    names = {permission_name(row) for row in Permission.objects.select_related("content_type")}

    told = {name for sentences in rights_in_words().values() for name in sentences}

    assert told - names == set()


def test_groups_stand_in_the_order_of_the_settings():
    assert list(rights_in_words()) == settings.RIGHT_GROUPS


def test_what_the_roles_may_is_all_in_words():
    for role in Group.objects.all():
        assert UNSAID not in dict(sentences_of(permissions_of_role(role))), role


def test_no_permission_is_told_twice():
    told = [
        name
        for app in apps.get_app_configs()
        for sentences in getattr(app, "rights", {}).values()
        for name in sentences
    ]

    assert len(told) == len(set(told))


def test_permissions_are_grouped_and_the_unsaid_shown_by_name():
    rows = [
        permission("labels.view_label"),
        permission("admin.view_logentry"),
        permission("customers.view_pii"),
        permission("customers.view_customer"),
    ]

    assert permissions_by_group(rows) == [
        ("Customers", [(rows[3].pk, "See customers")]),
        ("Personal data", [(rows[2].pk, "See personal data unmasked")]),
        ("Labels", [(rows[0].pk, "See labels")]),
        (UNSAID, [(rows[1].pk, "Can view log entry")]),
    ]
    assert permissions_by_group([]) == []


def test_permissions_of_a_user_come_by_role_and_in_person_and_once():
    user = UserFactory(role="Agent")
    user.user_permissions.add(permission("labels.view_label"), permission("customers.view_pii"))

    names = [permission_name(row) for row in permissions_of_user(user)]

    assert len(names) == len(set(names))
    assert {"labels.view_label", "customers.view_pii", "customers.view_customer"} <= set(names)


def test_permission_that_is_not_there():
    assert permission_named("customers.fly") is None
    assert permission_named("") is None
