"""Log-ins to the admin, as somebody with a role or with single permissions."""

from django.contrib.auth.models import Permission
from django.test import Client

from .factories import UserFactory


def staff(role=None, *, may=(), **values) -> Client:
    client = Client()
    client.user = UserFactory(role=role, is_staff=True, **values)
    for named in may:
        app_label, codename = named.split(".")
        client.user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app_label, codename=codename)
        )
    client.force_login(client.user)
    return client


def errors_of(response):
    """Problems by field of the form that came back."""
    return response.context["adminform"].form.errors
