"""The pages of an import: the file, its columns, what would come of it, then the job."""

from itertools import islice
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from customers.delimited import (
    DELIMITERS,
    ENCODINGS,
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_ROWS,
    UnreadableFile,
    read_table,
)
from customers.import_columns import Target, guess_columns, targets_for
from customers.import_runs import (
    NotReady,
    begin_import,
    check_right,
    imports_of,
    read_again,
    rehearse_import,
    reject_lines,
    run_import,
)
from customers.importing import Policy, Rules
from customers.models import CustomerImport, ImportReject
from foundation.adminkit import FileInput
from foundation.choice_inputs import RadioGroup
from foundation.downloads import csv_download
from foundation.text import hostile_characters
from jobs.models import Job, Status

from .jobs import REJECTS_READ, figures_of, imports_url, is_mine, job_url, reasons_of
from .state import list_url

ROWS_SHOWN = 3
UPLOADS_SHOWN = 5
LONGEST_SHOWN = 60
TEMPLATES = "admin/customers/import"
STEPS = ("File", "Columns", "Check", "Import")


class UploadForm(forms.Form):
    file = forms.FileField(
        label="A CSV file",
        widget=FileInput({"accept": ".csv,.tsv,.txt,text/csv"}),
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
    )


class ReadingForm(forms.Form):
    """How the bytes are read, where the guess was wrong."""

    encoding = forms.ChoiceField(choices=ENCODINGS.items())
    delimiter = forms.ChoiceField(choices=DELIMITERS.items(), label="Separator")

    def __init__(self, data=None, initial=None):
        super().__init__(data, initial=initial, label_suffix="")
        for field in self.fields.values():
            field.widget.attrs["class"] = "cxl-input"


class RulesForm(forms.Form):
    """What the columns are, and what becomes of customers who exist already."""

    use_required_attribute = False
    policy = forms.ChoiceField(
        choices=Policy.choices,
        label="A customer who exists already",
        widget=RadioGroup,
        initial=Policy.OVERWRITE,
    )
    reason = forms.CharField(
        max_length=200,
        required=False,
        help_text="Kept in the history of each customer. Some labels ask for one.",
        widget=forms.TextInput({"class": "cxl-input"}),
    )

    def __init__(self, data, *, header: list[str], targets: dict[str, Target], columns: list[str]):
        super().__init__(data, label_suffix="")
        self.width = len(header)
        choices = target_choices(targets)
        for place, name in enumerate(header):
            self.fields[column_name(place)] = forms.ChoiceField(
                choices=choices,
                required=False,
                label=name,
                initial=columns[place],
                widget=forms.Select({"class": "cxl-input"}),
            )

    def clean_reason(self):
        if problem := hostile_characters(self.cleaned_data["reason"]):
            raise ValidationError(problem)
        return self.cleaned_data["reason"]

    def rules(self) -> Rules:
        columns = [self.cleaned_data[column_name(place)] for place in range(self.width)]
        return Rules(columns, self.cleaned_data["policy"], self.cleaned_data["reason"])

    def columns(self) -> list[forms.BoundField]:
        return [self[column_name(place)] for place in range(self.width)]


def column_name(place: int) -> str:
    return f"column{place}"


def target_choices(targets: dict[str, Target]) -> list[Any]:
    sections: dict[str, list[tuple[str, str]]] = {}
    for target in targets.values():
        sections.setdefault(target.section, []).append((target.key, target.label))
    return [("", "Leave out"), *sections.items()]


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
    check_right(request.user)
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
    check_right(request.user)
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
    """Ask what the columns are; a POST starts the rehearsal."""
    targets = targets_for(request.user)
    chosen = upload.rules.get("columns") or guess_columns(upload.header, targets)
    form = RulesForm(
        request.POST if request.method == "POST" else None,
        header=upload.header,
        targets=targets,
        columns=chosen,
    )
    if request.method == "POST" and form.is_valid():
        try:
            rehearse_import(upload, form.rules(), caller=request.user)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return HttpResponseRedirect(step_url(upload, "check"))
    context |= {
        "title": "What the columns are",
        "upload": upload,
        "read_as": (ENCODINGS[upload.encoding], DELIMITERS[upload.delimiter].lower()),
        "form": form,
        "reading": ReadingForm(
            initial={"encoding": upload.encoding, "delimiter": upload.delimiter}
        ),
        "columns": list(zip(form.columns(), first_cells(upload), strict=True)),
        "steps": steps(2),
    }
    return TemplateResponse(
        request, f"{TEMPLATES}/columns.html", context, status=422 if form.errors else 200
    )


def first_cells(upload: CustomerImport) -> list[list[str]]:
    """By column, the first cells of the file, cut short."""
    table = read_table(bytes(upload.content or b""), upload.encoding, upload.delimiter)
    rows = [line.cells for line in islice(table.lines(), ROWS_SHOWN)]
    return [
        [row[place][:LONGEST_SHOWN] for row in rows if place < len(row)]
        for place in range(len(upload.header))
    ]


def reading(request, upload: CustomerImport, context: dict):
    """Read the file in another encoding or with another separator. Raises UnreadableFile."""
    form = ReadingForm(request.POST)
    if form.is_valid():
        read_again(upload, form.cleaned_data["encoding"], form.cleaned_data["delimiter"])
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
        "is_ready": job.status == Status.DONE,
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
    "read": (reading, ("POST",)),
    "check": (check_page, ("GET",)),
    "run": (run, ("POST",)),
}


@require_GET
def rejects(request, job: int):
    """The rows that a job left alone, as a file, for who uploaded them. Raises Http404."""
    check_right(request.user)
    found = Job.objects.filter(pk=job).first()
    if found is None or not ImportReject.objects.filter(job=found).exists():
        raise Http404
    if not is_mine(request, found):
        raise PermissionDenied("This file is somebody else's.")
    uploads = imports_of(request.user).defer("content")
    upload = uploads.filter(Q(rehearsal=found) | Q(run=found)).first()
    lines = reject_lines(found, upload.header if upload else [])
    return csv_download(lines, f"refused-rows-{found.public_id}.csv")
