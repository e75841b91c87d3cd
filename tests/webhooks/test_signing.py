import re

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from webhooks.encryption import SecretUnreadable, seal, unseal
from webhooks.signing import new_secret, signed_headers

BODY = b'{"type":"webhook.test"}'


def verified(secret, headers, body=BODY):
    """Whether the reference library lets it pass."""
    try:
        return bool(Webhook(secret).verify(body, headers))
    except WebhookVerificationError:
        return False


def test_secret_is_one_of_standard_webhooks():
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", new_secret())


def test_signature_is_verified_by_the_reference_library():
    secret = new_secret()

    headers = signed_headers("m1", BODY, [secret], timezone.now())

    assert verified(secret, headers)
    assert not verified(new_secret(), headers)
    assert not verified(secret, headers, body=BODY + b" ")
    assert not verified(secret, headers | {"webhook-id": "m2"})


def test_two_secrets_sign_for_whoever_knows_either():
    newest, oldest = new_secret(), new_secret()

    headers = signed_headers("m1", BODY, [newest, oldest], timezone.now())

    assert verified(newest, headers)
    assert verified(oldest, headers)


def test_sealed_secret_is_not_to_be_read():
    secret = new_secret()

    assert secret not in seal(secret)
    assert unseal(seal(secret)) == secret


def test_secret_is_read_with_an_older_key(settings):
    sealed = seal("whsec_x")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one" * 8

    assert unseal(sealed) == "whsec_x"


def test_secret_of_a_lost_key_is_unreadable(settings):
    sealed = seal("whsec_x")
    settings.SECRET_KEY = "a new one" * 8

    with pytest.raises(SecretUnreadable, match="rotate the secret"):
        unseal(sealed)
