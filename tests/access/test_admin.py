import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.models import Group, Permission, User

from tests.support.factories import UserFactory
from tests.support.staff import errors_of, staff

pytestmark = pytest.mark.django_db

TOKENS = "/admin/access/apitoken/"
USERS = "/admin/auth/user/"
GROUPS = "/admin/auth/group/"
ATTEMPTS = "/admin/axes/accessattempt/"


def group(name):
    return Group.objects.get(name=name)


def user_form(user, **values):
    groups = [g.pk for g in user.groups.all()]
    shown = {"username": user.username, "is_active": "on", "groups": groups}
    if user.is_staff:
        shown["is_staff"] = "on"
    return shown | values


def test_administrator_gives_a_role():
    user = UserFactory(username="sam")
    client = staff("Administrator")

    client.post(f"{USERS}{user.pk}/change/", user_form(user, groups=[group("Supervisor").pk]))

    assert [g.name for g in user.groups.all()] == ["Supervisor"]


def test_administrator_makes_nobody_a_superuser():
    client = staff("Administrator")
    right = Permission.objects.get(codename="delete_logentry")
    for user in (client.user, UserFactory()):
        client.post(
            f"{USERS}{user.pk}/change/",
            user_form(user, is_superuser="on", user_permissions=[right.pk]),
        )

        user = User.objects.get(pk=user.pk)
        assert (user.is_superuser, user.user_permissions.count()) == (False, 0)


def test_administrator_gives_no_role_with_more_rights():
    boss = Group.objects.create(name="Boss")
    boss.permissions.add(Permission.objects.get(codename="delete_logentry"))
    user = UserFactory(role="Agent")
    client = staff("Administrator")

    response = client.post(f"{USERS}{user.pk}/change/", user_form(user, groups=[boss.pk]))

    assert list(errors_of(response)) == ["groups"]
    assert [g.name for g in user.groups.all()] == ["Agent"]


@pytest.mark.parametrize("wanted", [[], ["Agent"], ["Administrator", "Empty"]])
def test_administrator_leaves_the_own_roles_alone(wanted):
    Group.objects.create(name="Empty")
    client = staff("Administrator")
    address = f"{USERS}{client.user.pk}/change/"

    groups = [group(name).pk for name in wanted]
    client.post(address, user_form(client.user, groups=groups, first_name="Amy"))

    assert "Nobody changes their own roles" in client.get(address).content.decode()
    client.user.refresh_from_db()
    assert client.user.first_name == "Amy"
    assert [g.name for g in client.user.groups.all()] == ["Administrator"]


def test_superuser_changes_the_own_roles():
    client = staff(is_superuser=True)

    client.post(
        f"{USERS}{client.user.pk}/change/",
        user_form(client.user, groups=[group("Agent").pk], is_superuser="on"),
    )

    assert [g.name for g in client.user.groups.all()] == ["Agent"]


def test_administrator_cannot_become_a_superuser_by_password():
    superuser = UserFactory(is_superuser=True, is_staff=True)
    superuser.set_password("before-all-this")
    superuser.save()
    client = staff("Administrator")

    new = {"password1": "after-all-this-1", "password2": "after-all-this-1"}
    answers = [
        client.post(f"{USERS}{superuser.pk}/password/", {**new, "usable_password": "true"}),
        client.post(f"{USERS}{superuser.pk}/change/", user_form(superuser)),
        client.post(f"{USERS}{superuser.pk}/delete/", {"post": "yes"}),
    ]
    client.post(
        USERS, {"action": "delete_selected", "_selected_action": [superuser.pk], "post": "yes"}
    )

    assert [answer.status_code for answer in answers] == [403] * 3
    assert User.objects.get(pk=superuser.pk).check_password("before-all-this")


def test_superuser_makes_a_superuser():
    user = UserFactory()
    client = staff(is_superuser=True)

    client.post(f"{USERS}{user.pk}/change/", user_form(
        user, is_superuser="on", date_joined_0="2026-01-01", date_joined_1="10:00",
    ))  # fmt: skip

    assert User.objects.get(pk=user.pk).is_superuser


def test_administrator_adds_no_right_to_a_role_that_is_not_the_own():
    client = staff("Administrator")
    agent = group("Agent")
    before = set(agent.permissions.all())
    right = Permission.objects.get(codename="delete_logentry")

    response = client.post(
        f"{GROUPS}{agent.pk}/change/", {"name": "Agent", "permissions": [right.pk]}
    )

    assert list(errors_of(response)) == ["permissions"]
    assert set(agent.permissions.all()) == before


