"""Who is calling: one small object for every kind of credential."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from django.contrib.auth.models import Group


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
    # Keys of the groups that the caller belongs to.
    roles: frozenset[int] = frozenset()
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
        roles=roles_of(user),
        is_superuser=user.is_superuser,
        credential=f"user:{user.pk}",
    )


@dataclass(frozen=True, slots=True)
class Role:
    """A group, and what it may do."""

    pk: int
    permissions: frozenset[str]


def role_named(name: str) -> Role | None:
    """The group of that name, or None where there is none that may do anything. One query."""
    return role_where(name=name)


def role_where(**which: Any) -> Role | None:
    """As `role_named`, by any of its columns that are unique."""
    rows = Group.objects.filter(**which, permissions__isnull=False).values_list(
        "pk", "permissions__content_type__app_label", "permissions__codename"
    )
    found = list(rows)
    if not found:
        return None
    return Role(found[0][0], frozenset(f"{app}.{codename}" for _, app, codename in found))


def roles_of(caller: Any) -> frozenset[int]:
    """Keys of the groups of an actor or of a Django user, who is asked for them once.

    Superusers have none: no role limits them.
    """
    if caller.is_superuser:
        return frozenset()
    if isinstance(caller, Actor):
        return caller.roles
    if not hasattr(caller, "_role_keys"):
        caller._role_keys = frozenset(caller.groups.values_list("pk", flat=True))
    return caller._role_keys


def has_role(caller: Any, roles: Iterable[int]) -> bool:
    """Whether the caller belongs to one of the groups; superusers belong to all."""
    return caller.is_superuser or not roles_of(caller).isdisjoint(roles)
