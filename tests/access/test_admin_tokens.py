from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.utils import timezone

from access.models import ApiToken, digest_of
from tests.support.factories import TokenFactory
from tests.support.staff import errors_of, staff

pytestmark = pytest.mark.django_db

TOKENS = "/admin/access/apitoken/"


def group(name):
    return Group.objects.get(name=name)


def token_form(**values):
    return {"name": "CRM", "group": group("Integration (read)").pk} | values


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
        client.get(f"{TOKENS}{token.pk}/revoke/"),
        client.post(f"{TOKENS}{token.pk}/revoke/", {"confirmed": "yes"}),
        client.post(TOKENS, {"action": "revoke_selected", "_selected_action": [token.pk]}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
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

    asked = client.post(f"{TOKENS}{token.pk}/revoke/")
    token.refresh_from_db()
    assert (asked.status_code, token.revoked_at) == (200, None)
    assert "cxc-for-good" in asked.content.decode()

    client.post(f"{TOKENS}{token.pk}/revoke/", {"confirmed": "yes"})

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

    asked = client.post(
        TOKENS, {"action": "revoke_selected", "_selected_action": [token.pk, revoked.pk]}
    )
    token.refresh_from_db()
    assert (asked.status_code, token.revoked_at) == (200, None)
    response = client.post(TOKENS, dict(asked.context["kept"]), follow=True)

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
