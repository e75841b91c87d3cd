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


def sent(client, url, **values):
    """What a form of the admin sends as its page shows it, with `values` over it."""
    context = client.get(url).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    found = {}
    for form in forms:
        for bound in form:
            shown = bound.value()
            if bound.field.show_hidden_initial:
                found[bound.html_initial_name] = shown
            if isinstance(shown, list) and bound.field.__class__.__name__ == "IdentifiersField":
                found[bound.html_name] = "\n".join(shown)
            elif shown is not None and shown is not False:
                found[bound.html_name] = shown
    return found | values
