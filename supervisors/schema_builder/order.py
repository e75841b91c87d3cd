"""The order of the fields on the board, and its sections."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from foundation.text import hostile_characters
from schema_builder import ordering
from schema_builder.drafts import read_draft
from schema_builder.ordering import section_name
from schema_builder.permissions import ADD, CHANGE

from .board import section_names
from .decorators import builder
from .fields import drawer, edit, edited, sent
from .sections import drop_section, keep_sections, kept_sections


@builder(CHANGE)
@require_POST
def order_fields(request: HttpRequest) -> HttpResponse:
    """The order and the sections that the fields were dragged into."""
    ids, sections = request.POST.getlist("id"), request.POST.getlist("section")
    if len(ids) != len(sections) or any(map(hostile_characters, sections)):
        raise ValidationError("The order was not saved: reload the page and try again.")
    keep_sections(request, request.POST.getlist("empty"))
    places = list(zip(ids, sections, strict=True))
    return edit(request, ordering.arrange(places), known=sent(request, "token"))


@builder(ADD)
@require_http_methods(["GET", "HEAD", "POST"])
def section_new(request: HttpRequest) -> HttpResponse:
    """A section without fields, for whoever makes it, until a field is in it."""
    problems: list[str] = []
    if request.method == "POST":
        try:
            return section_added(request, sent(request, "name"))
        except ValidationError as error:
            problems = error.messages
    context = {"problems": problems, "name": request.POST.get("name", "")}
    return drawer(
        request, "supervisors/schema_builder/_section_new.html", context, 422 if problems else 200
    )


def section_added(request: HttpRequest, text: str) -> HttpResponse:
    name, draft = section_name(text), read_draft()
    if not name:
        raise ValidationError("Give the section a name.")
    if name in [*section_names(draft), *kept_sections(request)]:
        raise ValidationError(f"There is a section “{name}”.")
    keep_sections(request, [name])
    return edited(request, draft, section=name)


@builder(CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def section_rename(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return drawer(
            request,
            "supervisors/schema_builder/_section.html",
            {"section": request.GET.get("section", "")},
        )
    old, new = sent(request, "section"), section_name(sent(request, "name"))
    if old not in kept_sections(request) or old in section_names(read_draft()):
        return edit(request, ordering.rename_section(old, new), section=new)
    drop_section(request, old)
    keep_sections(request, [new])
    return edited(request, read_draft(), section=new)


@builder(ADD)
@require_POST
def section_remove(request: HttpRequest) -> HttpResponse:
    """Forget a section that has no fields."""
    drop_section(request, sent(request, "section"))
    return edited(request, read_draft())
