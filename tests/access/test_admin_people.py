from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from access.log_ins import Lock, locks_of, log_ins_of
from access.permission_labels import permission_named
from tests.support.factories import TokenFactory, UserFactory
from tests.support.staff import staff

pytestmark = pytest.mark.django_db

USERS = "/admin/auth/user/"
GROUPS = "/admin/auth/group/"
TOKENS = "/admin/access/apitoken/"
RECORDS = ["/admin/axes/accesslog/", "/admin/axes/accessfailurelog/", "/admin/axes/accessattempt/"]
HERE = "10.0.0.7"
YES = {"confirmed": "yes"}


def group(name):
    return Group.objects.get(name=name)


def failed(username, times, ip_address=HERE, minutes_ago=0):
    attempt = AccessAttempt.objects.create(
        username=username, ip_address=ip_address, failures_since_start=times
    )
    moment = timezone.now() - timedelta(minutes=minutes_ago)
    AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=moment)
    return moment


def test_role_shows_its_rights_as_ticked_sentences():
    page = staff("Administrator").get(f"{GROUPS}{group('Agent').pk}/change/").content.decode()

    view, merge = (
        permission_named("customers.view_customer"),
        permission_named("customers.merge_customer"),
    )
    box = '<input type="checkbox" name="permissions" value="{}"'
    assert "See customers" in page
    assert "Merge and split customers, decide on duplicates" in page
    assert f'{box.format(view.pk)} id="' in page
    assert page.split(box.format(view.pk))[1].split(">")[0].endswith("checked")
    assert not page.split(box.format(merge.pk))[1].split(">")[0].endswith("checked")
    # Nobody hands out what they do not have.
    assert "Everything else" not in page


@pytest.mark.parametrize(
    ("password", "said"),
    [("a long secret", "Set · Set another"), (None, "None: nobody logs in with one. · Set one")],
)
def test_account_says_whether_it_has_a_password(password, said):
    user = User.objects.create_user("amy", password=password)

    page = staff("Administrator").get(f"{USERS}{user.pk}/change/").content.decode()

    assert said in strip_tags(page)


def test_role_gets_and_loses_rights():
    role = group("Agent")
    rights = [permission_named("customers.view_customer"), permission_named("customers.view_pii")]

    staff("Administrator").post(
        f"{GROUPS}{role.pk}/change/",
        {"name": role.name, "permissions": [right.pk for right in rights]},
    )

    assert set(role.permissions.all()) == set(rights)


def test_role_of_ones_own_is_made_renamed_and_deleted():
    client = staff("Administrator")
    right = permission_named("customers.view_customer").pk

    client.post(f"{GROUPS}add/", {"name": "Night shift", "permissions": [right]})
    role = group("Night shift")
    client.post(f"{GROUPS}{role.pk}/change/", {"name": "Late shift", "permissions": [right]})

    role.refresh_from_db()
    assert (role.name, role.permissions.count()) == ("Late shift", 1)
    client.post(f"{GROUPS}{role.pk}/delete/", {"post": "yes"})
    assert not Group.objects.filter(pk=role.pk).exists()


@pytest.mark.parametrize("name", ["Supervisor", "Integration (read)", "Back office"])
def test_role_that_others_call_by_name_keeps_it(settings, name):
    settings.GATEWAY_ROLES = {"office": "Back office"}
    role, _ = Group.objects.get_or_create(name=name)
    rights = [row.pk for row in role.permissions.all()]
    client = staff("Administrator")

    client.post(f"{GROUPS}{role.pk}/change/", {"name": "Other", "permissions": rights})
    deleted = client.post(f"{GROUPS}{role.pk}/delete/", {"post": "yes"})

    role.refresh_from_db()
    assert role.name == name
    assert deleted.status_code == 403


def test_role_tells_who_holds_it():
    UserFactory(role="Integration (read)")
    TokenFactory(role="Integration (read)")
    TokenFactory(role="Integration (read)")[0].revoke()
    role = group("Integration (read)")

    page = staff("Administrator").get(f"{GROUPS}{role.pk}/change/").content.decode()

    assert f"{USERS}?groups__id__exact={role.pk}" in page
    assert "1 account</a>, 1 API token" in page


