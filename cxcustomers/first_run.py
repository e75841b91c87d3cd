"""What an installation needs before anybody can use it, and what a demo adds."""

import os
import secrets
import tempfile
from pathlib import Path
from urllib.parse import quote

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils import timezone

DEMO = "demo"


def write_private(path: Path, text: str) -> None:
    """Put `text` there for this user's eyes only, as a whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    with open(descriptor, "w") as file:
        file.write(text + "\n")
    os.replace(draft, path)


def write_secret_key(path: Path) -> None:
    write_private(path, secrets.token_urlsafe(48))


def create_user(username: str, **fields) -> str | None:
    """The password of the new user; None where the name is taken already."""
    users = get_user_model().objects
    if users.filter(username=username).exists():
        return None
    password = secrets.token_urlsafe(12)
    users.create_user(username, password=password, **fields)
    return password


def create_administrator() -> dict[str, str]:
    """Username -> password of the first superuser; empty where there is one already."""
    if get_user_model().objects.filter(is_superuser=True).exists():
        return {}
    password = create_user("admin", is_staff=True, is_superuser=True)
    return {"admin": password} if password else {}


def create_demo_users() -> dict[str, str]:
    """Username -> password of those that were not there yet."""
    created = {}
    for username, role in [("agent", "Agent"), ("supervisor", "Supervisor")]:
        if password := create_user(username, is_staff=role == "Supervisor"):
            group = Group.objects.get(name=role)
            group.user_set.add(get_user_model().objects.get(username=username))
            created[username] = password
    return created


def is_demo() -> bool:
    """Whether the database is a demo: still without customers, or begun as one.

    Without this a demo token would get into a database of real customers.
    """
    return (
        apps.get_model("access", "ApiToken").objects.filter(name=DEMO).exists()
        or not apps.get_model("customers", "Customer").objects.exists()
    )


def demo_token(path: Path) -> str:
    """The secret of the demo's token: the one kept there, or a new one where it is of no use."""
    tokens = apps.get_model("access", "ApiToken").objects
    kept = path.read_text().strip() if path.exists() else ""
    known = tokens.usable(timezone.now()).filter(name=DEMO).first()
    if known and kept.startswith(known.prefix):
        return kept
    tokens.filter(name=DEMO).delete()
    role = Group.objects.get(name="Integration (read/write)")
    _, secret = tokens.issue(name=DEMO, group=role, created_by="manage.py up")
    write_private(path, secret)
    return secret


def demo_request(base_url: str, token: str) -> str | None:
    """A curl command that identifies one of the customers by a WhatsApp number."""
    identity = (
        apps.get_model("customers", "ChannelIdentity")
        .objects.filter(field__channel_types__name="WHATSAPP", is_valid=True)
        .filter(is_anonymous=False, is_shared=False, is_retired=False)
        .order_by("id")
        .first()
    )
    if identity is None:
        return None
    # Callers send the plus of a number as it is, and so may this line.
    number = quote(identity.value, safe="+")
    return (
        f"curl -H 'Authorization: Bearer {token}' "
        f"'{base_url}/cim-customer/customers?channelType=WHATSAPP&customerChannelIdentifier={number}'"
    )