def test_administrator_leaves_alone_a_role_with_more_rights():
    boss = Group.objects.create(name="Boss")
    boss.permissions.add(Permission.objects.get(codename="delete_logentry"))
    client = staff("Administrator")

    changed = client.post(f"{GROUPS}{boss.pk}/change/", {"name": "Boss", "permissions": []})
    deleted = client.post(f"{GROUPS}{boss.pk}/delete/", {"post": "yes"})

    assert (changed.status_code, deleted.status_code) == (403, 403)
    assert boss.permissions.count() == 1


@pytest.mark.parametrize("url", [TOKENS, ATTEMPTS, "/admin/axes/accesslog/"])
def test_tokens_and_log_ins_are_no_business_of_supervisors(url):
    client = staff("Supervisor")

    response = client.get(url)

    assert response.status_code == 403


def test_supervisors_look_at_accounts_and_roles_and_touch_nothing():
    client, account = staff("Supervisor"), UserFactory(role="Agent")
    pages = [f"{USERS}{account.pk}/", f"{GROUPS}{group('Agent').pk}/"]

    shown = [
        client.get(url).status_code for url in (USERS, GROUPS, *(f"{p}change/" for p in pages))
    ]
    written = [
        client.post(url, {"name": "x"}).status_code
        for page in pages
        for url in (f"{page}change/", f"{page}delete/")
    ]

    assert (shown, written) == ([200] * 4, [403] * 4)
    assert client.get(f"{USERS}add/").status_code == client.get(f"{GROUPS}add/").status_code == 403
    assert client.get(f"{pages[0]}password/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_user_list_costs_the_same_for_more_users(count, django_assert_num_queries):
    for _ in range(count):
        UserFactory(role="Agent", last_name="Counted")
    client = staff("Administrator")

    with django_assert_num_queries(9):
        response = client.get(f"{USERS}?q=Counted")

    assert response.context["cl"].result_count == count


def test_administrator_unlocks_an_account():
    attempt = AccessAttempt.objects.create(
        username="sam", ip_address="127.0.0.1", failures_since_start=5
    )
    client = staff("Administrator")

    shown = client.get(f"{ATTEMPTS}{attempt.pk}/change/")
    client.post(f"{ATTEMPTS}{attempt.pk}/delete/", {"post": "yes"})

    assert shown.status_code == 200
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize("way", ["delete", "delete_selected"])
@pytest.mark.parametrize(
    ("granter", "is_deleted"),
    [({"role": "Administrator"}, False), ({"is_superuser": True}, True)],
)
def test_lock_out_of_a_superuser_is_lifted_by_superusers(way, granter, is_deleted):
    boss = UserFactory(username="boss", is_superuser=True)
    attempt = AccessAttempt.objects.create(username=boss.username, failures_since_start=5)
    other = AccessAttempt.objects.create(username="nobody", failures_since_start=5)
    client = staff(**granter)

    if way == "delete":
        client.post(f"{ATTEMPTS}{attempt.pk}/delete/", {"post": "yes"})
    else:
        chosen = {"action": way, "_selected_action": [attempt.pk, other.pk], "post": "yes"}
        client.post(ATTEMPTS, chosen)

    assert AccessAttempt.objects.filter(pk=attempt.pk).exists() is not is_deleted


def test_records_of_log_ins_stay():
    record = AccessLog.objects.create(username="sam", ip_address="127.0.0.1")
    client = staff("Administrator")

    url = f"/admin/axes/accesslog/{record.pk}"
    answers = [client.get(f"{url}/change/"), client.post(f"{url}/delete/", {"post": "yes"})]

    assert [answer.status_code for answer in answers] == [200, 403]


def test_side_bar_shows_only_what_is_allowed():
    supervisor, administrator = staff("Supervisor"), staff("Administrator")

    pages = [client.get("/admin/").content.decode() for client in (supervisor, administrator)]

    assert [TOKENS in page for page in pages] == [False, True]
    assert [USERS in page for page in pages] == [True, True]
    assert all("/admin/schema/" in page for page in pages)


def test_account_without_staff_status_stays_outside():
    client = staff("Supervisor")
    User.objects.filter(pk=client.user.pk).update(is_staff=False)

    response = client.get("/admin/")

    assert response.status_code == 302
