"""The schema as a file: taken away, brought in, or from a template, always by way of the draft."""

from typing import Any

import orjson
from django import forms
from django.contrib import messages
from django.contrib.admin import site
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from foundation.admin import FileInput
from schema_builder.documents import current_fields
from schema_builder.drafts import DraftChanged, edit_draft, load_fields, read_draft
from schema_builder.import_export import (
    LARGEST_FILE,
    exported,
    imported,
    read_schema_file,
    role_names,
    template,
    templates,
)
from schema_builder.permissions import ADD, CLEAR_PII, VIEW
from schema_builder.plans import full_plan

from .decorators import builder, honest
from .fields import sent
from .plans import plan_lines
from .visible_schema import visible_schema_of

SOURCE_LENGTH = 100


class FileForm(forms.Form):
    """Where a file comes from; what is in it is read by hand, to say where it is wrong."""

    use_required_attribute = False
    file = forms.FileField(
        label="Exported schema (JSON)", widget=FileInput({"accept": ".json,application/json"})
    )


@builder(VIEW)
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The published schema as a file."""
    fields = visible_schema_of(request.user).of_fields(current_fields())
    body = orjson.dumps(exported(fields), option=orjson.OPT_INDENT_2)
    name = f"customer-schema-{timezone.localdate()}.json"
    return HttpResponse(
        body,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@builder(ADD)
@require_http_methods(["GET", "HEAD", "POST"])
def bring_in(request: HttpRequest) -> HttpResponse:
    """A file or a template: first what it would do, then into the draft."""
    status, context = (
        200,
        {"templates": templates(), "form": FileForm(), "text": request.POST.get("text", "")},
    )
    try:
        text, source = import_source(request)
        if text and "apply" in request.POST:
            return applied(request, text, source)
        if text:
            context |= found_in(request, text, source)
    except ValidationError as error:
        status, context["problems"] = 422, problems_by_place(error)
    except DraftChanged as error:
        told = error.told_to(request.user.get_username())
        status, context = 409, found_in(request, text, source) | {"stale": told}
    page = site.each_context(request) | {"title": "Import fields"}
    return render(
        request,
        "supervisors/schema_builder/import.html",
        page | context,
        status=honest(request, status),
    )


def found_in(request: HttpRequest, text: str, source: str) -> dict[str, Any]:
    """What the file would do to the draft of now, as far as the reader may know."""
    draft, known = read_draft(), visible_schema_of(request.user).of_fields
    found = imported(read_schema_file(text.encode()), draft.fields)
    plan = full_plan(known(draft.fields), known(found.fields))
    labels = {document["label"] for document in known(draft.fields)}
    return {
        "draft": draft,
        "missing": [label for label in found.missing if label in labels],
        "lines": plan_lines(plan, role_names()),
        "text": text,
        "source": source,
    }


def import_source(request: HttpRequest) -> tuple[str, str]:
    """(text of the file, where it comes from), both empty where nothing was chosen."""
    if slug := request.GET.get("template", ""):
        found = template(slug)
        if found is None:
            raise ValidationError({"template": "There is no such template."})
        return orjson.dumps(found).decode(), f"Template {found['name']}"
    if upload := request.FILES.get("file"):
        try:
            text = upload.read(LARGEST_FILE + 1).decode("utf-8-sig")
            return text, str(upload.name)[:SOURCE_LENGTH]
        except UnicodeDecodeError:
            raise ValidationError({"file": "Not a JSON document."}) from None
    return request.POST.get("text", "").strip(), sent(request, "source")[:SOURCE_LENGTH] or "A file"


def applied(request: HttpRequest, text: str, source: str) -> HttpResponse:
    found = imported(read_schema_file(text.encode()), read_draft().fields)
    change = load_fields(found.fields, source, may_clear_pii=request.user.has_perm(CLEAR_PII))
    edit_draft(sent(request, "token"), request.user.get_username(), change)
    messages.success(request, "The fields are in the draft. Nothing is published yet.")
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Redirect": reverse("builder:board")})
    return redirect("builder:board")


def problems_by_place(error: ValidationError) -> dict[str, list[str]]:
    return error.message_dict if hasattr(error, "error_dict") else {"file": error.messages}
