from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from access.models import ApiToken, digest_of
from tests.support.factories import TokenFactory

pytestmark = pytest.mark.django_db

READ = "Integration (read)"


def printed(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_create_token_prints_the_secret():
    secret = printed("create_token", "CRM", "--role", READ).strip()

    token = ApiToken.objects.get()
    assert (token.name, token.group.name, token.digest) == ("CRM", READ, digest_of(secret))
    assert (token.may_view_pii, token.expires_at) == (False, None)


def test_create_token_with_sight_and_an_end():
    printed("create_token", "CRM", "--role", READ, "--pii", "--expires-days", "30")

    token = ApiToken.objects.get()
    left = token.expires_at - timezone.now()
    assert token.may_view_pii
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            ["CRM", "--role", "Boss"],
            'There is no role "Boss". Known are: Administrator, Agent, Integration (read), '
            "Integration (read/write), Supervisor.",
        ),
        (["taken", "--role", READ], 'There is a token "taken" already.'),
        (
            ["CRM", "--role", READ, "--expires-days", "0"],
            "--expires-days: needs at least one day.",
        ),
    ],
)
def test_create_token_refuses(arguments, problem):
    TokenFactory(name="taken")

    with pytest.raises(CommandError) as refusal:
        printed("create_token", *arguments)

    assert str(refusal.value) == problem
    assert ApiToken.objects.count() == 1


def test_revoke_token():
    token, _ = TokenFactory(name="CRM")

    text = printed("revoke_token", "CRM")

    token.refresh_from_db()
    assert token.revoked_at is not None
    assert text == 'Token "CRM" is revoked.\n'


def test_revoke_token_refuses_unknown_and_revoked_ones():
    TokenFactory(name="old")[0].revoke()

    with pytest.raises(CommandError, match='There is no token "new"'):
        printed("revoke_token", "new")
    with pytest.raises(CommandError, match='Token "old" is revoked already'):
        printed("revoke_token", "old")
