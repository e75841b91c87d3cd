"""Who asked, written down so that the same caller is found again later, with today's rights."""

from django.conf import settings
from django.contrib.auth import get_user_model
from rest_framework.exceptions import AuthenticationFailed

from .actors import Actor, Caller, actor_for_user
from .authentication import OPEN_MODE, actor_for_role, actor_for_token, gateway_role


class CallerGone(Exception):
    """The user, token or role is gone, or may not log in any more."""

    def __init__(self, name: str):
        super().__init__(f'"{name}" is not known any more, or was shut out.')


def credential_of(caller: Caller) -> str:
    """What `actor_of` finds the caller by: "user:12", "token:5", "role:Agent" or "open"."""
    return caller.credential if isinstance(caller, Actor) else f"user:{caller.pk}"  # type: ignore[attr-defined]


def is_credential_of(credential: str, name: str, caller: Caller) -> bool:
    """Whether the caller asked for what was written down; a gateway's role has many users."""
    return credential == credential_of(caller) and name == caller.get_username()


def actor_of(credential: str, name: str) -> Actor:
    """The caller as of now; `name` is what a gateway called the user. Raises CallerGone."""
    kind, _, key = credential.partition(":")
    found = FINDERS[kind](key, name) if kind in FINDERS else None
    if found is None:
        raise CallerGone(name)
    return found


def user_again(key: str, name: str) -> Actor | None:
    user = get_user_model().objects.filter(pk=key, is_active=True).first()
    return actor_for_user(user) if user else None


def token_again(key: str, name: str) -> Actor | None:
    try:
        return actor_for_token(pk=key)
    except AuthenticationFailed:
        return None


def role_again(key: str, name: str) -> Actor | None:
    role = gateway_role(key)
    return actor_for_role(key, role, name) if role else None


def open_mode_again(key: str, name: str) -> Actor | None:
    return OPEN_MODE if settings.OPEN_MODE else None


FINDERS = {
    "user": user_again,
    "token": token_again,
    "role": role_again,
    "open": open_mode_again,
}
