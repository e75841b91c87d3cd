"""The permission that a page of the admin needs, where Django only says that one is missing."""

from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth import get_permission_codename
from django.http import HttpRequest

from access.denials import PermissionMissing
from access.permission_labels import sentence_of

# How the name of an admin's route ends, and the permission that opens it; others change a row.
ACTIONS = {
    "changelist": "view",
    "history": "view",
    "change": "view",
    "add": "add",
    "delete": "delete",
}


def denial_of(request: HttpRequest) -> PermissionMissing | None:
    """A refusal of a page of the admin that names the permission; None where none is missing."""
    match = request.resolver_match
    name = needed_by(match.url_name or "", request.method == "POST") if match else None
    if name is None or sentence_of(name) is None or request.user.has_perm(name):
        return None
    return PermissionMissing(name, "open this page")


def needed_by(url_name: str, is_post: bool) -> str | None:
    """The permission of a route such as "labels_label_add"; None for other pages."""
    for model in apps.get_models():
        options = model._meta
        prefix = f"{options.app_label}_{options.model_name}_"
        if url_name.startswith(prefix) and site.is_registered(model):
            action = ACTIONS.get(url_name.removeprefix(prefix), "change")
            if is_post and action == "view":
                action = "change"
            codename = get_permission_codename(action, options)
            named = f"{options.app_label}.{codename}"
            return getattr(site.get_model_admin(model), "needed_permission", named)
    return None