def test_role_with_more_rights_is_only_read():
    boss = Group.objects.create(name="Boss")
    boss.permissions.add(permission_named("customers.view_customer"))
    boss.permissions.add(permission_named("admin.view_logentry"))

    page = staff("Administrator").get(f"{GROUPS}{boss.pk}/change/").content.decode()

    assert "See customers" in page
    assert "Can view log entry" in page
    assert 'name="permissions"' not in page


def test_superuser_finds_the_unsaid_folded_away_unless_ticked():
    boss = Group.objects.create(name="Boss")
    client = staff(is_superuser=True)
    before = client.get(f"{GROUPS}{boss.pk}/change/").content.decode()
    boss.permissions.add(permission_named("admin.view_logentry"))
    after = client.get(f"{GROUPS}{boss.pk}/change/").content.decode()

    assert '<details class="cxc-unsaid">' in before
    assert '<details class="cxc-unsaid" open>' in after


def test_account_tells_rights_log_ins_and_lock():
    user = UserFactory(username="sam", role="Agent")
    AccessLog.objects.create(username="sam", ip_address=HERE, user_agent="Firefox")
    AccessFailureLog.objects.create(username="sam", ip_address="10.0.0.8", user_agent="curl")
    AccessLog.objects.create(username="other", ip_address="10.0.0.9", user_agent="Opera")
    failed("sam", 5)

    page = staff("Administrator").get(f"{USERS}{user.pk}/change/").content.decode()

    assert "Relink conversations to another customer" in page
    assert "Merge and split customers" not in page
    for text in ("Firefox", "curl", ">Logged in<", ">Failed<", ">Locked<"):
        assert text in page
    assert "Opera" not in page


def test_account_that_may_nothing_and_account_that_may_all():
    client = staff(is_superuser=True)
    asleep = UserFactory(is_active=False, role="Agent")

    pages = [
        client.get(f"{USERS}{user.pk}/change/").content.decode() for user in (asleep, client.user)
    ]

    assert "Nothing: the account is not active." in pages[0]
    assert "Everything." in pages[1]


def test_who_only_looks_at_accounts_sees_no_log_ins():
    user = UserFactory(username="sam")
    AccessLog.objects.create(username="sam", ip_address=HERE, user_agent="Firefox")

    page = staff(may=["auth.view_user"]).get(f"{USERS}{user.pk}/change/").content.decode()

    assert "sam" in page
    assert "Firefox" not in page


def test_lock_is_of_an_address_and_for_a_while():
    until = failed("sam", 5) + timedelta(minutes=15)
    failed("sam", 4, ip_address="10.0.0.8")
    failed("sam", 9, ip_address="10.0.0.9", minutes_ago=16)
    failed("other", 9)

    assert locks_of("sam") == [Lock(HERE, until)]


def test_newest_log_ins_come_first_and_are_few():
    for number in range(8):
        AccessLog.objects.create(username="sam", ip_address=HERE, user_agent=f"{number}")
        AccessFailureLog.objects.create(username="sam", ip_address=HERE, user_agent=f"{number}")

    found = log_ins_of("sam")

    assert len(found) == 10
    assert [row.at for row in found] == sorted((row.at for row in found), reverse=True)
    assert found[0].user_agent == "7"


def test_administrator_unlocks_an_account_after_a_question():
    user = UserFactory(username="sam")
    failed("sam", 5)
    failed("other", 5)
    client = staff("Administrator")

    asked = client.post(f"{USERS}{user.pk}/unlock/")
    assert (asked.status_code, len(locks_of("sam"))) == (200, 1)
    assert "cxc-for-good" not in asked.content.decode()
    client.post(f"{USERS}{user.pk}/unlock/", YES)

    assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["other"]
    assert LogEntry.objects.get().get_change_message() == "Unlocked."


