"""Pages of the admin itself that are not quite as Django and the theme have them."""

from collections.abc import Iterable

from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from .admin import SearchResult

WITHOUT_ACCESS = (
    "You are logged in as {}, without access to the administration. Ask an administrator for"
    " access, or log out and use another account."
)


@login_not_required
def log_in(request: HttpRequest) -> HttpResponse:
    """The admin's log-in, which leads into the admin where no other page was asked for.

    Raises PermissionDenied for a user who is logged in without access to the admin: the form would
    look as if the log-in were lost.
    """
    if (
        request.method != "POST"
        and request.user.is_authenticated
        and not site.has_permission(request)
    ):
        raise PermissionDenied(WITHOUT_ACCESS.format(request.user.get_username()))
    if not {REDIRECT_FIELD_NAME} & {*request.GET, *request.POST}:
        address = request.GET.copy()
        address[REDIRECT_FIELD_NAME] = reverse("admin:index")
        request.GET = address  # type: ignore[assignment]
    return site.login(request)


def search(request: HttpRequest) -> HttpResponse:
    """The theme's search over all models; a page that is not there is a 404, not an error."""
    try:
        response = site.admin_view(site.search)(request)  # type: ignore[attr-defined]
    except InvalidPage:
        raise Http404 from None
    if not isinstance(response, TemplateResponse):
        return response
    name_apps((response.context_data or {})["results"])
    return response.render()


def name_apps(results: Iterable[SearchResult]) -> None:
    """Call apps by their names, where the theme has their labels."""
    names = {config.label.capitalize(): config.verbose_name for config in apps.get_app_configs()}
    for result in results:
        app, dash, model = result.description.partition(" - ")
        result.description = f"{names.get(app, app)}{dash}{model}"
