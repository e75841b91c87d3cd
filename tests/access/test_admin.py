from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone

from access.models import ApiToken, digest_of
from tests.factories import TokenFactory, UserFactory
from tests.staff import errors_of, staff

pytestmark = pytest.mark.django_db

TOKENS = "/admin/access/apitoken/"
USERS = "/admin/auth/user/"
GROUPS = "/admin/auth/group/"
ATTEMPTS = "/admin/axes/accessattempt/"


def group(name):
    return Group.objects.get(name=name)


def token_form(**values):
    return {"name": "CRM", "group": group("Integration (read)").pk} | values


def user_form(user, **values):
    groups = [g.pk for g in user.groups.all()]
    shown = {"username": user.username, "is_active": "on", "groups": groups}
    if user.is_staff:
        shown["is_staff"] = "on"
    return shown | values


def test_secret_is_shown_once_and_works():
    client = staff("Administrator")

    created = client.post(f"{TOKENS}add/", token_form(may_view_pii="on"))

    secret = created.context["token"].secret
    token = ApiToken.objects.get(name="CRM")
    assert created.status_code == 200
    assert secret in created.content.decode()
    assert token.digest == digest_of(secret)
    assert (token.group.name, token.may_view_pii) == ("Integration (read)", True)
    assert token.created_by == client.user.get_username()
    for url in (TOKENS, f"{TOKENS}{token.pk}/change/", f"{TOKENS}{token.pk}/history/", "/admin/"):
        assert secret not in client.get(url).content.decode()
    assert secret not in str(list(LogEntry.objects.values()))
    assert secret not in str(created.cookies) + str(dict(client.session))


def test_secret_of_a_repeated_request_is_not_shown():
    client = staff("Administrator")
    client.post(f"{TOKENS}add/", token_form())

    again = client.post(f"{TOKENS}add/", token_form())

    assert errors_of(again) == {"name": ["API token with this Name already exists."]}
    assert ApiToken.objects.filter(name="CRM").count() == 1


@pytest.mark.parametrize("role", ["Agent", "Supervisor", "Integration (read/write)"])
def test_tokens_are_for_administrators_only(role):
    token, _ = TokenFactory()
    client = staff(role)

    answers = [
        client.get(TOKENS),
        client.post(f"{TOKENS}add/", token_form()),
        client.post(f"{TOKENS}{token.pk}/change/", {"access_apitoken_revoke": "1"}),
        client.post(TOKENS, {"action": "revoke_selected", "_selected_action": [token.pk]}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert list(ApiToken.objects.values_list("pk", "revoked_at")) == [(token.pk, None)]


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({"group": ""}, {"group": ["This field is required."]}),
        (
            {"expires_at_0": "2020-01-01", "expires_at_1": "10:00"},
            {"expires_at": ["Must be in the future."]},
        ),
    ],
)
def test_token_refusals_land_at_their_fields(values, problems):
    client = staff("Administrator")

    response = client.post(f"{TOKENS}add/", token_form(**values))

    assert errors_of(response) == problems
    assert not ApiToken.objects.exists()


def test_token_gets_no_role_beyond_its_creator():
    client = staff(may=["access.add_apitoken", "customers.view_customer"])

    role = client.post(f"{TOKENS}add/", token_form(group=group("Supervisor").pk))
    sight = client.post(f"{TOKENS}add/", token_form(may_view_pii="on"))

    assert list(errors_of(role)) == ["group"]
    assert errors_of(sight)["may_view_pii"] == ["You may not see personal data yourself."]
    assert not ApiToken.objects.exists()


def test_token_is_revoked_from_its_page():
    token, _ = TokenFactory(name="CRM")
    client = staff("Administrator")
    assert "Revoke this token" in client.get(f"{TOKENS}{token.pk}/change/").content.decode()

    client.post(f"{TOKENS}{token.pk}/change/", {"access_apitoken_revoke": "1"})

    token.refresh_from_db()
    assert token.revoked_at is not None
    assert LogEntry.objects.get().get_change_message() == "Revoked."
    assert "Revoke this token" not in client.get(f"{TOKENS}{token.pk}/change/").content.decode()


def test_nothing_of_a_token_is_edited():
    token, _ = TokenFactory(name="CRM")
    client = staff("Administrator")

    client.post(f"{TOKENS}{token.pk}/change/", token_form(name="Other", may_view_pii="on"))
    deleted = client.post(f"{TOKENS}{token.pk}/delete/", {"post": "yes"})

    token.refresh_from_db()
    assert (token.name, token.may_view_pii, token.revoked_at) == ("CRM", False, None)
    assert deleted.status_code == 403


def test_selected_tokens_are_revoked():
    now = timezone.now()
    (token, _), (revoked, _) = TokenFactory(), TokenFactory()
    ApiToken.objects.filter(pk=revoked.pk).update(revoked_at=now)
    client = staff("Administrator")

    response = client.post(
        TOKENS,
        {"action": "revoke_selected", "_selected_action": [token.pk, revoked.pk]},
        follow=True,
    )

    token.refresh_from_db()
    revoked.refresh_from_db()
    assert token.revoked_at is not None
    assert revoked.revoked_at == now
    assert [str(m) for m in response.context["messages"]] == ["Revoked 1 of the tokens, for good."]


def test_list_tells_the_state_of_each_token():
    now = timezone.now()
    TokenFactory(name="a")
    TokenFactory(name="b", expires_at=now - timedelta(days=1))
    TokenFactory(name="c", expires_at=now + timedelta(days=1))
    TokenFactory(name="d")[0].revoke()
    client = staff("Administrator")

    page = client.get(TOKENS).content.decode()

    shown = [page.index(f">{state}") for state in ("Active<", "Expired<", "Until ", "Revoked<")]
    assert shown == sorted(shown)


@pytest.mark.parametrize("count", [1, 3])
def test_token_list_costs_the_same_for_more_tokens(count, django_assert_num_queries):
    for _ in range(count):
        TokenFactory()
    client = staff("Administrator")

    with django_assert_num_queries(8):
        response = client.get(TOKENS)

    assert response.context["cl"].result_count == count


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
    client = staff("Administrator")

    response = client.post(
        f"{USERS}{client.user.pk}/change/", user_form(client.user, groups=[boss.pk])
    )

    assert list(errors_of(response)) == ["groups"]
    assert [g.name for g in client.user.groups.all()] == ["Administrator"]


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


@pytest.mark.parametrize("url", [USERS, GROUPS, ATTEMPTS, "/admin/axes/accesslog/"])
def test_accounts_are_no_business_of_supervisors(url):
    client = staff("Supervisor")

    response = client.get(url)

    assert response.status_code == 403


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
    assert [USERS in page for page in pages] == [False, True]
    assert all("/admin/schema_builder/fielddefinition/" in page for page in pages)


def test_account_without_staff_status_stays_outside():
    client = staff("Supervisor")
    User.objects.filter(pk=client.user.pk).update(is_staff=False)

    response = client.get("/admin/")

    assert response.status_code == 302
