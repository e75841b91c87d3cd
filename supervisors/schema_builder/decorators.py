"""Who gets into the schema builder, and how refusals are answered."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.admin import site
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from access.denials import check_permissions
from schema_builder.drafts import DraftChanged, FieldIsActive, UnknownField
from schema_builder.publishing import DraftConflicts, NothingToPublish, PlanRefused
from schema_changes.preparation import ValuesBeingRewritten

View = Callable[..., HttpResponseBase]
REFUSALS = (
    DraftChanged,
    DraftConflicts,
    FieldIsActive,
    NothingToPublish,
    PlanRefused,
    UnknownField,
    ValidationError,
    ValuesBeingRewritten,
)


def builder(permission: str) -> Callable[[View], View]:
    """A view of the admin for those with the permission; refusals are said, whoever found them."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
            check_permissions(request.user, permission)
            try:
                return view(request, *args, **kwargs)
            except REFUSALS as error:
                return refuse_with_notice(request, error)

        return site.admin_view(guarded)

    return decorate


def refuse_with_notice(request: HttpRequest, error: Exception) -> HttpResponse:
    """A notice on the page that asked; a page that was left behind is opened again."""
    problems = draft_problems(error, request.user.get_username())
    if request.htmx:  # type: ignore[attr-defined]
        context = {"problems": problems, "is_stale": isinstance(error, DraftChanged)}
        response = render(request, "supervisors/schema_builder/_notice.html", context)
        # The page moves it into the drawer, if that is open.
        response.headers["HX-Retarget"] = "#notice"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    for problem in problems:
        messages.error(request, problem)
    if isinstance(error, DraftChanged | DraftConflicts | PlanRefused | ValuesBeingRewritten):
        return redirect("builder:changes")
    return redirect("builder:board")


def honest(request: HttpRequest, status: int) -> int:
    """The status of a form that comes back; the console of a browser takes it for a broken page."""
    return 200 if request.htmx else status  # type: ignore[attr-defined]


def draft_problems(error: Exception, username: str) -> list[str]:
    if isinstance(error, ValidationError):
        return error.messages
    if isinstance(error, DraftChanged):
        return [error.told_to(username)]
    return getattr(error, "problems", None) or [str(error)]
