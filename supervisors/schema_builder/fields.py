"""The board of the schema builder, and its edits of the draft."""

import json
from typing import Any

from django.contrib.admin import site
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from foundation.text import hostile_characters, tidied
from schema_builder import drafts, ordering
from schema_builder.descriptions import plan_in_words
from schema_builder.draft_forms import DraftFieldForm, is_published
from schema_builder.drafts import Draft, FieldMoved, edit_draft, put_field, read_draft
from schema_builder.import_export import role_names, templates
from schema_builder.models import FieldDefinition
from schema_builder.permissions import ADD, CHANGE, CLEAR_PII, DELETE, VIEW
from schema_builder.plans import merged_field
from schema_builder.types import TYPES
from schema_changes.preparation import open_rewrites

from .board import section_cards, section_names
from .decorators import builder, honest
from .edit_conflicts import moved, opened_by, sealed
from .fill_rates import Rates
from .sections import kept_sections
from .visible_schema import visible_draft, visible_schema_of

LONGEST_TRIED = 1000


def board_context(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    draft = visible_schema_of(request.user).of_draft(draft)
    plan = draft.plan()
    return {
        "draft": draft,
        "sections": section_cards(draft, Rates(request.user), kept_sections(request)),
        "changes": len(plan_in_words(plan, role_names())) if plan else 0,
        "may_change": request.user.has_perm(CHANGE),
        "may_add": request.user.has_perm(ADD),
        "may_delete": request.user.has_perm(DELETE),
        "is_new": not has_own_fields(draft),
        "rewrites": open_rewrites(),
    }


def has_own_fields(draft: Draft) -> bool:
    """Whether there is, or will be, a field besides those that every installation has."""
    added = {one["id"] for one in draft.fields} - {one["id"] for one in draft.base}
    own = FieldDefinition.objects.filter(is_system=False, is_channel_identifier=False)
    return bool(added) or own.exists()


@builder(VIEW)
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """The schema with what the draft changes of it."""
    context = site.each_context(request) | {
        "title": "Fields",
        "roles": Group.objects.order_by("name"),
        "templates": templates(),
    }
    return render(
        request,
        "supervisors/schema_builder/board.html",
        context | board_context(request, read_draft()),
    )


def edited(request: HttpRequest, draft: Draft, **kept: str) -> HttpResponse:
    """The board after an edit: as a part for who is on it, else by opening it.

    `kept` tells the page of the field or the section that the edit was about.
    """
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("builder:board")
    response = render(
        request, "supervisors/schema_builder/_board.html", board_context(request, draft)
    )
    response.headers["HX-Retarget"] = "#board"
    response.headers["HX-Reswap"] = "outerHTML"
    response.headers["HX-Trigger-After-Swap"] = json.dumps({"builder:edited": kept})
    return response


def sent(request: HttpRequest, name: str) -> str:
    """A text of the form, which no database chokes on. Raises ValidationError."""
    text = request.POST.get(name, "")
    if problem := hostile_characters(text):
        raise ValidationError(problem)
    return text


def edit(request: HttpRequest, change, *, known: str | None = None, **kept: str) -> HttpResponse:
    """Make a change of the draft as it is, or only of the one that is known."""
    draft = edit_draft(known, request.user.get_username(), change)
    return edited(request, draft, **kept)


@builder(ADD)
@require_http_methods(["GET", "HEAD", "POST"])
def field_new(request: HttpRequest) -> HttpResponse:
    """First the types to choose from, then the form of a field of the type."""
    asked = request.POST if request.method == "POST" else request.GET
    section = tidied(asked.get("section", ""))[: ordering.SECTION_LENGTH] or "Details"
    if asked.get("type") not in TYPES:
        context = {"types": TYPES.values(), "section": section}
        return drawer(request, "supervisors/schema_builder/_types.html", context)
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
    opened = opened_by(request, public_id) if public_id else None
    form = DraftFieldForm(
        request.POST or None,
        # What was typed is told from what was there by the field as it was opened.
        draft=draft.with_field(opened) if opened else draft,
        public_id=public_id,
        new=new,
        may_clear_pii=request.user.has_perm(CLEAR_PII),
    )
    if not form.is_valid():
        return field_drawer(request, form, public_id, status=422 if form.is_bound else 200)
    document = form.document()
    change = put_field(document, opened=opened, may_clear_pii=form.may_clear_pii)
    known = sent(request, "token") if public_id and opened is None else None
    try:
        return edit(request, change, known=known, id=document["id"], key=document["key"])
    except FieldMoved as error:
        return field_again(request, form, error)


def field_again(request: HttpRequest, form: DraftFieldForm, error: FieldMoved) -> HttpResponse:
    """The form with what was typed over the field as it is by now, to be sent again."""
    public_id = error.now["id"]
    merged, _ = merged_field(error.opened, form.document(), error.now)
    again = DraftFieldForm(
        draft=read_draft().with_field(merged or error.now),
        public_id=public_id,
        may_clear_pii=form.may_clear_pii,
    )
    told = moved(error, request.user.get_username())
    return field_drawer(request, again, public_id, status=409, opened=error.now, moved=told)


def field_drawer(
    request: HttpRequest, form: DraftFieldForm, public_id: str, *, status: int, **context: Any
) -> HttpResponse:
    context = {
        "form": form,
        "public_id": public_id,
        "opened": sealed(context.get("opened", form.start)) if public_id else "",
        "moved": context.get("moved"),
        "type": TYPES[form.start["type"]],
        "sections": [name for name in section_names(form.draft) if name],
        "is_fixed": is_published(form.draft, public_id),
    }
    return drawer(request, "supervisors/schema_builder/_field.html", context, status)


def drawer(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A part for the drawer of the board; a page of its own for who opens its address."""
    if not request.htmx:  # type: ignore[attr-defined]
        context = site.each_context(request) | context | {"part": template, "title": "Fields"}
        template = "supervisors/schema_builder/drawer.html"
    return render(request, template, context, status=honest(request, status))


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
    told = None
    if request.method == "POST":
        opened = opened_by(request, public_id)
        known = sent(request, "token") if opened is None else None
        change = drafts.remove_field(public_id, typed_key=sent(request, "key"), opened=opened)
        try:
            return edit(request, change, known=known)
        except FieldMoved as error:
            told = moved(error, request.user.get_username())
    draft = visible_draft(request.user)
    document = draft.document(public_id)
    context = {
        "opened": sealed(document),
        "moved": told,
        "document": document,
        "is_published": is_published(draft, public_id),
        "is_in_use": any(one["id"] == public_id and one["is_active"] for one in draft.base),
    }
    return drawer(request, "supervisors/schema_builder/_delete.html", context, 409 if told else 200)


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
    if broken := form.errors.get("pattern"):
        context: dict[str, Any] = {"problem": f"Pattern: {broken[0]}"}
        return render(request, "supervisors/schema_builder/_test_result.html", context)
    text = sent(request, "try")[:LONGEST_TRIED] or field.field_type.examples(field)
    is_sample = not request.POST.get("try")
    context = {"tried": text.replace("\n", ", "), "is_sample": is_sample}
    try:
        raw = field.field_type.raw_of(text) if is_sample else text
        value = field.field_type.clean(raw, field)
        context |= {"masked": field.mask(value.text) if value else ""}
    except ValidationError as error:
        context |= {"problem": error.messages[0]}
    return render(request, "supervisors/schema_builder/_test_result.html", context)
