"""Background jobs as those who asked for them see them: progress, outcome, cancel, undo."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from access.credentials import credential_of, is_credential_of
from access.denials import PermissionMissing
from customers.background.bulk import DELETE_MANY
from customers.background.undo import JobNotUndoable, undo_job
from customers.exports.export import file_of, wrote_file
from customers.imports.rejects import Group, groups_of
from customers.models import Customer, Operation
from customers.models.imported import RUN
from customers.permissions import BULK, CHANGE_JOB, EXPORT, IMPORT, VIEW_JOB
from customers.statistics.figures import DAYS, failed_imports
from foundation.admin import DropdownFilter, ReadOnlyAdmin, chip, display
from foundation.responses import csv_download
from jobs.models import Job, Status
from jobs.queue import JobFinished, cancel
from schema_builder.permissions import CHANGE as PUBLISH_SCHEMA
from schema_changes.preparation import PUBLISH

KINDS = {
    Status.QUEUED: "plain",
    Status.RUNNING: "info",
    Status.DONE: "success",
    Status.FAILED: "danger",
    Status.CANCELLED: "strong",
}
# Who may ask for jobs, and sees their own.
ASKERS = (BULK, IMPORT, EXPORT, PUBLISH_SCHEMA)
# What an address may ask of the list.
ASKED = ("kind__exact", "status__exact", "imports")
# What a result counts, in words for one and for many.
FIGURES = {
    "created": ("created", "created"),
    "changed": ("changed", "changed"),
    "unchanged": ("was so already", "were so already"),
    "refused": ("refused", "refused"),
    "merged": ("customer merged into another", "customers merged into others"),
    "exported": ("customer in the file", "customers in the file"),
    "undone": ("step taken back", "steps taken back"),
    "left": ("left as it is", "left as they are"),
    "shared": (
        "shares an identifier with somebody else",
        "share an identifier with somebody else",
    ),
}
# A job that deletes counts as changed whom it deleted.
OF_DELETION = FIGURES | {"changed": ("deleted", "deleted")}
# Refused rows that are read for a page, and reasons that it shows.
REJECTS_READ = 10_000
REASONS_SHOWN = 100


def is_mine(request, job: Job) -> bool:
    return is_credential_of(job.owner, job.created_by, request.user)


class ImportsFilter(DropdownFilter):
    title = "imports"
    parameter_name = "imports"

    def lookups(self, request, model_admin):
        return [("failed", f"Failed, or with refused rows, in {DAYS} days")]

    def queryset(self, request, queryset):
        return failed_imports(queryset) if self.value() == "failed" else None


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("title", "state", "progress", "created_by", "created_at")
    list_per_page = 50
    list_filter = (ImportsFilter,)
    ordering = ("-id",)
    sortable_by = ()

    @display(description="State")
    def state(self, job):
        return chip(job.get_status_display(), KINDS[job.status])

    @display(description="Progress")
    def progress(self, job):
        return format_html(
            '<progress class="cxc-progress" max="{}" value="{}" aria-label="{} of {} done">'
            "</progress>",
            job.total or 1,
            job.done,
            job.done,
            job.total,
        )

    def get_queryset(self, request) -> QuerySet:
        jobs = super().get_queryset(request)
        if request.user.has_perm(VIEW_JOB):
            return jobs
        return jobs.filter(owner=credential_of(request.user))

    def lookup_allowed(self, lookup, value, request=None):
        # Parameters may be personal, and an address could ask for them piece by piece.
        return lookup in ASKED

    def has_view_permission(self, request, obj=None):
        return any(request.user.has_perm(right) for right in (VIEW_JOB, *ASKERS))

    def get_actions(self, request):
        return {}

    def get_urls(self):
        shell = self.admin_site.admin_view
        deeds = [
            path("<int:pk>/undo/", shell(require_POST(self.undo_view)), name="jobs_job_undo"),
            path("<int:pk>/file/", shell(require_GET(self.file_view)), name="jobs_job_file"),
            path("<int:pk>/cancel/", shell(require_POST(self.cancel_view)), name="jobs_job_cancel"),
        ]
        return [*deeds, *super().get_urls()]

    def job_for(self, request, pk) -> Job:
        """Raises PermissionDenied, and Http404."""
        if not self.has_view_permission(request):
            raise PermissionMissing(VIEW_JOB)
        job = self.get_object(request, str(pk))
        if job is None:
            raise Http404
        return job

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The page of a job; `?part` is what of it follows the progress."""
        job = self.job_for(request, object_id)
        file = file_of(job, request.user)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": job.title,
            "job": job,
            "state": self.state(job),
            "figures": figures_of(job),
            "refusals": refusals_of(job),
            "reasons": reasons_of(job) if is_mine(request, job) else [],
            "file": file,
            "file_is_gone": file is None and wrote_file(job, request.user),
            "most_rejects": REJECTS_READ,
            "refused": job.result.get("refused", 0),
            "may_touch": may_touch(request, job),
            "may_undo": may_touch(request, job) and is_undoable(job),
        }
        template = "_job.html" if "part" in request.GET else "job.html"
        return TemplateResponse(request, f"admin/jobs/job/{template}", context)

    def file_view(self, request, pk):
        """The file that a job wrote, for who asked for it. Raises Http404."""
        file = file_of(self.job_for(request, pk), request.user)
        if file is None:
            raise Http404
        return csv_download(file.text(), file.name)

    def undo_view(self, request, pk):
        job = self.job_for(request, pk)
        check_touch(request, job)
        try:
            job = undo_job(job, caller=request.user)
        except (JobNotUndoable, PermissionDenied) as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(job_url(job))

    def cancel_view(self, request, pk):
        job = self.job_for(request, pk)
        check_touch(request, job)
        try:
            cancel(job)
        except JobFinished as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(job_url(job))


