"""The board of the schema builder, and its edits of the draft."""

from typing import Any

from django.contrib.admin import site
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from foundation.text import hostile_characters, tidied
from schema_builder import drafts
from schema_builder.draft_forms import DraftFieldForm, is_published
from schema_builder.drafts import Draft, edit_draft, put_field, read_draft
from schema_builder.exchange import role_names, templates
from schema_builder.models import FieldDefinition
from schema_builder.types import TYPES
from schema_builder.wording import plan_in_words

from .board import section_names, sections_of
from .guards import ADD, CHANGE, CLEAR_PII, DELETE, VIEW, builder
from .knowledge import knowledge_of, known_draft
from .rates import Rates

LONGEST_TRIED = 1000


def board_context(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    draft = knowledge_of(request.user).of_draft(draft)
    plan = draft.plan()
    return {
        "draft": draft,
        "sections": sections_of(draft, Rates(request.user)),
        "changes": len(plan_in_words(plan, role_names())) if plan else 0,
        "may_change": request.user.has_perm(CHANGE),
        "may_add": request.user.has_perm(ADD),
        "may_delete": request.user.has_perm(DELETE),
        "is_new": not FieldDefinition.objects.filter(
            is_system=False, is_channel_identifier=False
        ).exists(),
    }


@builder(VIEW)
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """The schema with what the draft changes of it."""
    context = site.each_context(request) | {
        "title": "Fields",
        "roles": Group.objects.order_by("name"),
        "templates": templates(),
    }
    return render(request, "builder/board.html", context | board_context(request, read_draft()))


def edited(request: HttpRequest, draft: Draft) -> HttpResponse:
    """The board after an edit: as a part for who is on it, else by opening it."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("builder:board")
    response = render(request, "builder/_board.html", board_context(request, draft))
    response.headers["HX-Retarget"] = "#board"
    response.headers["HX-Reswap"] = "outerHTML"
    response.headers["HX-Trigger-After-Swap"] = "builder:edited"
    return response


def sent(request: HttpRequest, name: str) -> str:
    """A text of the form, which no database chokes on. Raises ValidationError."""
    text = request.POST.get(name, "")
    if problem := hostile_characters(text):
        raise ValidationError(problem)
    return text


def edit(request: HttpRequest, change) -> HttpResponse:
    draft = edit_draft(sent(request, "token"), request.user.get_username(), change)
    return edited(request, draft)


@builder(ADD)
@require_http_methods(["GET", "HEAD", "POST"])
def field_new(request: HttpRequest) -> HttpResponse:
    """First the types to choose from, then the form of a field of the type."""
    asked = request.POST if request.method == "POST" else request.GET
    section = tidied(asked.get("section", ""))[: drafts.SECTION_LENGTH] or "Details"
    if asked.get("type") not in TYPES:
        context = {"types": TYPES.values(), "section": section}
        return drawer(request, "builder/_types.html", context)
    return field_form(request, new={"type": asked["type"], "section": section})


@builder(CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def field_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """The form of a field of the draft."""
    return field_form(request, public_id=public_id)


def field_form(
    request: HttpRequest, *, public_id: str = "", new: dict[str, str] | None = None
) -> HttpResponse:
    draft = read_draft()
    form = DraftFieldForm(
        request.POST or None,
        draft=draft,
        public_id=public_id,
        new=new,
        may_clear_pii=request.user.has_perm(CLEAR_PII),
    )
    if form.is_valid():
        change = put_field(form.document(), may_clear_pii=form.may_clear_pii)
        return edit(request, change)
    context = {
        "form": form,
        "draft": draft,
        "public_id": public_id,
        "type": TYPES[form.start["type"]],
        "sections": [name for name in section_names(draft) if name],
        "is_fixed": is_published(draft, public_id),
    }
    status = 422 if form.is_bound else 200
    return drawer(request, "builder/_field.html", context, status)


def drawer(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A part for the drawer of the board; a page of its own for who opens its address."""
    if not request.htmx:  # type: ignore[attr-defined]
        context = site.each_context(request) | context | {"part": template, "title": "Fields"}
        template = "builder/drawer.html"
    return render(request, template, context, status=status)


@builder(CHANGE)
@require_POST
def field_duplicate(request: HttpRequest, public_id: str) -> HttpResponse:
    return edit(request, drafts.duplicate_field(public_id))


@builder(CHANGE)
@require_POST
def field_switch(request: HttpRequest, public_id: str) -> HttpResponse:
    is_active = request.POST.get("active") == "yes"
    return edit(request, drafts.switch_field(public_id, is_active=is_active))


@builder(DELETE)
@require_http_methods(["GET", "HEAD", "POST"])
def field_delete(request: HttpRequest, public_id: str) -> HttpResponse:
    """Asks for the key of the field, then takes it out of the draft."""
    if request.method == "POST":
        return edit(request, drafts.remove_field(public_id, typed_key=sent(request, "key")))
    draft = known_draft(request.user)
    context = {
        "draft": draft,
        "document": draft.document(public_id),
        "is_published": is_published(draft, public_id),
        "is_in_use": any(one["id"] == public_id and one["is_active"] for one in draft.base),
    }
    return drawer(request, "builder/_delete.html", context)


@builder(CHANGE)
@require_POST
def arrange(request: HttpRequest) -> HttpResponse:
    """The order and the sections that the fields were dragged into."""
    ids, sections = request.POST.getlist("id"), request.POST.getlist("section")
    if len(ids) != len(sections) or any(map(hostile_characters, sections)):
        raise ValidationError("The order was not saved: reload the page and try again.")
    return edit(request, drafts.arrange(list(zip(ids, sections, strict=True))))


@builder(CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def section_rename(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        change = drafts.rename_section(sent(request, "section"), sent(request, "name"))
        return edit(request, change)
    context = {"draft": read_draft(), "section": request.GET.get("section", "")}
    return drawer(request, "builder/_section.html", context)


@builder(CHANGE)
@require_POST
def try_value(request: HttpRequest) -> HttpResponse:
    """Whether the field, as far as it is filled in, takes a value, and how that is masked."""
    draft = read_draft()
    public_id = sent(request, "public_id")
    form = DraftFieldForm(
        request.POST,
        draft=draft,
        public_id=public_id if public_id in {one["id"] for one in draft.fields} else "",
        new={"type": sent(request, "type")},
        may_clear_pii=True,
    )
    field = form.definition()
    text = sent(request, "try")[:LONGEST_TRIED] or field.field_type.examples(field)
    is_sample = not request.POST.get("try")
    context: dict[str, Any] = {"tried": text.replace("\n", ", "), "is_sample": is_sample}
    try:
        raw = field.field_type.raw_of(text) if is_sample else text
        value = field.field_type.clean(raw, field)
        context |= {"masked": field.mask(value.text) if value else ""}
    except ValidationError as error:
        context |= {"problem": error.messages[0]}
    return render(request, "builder/_tried.html", context)
