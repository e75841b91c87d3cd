"""The ways an API caller can prove who it is, for REST framework and for plain views.

Each class answers an actor, None ("not mine"), or raises AuthenticationFailed.
"""

import secrets
import time
from collections.abc import Iterable
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.settings import api_settings

from .actors import Actor, Role, actor_for_user, role_named
from .models import ApiToken, digest_of

LAST_USED_PRECISION = timedelta(minutes=1)
KNOWN_CREDENTIALS_LIMIT = 10_000
OPEN_MODE = Actor(name="open mode", user_id="open", is_superuser=True, credential="open")
LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]


class TTLCache:
    """Remembers answers for `settings.CREDENTIAL_CACHE_SECONDS`, in this process."""

    def __init__(self):
        self._answers = {}

    def get(self, key):
        answer, until = self._answers.get(key, (None, 0.0))
        return answer if time.monotonic() < until else None

    def put(self, key, answer):
        if len(self._answers) >= KNOWN_CREDENTIALS_LIMIT:
            self._answers.clear()
        self._answers[key] = answer, time.monotonic() + settings.CREDENTIAL_CACHE_SECONDS

    def clear(self):
        self._answers.clear()


known_tokens = TTLCache()
known_roles = TTLCache()


class BearerAuthentication(authentication.BaseAuthentication):
    """What all our classes share: the challenge of a 401."""

    def authenticate_header(self, request):
        return 'Bearer realm="cxcustomers"'


class TokenAuthentication(BearerAuthentication):
    """`Authorization: Bearer cxc_…`, one of our own API tokens."""

    def authenticate(self, request):
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer":
            raise AuthenticationFailed("Invalid token.")
        digest = digest_of(secret.strip())
        actor = known_tokens.get(digest)
        if actor is None:
            actor = actor_for_token(digest=digest)
            known_tokens.put(digest, actor)
        return actor, "token"


class GatewayAuthentication(BearerAuthentication):
    """A trusted gateway states role and user in headers (contract 13.3 b)."""

    def authenticate(self, request):
        stated = request.META.get("HTTP_X_GATEWAY_SECRET")
        if stated is None or not settings.GATEWAY_ADDRESSES:
            return None
        if not is_from(request, settings.GATEWAY_ADDRESSES) or not secrets.compare_digest(
            stated.encode(), settings.GATEWAY_SECRET.encode()
        ):
            raise AuthenticationFailed("Invalid gateway credentials.")
        name = request.META.get("HTTP_X_GATEWAY_ROLE", "")
        role = gateway_role(name)
        if role is None:
            raise AuthenticationFailed(f'Unknown role "{name}".')
        user = request.META.get("HTTP_X_GATEWAY_USER") or "gateway"
        return actor_for_role(name, role, user), "gateway"


class SessionAuthentication(authentication.SessionAuthentication):
    """The log-in of the pages, CSRF-checked for every write."""

    def authenticate(self, request):
        user = getattr(getattr(request, "_request", request), "user", None)
        if user is None or not user.is_active:
            return None
        self.enforce_csrf(request)
        return actor_for_user(user), "session"

    def authenticate_header(self, request):
        return 'Bearer realm="cxcustomers"'


class OpenModeAuthentication(BearerAuthentication):
    """Everybody on this machine is an administrator; for a demo only (contract 13.3 c)."""

    def authenticate(self, request):
        if not settings.OPEN_MODE:
            return None
        if not is_from(request, LOOPBACK):
            raise AuthenticationFailed("Open mode serves this machine only.")
        return OPEN_MODE, "open"


def is_from(request, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """True where the request's peer is in one of the networks; a socket file has no address."""
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in network for network in networks)


def caller_of(request: HttpRequest) -> Actor:
    """The caller of a plain Django request, by the same classes that REST framework asks.

    Raises NotAuthenticated or AuthenticationFailed.
    """
    for way in api_settings.DEFAULT_AUTHENTICATION_CLASSES:
        if found := way().authenticate(request):  # type: ignore[operator]
            return found[0]
    raise NotAuthenticated


def actor_for_token(**which: Any) -> Actor:
    """Look the token up, by `digest` or `pk`: one statement, and a note of its use at most once a minute.

    Raises AuthenticationFailed with one text for unknown, expired and revoked tokens.
    """
    now = timezone.now()
    rows = list(
        ApiToken.objects.usable(now)
        .filter(**which)
        .values_list(
            "pk",
            "name",
            "may_view_pii",
            "last_used_at",
            "group_id",
            "group__permissions__content_type__app_label",
            "group__permissions__codename",
        )
    )
    if not rows:
        raise AuthenticationFailed("Invalid token.")
    pk, name, may_view_pii, last_used_at, role = rows[0][:5]
    if last_used_at is None or now - last_used_at > LAST_USED_PRECISION:
        ApiToken.objects.filter(pk=pk, last_used_at=last_used_at).update(last_used_at=now)
    permissions = {f"{app}.{codename}" for *_, app, codename in rows if codename}
    # The token says so itself, whatever its role sees.
    permissions.discard(settings.PII_PERMISSION)
    if may_view_pii:
        permissions.add(settings.PII_PERMISSION)
    token = f"token:{pk}"
    return Actor(
        name=name,
        user_id=token,
        permissions=frozenset(permissions),
        roles=frozenset({role}),
        credential=token,
    )


def actor_for_role(name: str, role: Role, user: str) -> Actor:
    """The user that a gateway states, in the role that it calls `name`."""
    return Actor(
        name=user[:150],
        user_id=user,
        permissions=role.permissions,
        roles=frozenset({role.pk}),
        credential=f"role:{name}",
    )


def gateway_role(name: str) -> Role | None:
    """The group that a role of the gateway stands for, or None."""
    group = settings.GATEWAY_ROLES.get(name, name)
    known = known_roles.get(group)
    if known is None:
        known = role_named(group)
        if known is not None:
            known_roles.put(group, known)
    return known
