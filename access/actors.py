"""Who is calling: one small object for every kind of credential."""

from dataclasses import dataclass
from typing import Protocol

from django.contrib.auth.models import Permission


class Caller(Protocol):
    """What business code asks of a caller; Django users offer the same."""

    def get_username(self) -> str: ...

    def has_perm(self, perm: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Actor:
    """The authenticated caller of one API request."""

    name: str
    user_id: str
    permissions: frozenset[str] = frozenset()
    is_superuser: bool = False
    # How access.credentials finds the caller again.
    credential: str = ""
    is_authenticated = True
    is_active = True
    is_anonymous = False

    @property
    def pk(self) -> str:
        return self.user_id

    def get_username(self) -> str:
        return self.name

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_superuser or perm in self.permissions


def actor_for_user(user) -> Actor:
    """The session user as an actor; reads the permissions once per request."""
    return Actor(
        name=user.get_username(),
        user_id=str(user.pk),
        permissions=frozenset() if user.is_superuser else frozenset(user.get_all_permissions()),
        is_superuser=user.is_superuser,
        credential=f"user:{user.pk}",
    )


def permissions_of_group(name: str) -> frozenset[str] | None:
    """Permission names of the group, or None where there is no such group. One query."""
    rows = Permission.objects.filter(group__name=name).values_list(
        "content_type__app_label", "codename"
    )
    found = frozenset(f"{app}.{codename}" for app, codename in rows)
    return found or None
