"""What permissions mean in plain words.

Each app says it of its own, as `rights` on its AppConfig: by group, the name of a permission and
a sentence. So this floor learns the words of the floors above without knowing them. A permission
that nobody put into words is shown by its own name.
"""

from collections.abc import Iterable

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q

UNSAID = "Everything else"

Rights = dict[str, dict[str, str]]


def rights_in_words() -> Rights:
    """By group, in the order of the settings: permission name -> sentence."""
    told: Rights = {group: {} for group in settings.RIGHT_GROUPS}
    for app in apps.get_app_configs():
        for group, sentences in getattr(app, "rights", {}).items():
            told.setdefault(group, {}).update(sentences)
    return told


def sentence_of(name: str) -> str | None:
    """The sentence of the permission called `name`; None where no app has put it into words."""
    return next((said[name] for said in rights_in_words().values() if name in said), None)


def permissions_by_group(
    permissions: Iterable[Permission],
) -> list[tuple[str, list[tuple[int, str]]]]:
    """(group, [(key, sentence)]) of these permissions, each in the order its app tells them."""
    left = {permission_name(permission): permission for permission in permissions}
    groups = []
    for group, sentences in rights_in_words().items():
        known = [(left.pop(name).pk, said) for name, said in sentences.items() if name in left]
        groups.append((group, known))
    groups.append((UNSAID, sorted((row.pk, row.name) for row in left.values())))
    return [(group, rights) for group, rights in groups if rights]


def sentences_of(permissions: Iterable[Permission]) -> list[tuple[str, list[str]]]:
    """(group, sentences) of these permissions."""
    return [
        (group, [said for _, said in rights]) for group, rights in permissions_by_group(permissions)
    ]


def permission_name(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"


def permissions_of_role(group: Group) -> Iterable[Permission]:
    return group.permissions.select_related("content_type")


def permissions_of_user(user: User) -> Iterable[Permission]:
    """What the account may do by its roles and in person; nothing of a superuser's."""
    held = Q(group__user=user) | Q(user=user)
    return Permission.objects.filter(held).distinct().select_related("content_type")


def permission_named(name: str) -> Permission | None:
    app_label, _, codename = name.partition(".")
    rows = Permission.objects.filter(content_type__app_label=app_label, codename=codename)
    return rows.select_related("content_type").first()
