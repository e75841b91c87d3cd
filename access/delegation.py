"""Who may hand out which rights: nobody more than they have themselves."""

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q, QuerySet


def grantable_permissions(granter: User) -> QuerySet[Permission]:
    """The permissions that `granter` has."""
    if granter.is_superuser:
        return Permission.objects.all()
    return Permission.objects.filter(Q(group__user=granter) | Q(user=granter)).distinct()


def grantable_groups(granter: User) -> QuerySet[Group]:
    """The roles that may do nothing that `granter` may not."""
    if granter.is_superuser:
        return Group.objects.all()
    beyond = Permission.objects.exclude(pk__in=grantable_permissions(granter).values("pk"))
    return Group.objects.exclude(permissions__in=beyond)


def may_manage_group(granter: User, group: Group) -> bool:
    return grantable_groups(granter).filter(pk=group.pk).exists()


def may_manage_user(granter: User, user: User) -> bool:
    """Whether `granter` may change the account: setting its password means becoming it.

    Inactive accounts count with all they could do again.
    """
    if granter.is_superuser or granter.pk == user.pk:
        return True
    if user.is_superuser:
        return False
    theirs = Permission.objects.filter(Q(group__user=user) | Q(user=user))
    return not theirs.exclude(pk__in=grantable_permissions(granter).values("pk")).exists()


def may_unlock(granter: User, username: str | None) -> bool:
    """Whether `granter` may forgive failed log-ins by that name, which may be nobody's."""
    user = User.objects.filter(username=username).first()
    return user is None or may_manage_user(granter, user)
