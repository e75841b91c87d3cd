"""The pages of an import: the file, its columns, what would come of it, then the job."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from customers.imports.csv_reader import (
    DELIMITERS,
    ENCODINGS,
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_ROWS,
    UnreadableFile,
)
from customers.imports.rejects import reject_lines
from customers.imports.runs import (
    NotReady,
    begin_import,
    check_import_permission,
    has_valid_rows,
    imports_of,
    rehearse_import,
    reread_file,
    run_import,
)
from customers.models import CustomerImport, ImportReject
from foundation.responses import csv_download
from jobs.models import Job, Status
from supervisors.customers.list_state import list_url
from supervisors.jobs import REJECTS_READ, figures_of, imports_url, is_mine, job_url, reasons_of

from .columns import ColumnsPage
from .forms import EncodingForm, UploadForm, column_name

UPLOADS_SHOWN = 5
TEMPLATES = "supervisors/imports"
STEPS = ("File", "Columns", "Check", "Import")


def steps(place: int) -> list[tuple[int, str, str]]:
    """(number, name, "done", "here" or "") of each step of the way."""
    return [
        (number, name, "done" if number < place else "here" if number == place else "")
        for number, name in enumerate(STEPS, 1)
    ]


def step_url(upload: CustomerImport, step: str) -> str:
    return reverse("admin:customers_customer_import_step", args=[upload.public_id, step])


def upload_page(request, context: dict):
    """Ask for a file; a POST keeps it and leads to its columns."""
    check_import_permission(request.user)
    form = UploadForm(
        request.POST if request.method == "POST" else None, request.FILES or None, label_suffix=""
    )
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            upload = begin_import(file.name, file.read(), caller=request.user)
        except UnreadableFile as error:
            form.add_error("file", str(error))
        else:
            return HttpResponseRedirect(step_url(upload, "columns"))
    context |= {
        "title": "Import customers",
        "form": form,
        "steps": steps(1),
        "limits": (MOST_BYTES // 1024**2, MOST_ROWS, MOST_COLUMNS),
        "open_imports": imports_of(request.user)
        .filter(run=None)
        .defer("content")
        .order_by("-id")[:UPLOADS_SHOWN],
        "cancel": list_url(),
        "imports_url": imports_url(),
    }
    return TemplateResponse(
        request, f"{TEMPLATES}/upload.html", context, status=422 if form.errors else 200
    )


def step_page(request, public_id: str, step: str, context: dict):
    """One of the pages of an upload. Raises Http404, and PermissionDenied."""
    check_import_permission(request.user)
    # The file itself is read where it is needed: the page of the check asks every second.
    uploads = imports_of(request.user).defer("content").select_related("rehearsal", "run")
    upload = uploads.filter(public_id=public_id).first()
    if upload is None or step not in PAGES:
        raise Http404
    page, methods = PAGES[step]
    if request.method not in methods:
        return HttpResponseNotAllowed(methods)
    if upload.run:
        return HttpResponseRedirect(job_url(upload.run))
    try:
        return page(request, upload, context)
    except (NotReady, UnreadableFile) as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(step_url(upload, "columns"))


def columns_page(request, upload: CustomerImport, context: dict):
    """Ask what the columns are and how they are written; a POST starts the check."""
    data = request.POST if request.method == "POST" else None
    page = ColumnsPage(request.user, upload)
    form = page.form(data)
    notations = page.notations(form, data)
    if data is not None and all([form.is_valid(), *(one.is_valid() for one in notations)]):
        try:
            readings = [notation.reading for notation in notations]
            rehearse_import(upload, form.rules(readings), caller=request.user)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return HttpResponseRedirect(step_url(upload, "check"))
    context |= {
        "title": "Columns",
        "upload": upload,
        "read_as": (ENCODINGS[upload.encoding], DELIMITERS[upload.delimiter].lower()),
        "form": form,
        "encoding": EncodingForm(
            initial={"encoding": upload.encoding, "delimiter": upload.delimiter}
        ),
        "columns": list(zip(form.columns(), page.first_cells(), notations, strict=True)),
        "steps": steps(2),
    }
    refused = form.errors or not all(one.is_valid() for one in notations if data is not None)
    return TemplateResponse(
        request, f"{TEMPLATES}/columns.html", context, status=422 if refused else 200
    )


def notation_part(request, upload: CustomerImport, context: dict):
    """Render one column again after its field or its notation was changed on the page."""
    page = ColumnsPage(request.user, upload)
    place = request.GET.get("column", "")
    if not place.isascii() or not place.isdecimal() or int(place) >= len(upload.header):
        raise Http404
    notation = page.notation(
        int(place), request.POST.get(column_name(int(place)), ""), request.POST
    )
    return TemplateResponse(request, f"{TEMPLATES}/_notation.html", {"notation": notation})


def read_with_encoding(request, upload: CustomerImport, context: dict):
    """Read the file in another encoding or with another separator. Raises UnreadableFile."""
    form = EncodingForm(request.POST)
    if form.is_valid():
        reread_file(upload, form.cleaned_data["encoding"], form.cleaned_data["delimiter"])
    return HttpResponseRedirect(step_url(upload, "columns"))


def check_page(request, upload: CustomerImport, context: dict):
    """What the import would do; `?part` is what of it follows the rehearsal."""
    job = upload.rehearsal
    if job is None:
        raise NotReady("Say first what the columns are.")
    context |= {
        "title": "What the import would do",
        "upload": upload,
        "job": job,
        "figures": figures_of(job),
        "reasons": reasons_of(job),
        "refused": job.result.get("refused", 0),
        "most_rejects": REJECTS_READ,
        "is_done": job.status == Status.DONE,
        "is_ready": job.status == Status.DONE and has_valid_rows(job),
        "steps": steps(3),
    }
    part = "_check.html" if "part" in request.GET else "check.html"
    return TemplateResponse(request, f"{TEMPLATES}/{part}", context)


def run(request, upload: CustomerImport, context: dict):
    try:
        return HttpResponseRedirect(job_url(run_import(upload, caller=request.user)))
    except ValidationError as error:
        raise NotReady(" ".join(error.messages)) from None


PAGES = {
    "columns": (columns_page, ("GET", "POST")),
    "read": (read_with_encoding, ("POST",)),
    "notation": (notation_part, ("POST",)),
    "check": (check_page, ("GET",)),
    "run": (run, ("POST",)),
}


@require_GET
def rejects(request, job: int):
    """The rows that a job left alone, as a file, for who uploaded them. Raises Http404."""
    check_import_permission(request.user)
    found = Job.objects.filter(pk=job).first()
    if found is None or not ImportReject.objects.filter(job=found).exists():
        raise Http404
    if not is_mine(request, found):
        raise PermissionDenied("This file belongs to another user.")
    uploads = imports_of(request.user).defer("content")
    upload = uploads.filter(Q(rehearsal=found) | Q(run=found)).first()
    lines = reject_lines(found, upload.header if upload else [])
    return csv_download(lines, f"refused-rows-{found.public_id}.csv")
