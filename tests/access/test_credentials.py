import pytest
from django.utils import timezone

from access.authentication import OPEN_MODE, GatewayAuthentication, actor_for_token
from access.credentials import CallerGone, actor_of, credential_of
from tests.support.actors import behind_gateway
from tests.support.factories import TokenFactory, UserFactory

pytestmark = pytest.mark.django_db
BULK = "customers.change_in_bulk"


def again(caller):
    return actor_of(credential_of(caller), caller.get_username())


def test_a_user_is_found_with_the_rights_of_today():
    user = UserFactory(role="Supervisor")
    assert again(user).has_perm(BULK)

    user.groups.clear()

    found = again(user)
    assert (found.name, found.has_perm(BULK)) == (user.username, False)
    assert credential_of(found) == credential_of(user)


def test_a_user_who_was_shut_out_is_gone():
    user = UserFactory(is_superuser=True, is_active=False)

    with pytest.raises(CallerGone, match=f'"{user.username}" is not known any more'):
        again(user)


def test_a_token_is_found_until_it_is_revoked():
    token, _ = TokenFactory(name="crm")
    actor = actor_for_token(pk=token.pk)
    assert again(actor) == actor

    token.revoked_at = timezone.now()
    token.save()

    with pytest.raises(CallerGone):
        again(actor)


def test_a_caller_of_the_gateway_keeps_the_stated_role(rf, settings):
    behind_gateway(settings)
    stated = {"X-Gateway-Role": "supervisor", "X-Gateway-User": "amy"}
    secret = {"X-Gateway-Secret": settings.GATEWAY_SECRET}

    actor, _ = GatewayAuthentication().authenticate(rf.get("/", headers=stated | secret))

    assert actor.has_perm(BULK)
    assert again(actor) == actor


def test_open_mode_is_over_with_its_setting(settings):
    settings.OPEN_MODE = True
    assert again(OPEN_MODE) == OPEN_MODE

    settings.OPEN_MODE = False

    with pytest.raises(CallerGone):
        again(OPEN_MODE)


@pytest.mark.parametrize("credential", ["", "user:0", "role:nobody", "planet:1"])
def test_who_never_was_is_gone(credential):
    with pytest.raises(CallerGone):
        actor_of(credential, "amy")
