"""Refusals that name the permission that is missing, in the words of `access.permission_labels`."""

from django.core.exceptions import PermissionDenied

from .actors import Caller
from .permission_labels import sentence_of


class PermissionMissing(PermissionDenied):
    """A caller lacks the permission `name`, such as "customers.merge_customer"."""

    def __init__(self, name: str, action: str = "do this"):
        super().__init__(
            f"You do not have permission to {action}."
            f" Ask an administrator for the permission “{sentence_of(name) or name}”."
        )


def check_permissions(caller: Caller, *names: str, action: str = "do this") -> None:
    """Raise PermissionMissing for the first permission that the caller lacks."""
    for name in names:
        if not caller.has_perm(name):
            raise PermissionMissing(name, action)