def test_administrator_ends_the_sessions_of_an_account():
    user, other = UserFactory(), UserFactory()
    browsers = [Client(), Client(), Client()]
    for browser, owner in zip(browsers, [user, user, other], strict=True):
        browser.force_login(owner)
    client = staff("Administrator")

    asked = client.get(f"{USERS}{user.pk}/log-out/")
    assert (asked.status_code, Session.objects.count()) == (200, 4)
    client.post(f"{USERS}{user.pk}/log-out/", YES)

    assert Session.objects.count() == 2
    assert [browser.session.get("_auth_user_id") for browser in browsers] == [
        None,
        None,
        str(other.pk),
    ]


@pytest.mark.parametrize("page", ["unlock", "log-out"])
def test_accounts_with_more_rights_and_none_are_left_alone(page):
    boss = UserFactory(username="boss", is_superuser=True)
    failed("boss", 5)
    Client().force_login(boss)
    client, supervisor = staff("Administrator"), staff("Supervisor")

    answers = [
        client.post(f"{USERS}{boss.pk}/{page}/", YES),
        supervisor.post(f"{USERS}{supervisor.user.pk}/{page}/", YES),
        client.post(f"{USERS}0/{page}/", YES),
        client.post(f"{USERS}x/{page}/", YES),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 404, 404]
    assert AccessAttempt.objects.count() == 1
    assert f"/{page}/" not in client.get(f"{USERS}{boss.pk}/change/").content.decode()


@pytest.mark.parametrize("key", ["0", "x"])
def test_token_that_is_not_there_is_not_revoked(key):
    assert staff("Administrator").post(f"{TOKENS}{key}/revoke/", YES).status_code == 404


def test_token_tells_its_scopes_and_warns_before_it_ends():
    soon = timezone.now() + timedelta(days=5)
    token, _ = TokenFactory(role="Integration (read)", may_view_pii=True, expires_at=soon)
    client = staff("Administrator")

    page = client.get(f"{TOKENS}{token.pk}/change/").content.decode()

    for text in ("See customers", "See personal data unmasked", "Never", "cxc-strong"):
        assert text in page
    assert "Create customers" not in page


@pytest.mark.parametrize("url", RECORDS)
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=sam", 1),
        ("q=sa", 0),
        ("q=10.0.0.7", 1),
        ("q=10.0", 0),
        ("when=1d", 2),
        ("when=2020-01-01", 0),
    ],
)
def test_records_are_found_by_whole_names_addresses_and_days(url, query, found):
    for model in (AccessLog, AccessFailureLog, AccessAttempt):
        counted = {"failures_since_start": 1} if model is AccessAttempt else {}
        model.objects.create(username="sam", ip_address=HERE, user_agent="A" * 80, **counted)
        model.objects.create(username="other", ip_address="10.0.0.8", **counted)

    response = staff("Administrator").get(f"{url}?{query}")

    assert response.context["cl"].result_count == found


@pytest.mark.parametrize("url", RECORDS)
@pytest.mark.parametrize("count", [1, 3])
def test_list_of_records_costs_the_same_for_more(url, count, django_assert_max_num_queries):
    for number in range(count):
        AccessLog.objects.create(username=f"u{number}", ip_address=HERE)
        AccessFailureLog.objects.create(username=f"u{number}", ip_address=HERE)
        failed(f"u{number}", 1)
    client = staff("Administrator")

    with django_assert_max_num_queries(6):
        client.get(url)


@pytest.mark.parametrize("count", [1, 3])
def test_page_of_an_account_costs_the_same_for_more(count, django_assert_num_queries):
    user = UserFactory(username="sam")
    for role in ["Agent", "Supervisor", "Administrator"][:count]:
        user.groups.add(group(role))
        AccessLog.objects.create(username="sam", ip_address=HERE)
        failed("sam", 5, ip_address=f"10.0.0.{len(role)}")
    client = staff("Administrator")

    with django_assert_num_queries(38):
        client.get(f"{USERS}{user.pk}/change/")


def test_log_ins_are_no_business_of_supervisors():
    client = staff("Supervisor")

    assert [client.get(url).status_code for url in RECORDS] == [403] * 3
    assert User.objects.count() == 1
