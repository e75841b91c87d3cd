"""Roles that others call by name."""

from django.conf import settings
from django.contrib.auth.models import Group

BUILT_IN = frozenset(
    {"Agent", "Supervisor", "Administrator", "Integration (read)", "Integration (read/write)"}
)


def is_called_by_name(group: Group) -> bool:
    """Whether upgrades or the gateway look the role up by its name."""
    return group.name in BUILT_IN or group.name in settings.GATEWAY_ROLES.values()
