"""The schema as a file: taken away, brought in, or from a template, always by way of the draft."""

from typing import Any

import orjson
from django import forms
from django.contrib import messages
from django.contrib.admin import site
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from foundation.adminkit import FileInput
from schema_builder.documents import current_fields
from schema_builder.drafts import edit_draft, load_fields, read_draft
from schema_builder.exchange import (
    LARGEST_FILE,
    Import,
    exported,
    imported,
    read_file,
    template,
    templates,
)

from .guards import ADD, CLEAR_PII, VIEW, builder
from .knowledge import knowledge_of
from .views import sent

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
    fields = knowledge_of(request.user).of_fields(current_fields())
    body = orjson.dumps(exported(fields), option=orjson.OPT_INDENT_2)
    name = f"{slugify(request.get_host())}-schema.json"
    return HttpResponse(
        body,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@builder(ADD)
@require_http_methods(["GET", "HEAD", "POST"])
def bring_in(request: HttpRequest) -> HttpResponse:
    """A file or a template: first what it would do, then into the draft."""
    draft = read_draft()
    context: dict[str, Any] = {
        "draft": draft,
        "templates": templates(),
        "form": FileForm(),
        "problems": {},
    }
    try:
        text, source = asked(request)
        if text:
            found = imported(read_file(text.encode()), draft.fields)
            if "apply" in request.POST:
                return applied(request, found, source)
            context |= {"found": found, "text": text, "source": source}
    except ValidationError as error:
        context["problems"] = problems_by_place(error)
    status = 422 if context["problems"] else 200
    page = site.each_context(request) | {"title": "Import fields"}
    return render(request, "builder/import.html", page | context, status=status)


def asked(request: HttpRequest) -> tuple[str, str]:
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


def applied(request: HttpRequest, found: Import, source: str) -> HttpResponse:
    change = load_fields(found.fields, source, may_clear_pii=request.user.has_perm(CLEAR_PII))
    edit_draft(sent(request, "token"), request.user.get_username(), change)
    messages.success(request, "The fields are in the draft. Nothing is published yet.")
    return redirect("builder:board")


def problems_by_place(error: ValidationError) -> dict[str, list[str]]:
    return error.message_dict if hasattr(error, "error_dict") else {"file": error.messages}
