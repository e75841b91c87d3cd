"""Secrets that have to be read again, encrypted with the installation's key."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"cxcustomers webhooks"


class SecretUnreadable(Exception):
    """It was sealed with a key that the installation no longer has."""

    def __init__(self):
        super().__init__(
            "The secret cannot be read, for SECRET_KEY has changed: rotate the secret, or name"
            " the old key in SECRET_KEY_FALLBACKS."
        )


def seal(text: str) -> str:
    return cipher().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed, with this key or an older one. Raises SecretUnreadable."""
    try:
        return cipher().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SecretUnreadable from None


def cipher() -> MultiFernet:
    return MultiFernet(
        Fernet(derived(key)) for key in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    )


def derived(key: str) -> bytes:
    """A key for this purpose alone (RFC 5869)."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PURPOSE)
    return base64.urlsafe_b64encode(kdf.derive(key.encode()))