def job_url(job: Job) -> str:
    return reverse("admin:jobs_job_change", args=[job.pk])


def jobs_url(**asked: str) -> str:
    return f"{reverse('admin:jobs_job_changelist')}?{urlencode(asked)}"


def imports_url() -> str:
    return jobs_url(kind__exact=RUN)


def failed_imports_url() -> str:
    return jobs_url(imports="failed")


def figures_of(job: Job) -> list[tuple[int, str]]:
    words = OF_DELETION if job.kind == DELETE_MANY else FIGURES
    return [
        (number, one if number == 1 else many)
        for key, (one, many) in words.items()
        if (number := job.result.get(key))
    ]


def reasons_of(job: Job) -> list[Group]:
    """Why rows of a file were refused, for the user who uploaded it."""
    return groups_of(job, REJECTS_READ)[:REASONS_SHOWN]


def may_touch(request, job: Job) -> bool:
    return is_mine(request, job) or request.user.has_perm(CHANGE_JOB)


def check_touch(request, job: Job) -> None:
    if not may_touch(request, job):
        raise PermissionMissing(CHANGE_JOB, "cancel or undo jobs of other users")


def is_undoable(job: Job) -> bool:
    # What a published version rewrote comes back with the version before it.
    if job.is_open or (job.kind == PUBLISH and job.status == Status.DONE):
        return False
    return Operation.objects.filter(job=job, undone_by=None).exists()


def refusals_of(job: Job) -> list[tuple[str, str, int | None]]:
    """(who or what, why, key of the customer where there is one) of what was left alone."""
    named = job.result.get("refusals", [])
    keys = dict(
        Customer.objects.filter(public_id__in=[row["customer"] for row in named]).values_list(
            "public_id", "pk"
        )
    )
    refused = [
        (
            row["customer"],
            " ".join(t for ts in row["errors"].values() for t in ts),
            keys.get(row["customer"]),
        )
        for row in named
    ]
    left = [(row["what"], row["reason"], None) for row in job.result.get("collisions", [])]
    return refused + left
