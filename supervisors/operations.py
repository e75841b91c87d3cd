"""What was done to customers, for supervisors: whose, by whom, when; never the values."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from customers.masking import FieldAccess, shown_name
from customers.models import Customer, Operation, OperationCustomer
from customers.permissions import RIGHTS, VIEW_JOB, may_undo
from customers.statistics.figures import DEEDS as DEEDS_COUNTED
from foundation.admin import ChangeList, DropdownFilter, RecordAdmin, chip, display
from foundation.date_filters import PeriodFilter
from schema_builder.schema import current_schema

DEEDS = {
    Operation.Kind.EDIT: "Edited",
    Operation.Kind.RELINK: "Relinked",
    Operation.Kind.MERGE: "Merged",
    Operation.Kind.SPLIT: "Split",
    Operation.Kind.CLAIM: "Identifier claimed",
    Operation.Kind.RELEASE: "Identifier released",
    Operation.Kind.BULK: "Changed in bulk",
    Operation.Kind.DELETE: "Deleted",
    Operation.Kind.ABSORB: "Anonymous twin deleted",
    Operation.Kind.IMPORT: "Imported",
    Operation.Kind.UNDO: "Took back",
}

# All kinds at once that the home page counts by day.
WATCHED = "watched"


def with_customer(operations: QuerySet[Operation]) -> QuerySet[Operation]:
    """Each with `about`, the id of one of its customers who is still there; maybe None.

    `customer_count` is how many it was about, at most those of a chunk.
    """
    alive = Exists(Customer.objects.filter(public_id=OuterRef("public_id")))
    theirs = OperationCustomer.objects.filter(operation=OuterRef("pk"))
    number = theirs.order_by().values("operation").annotate(number=Count("pk"))
    return operations.annotate(
        about=Subquery(theirs.filter(alive).order_by("id").values("public_id")[:1]),
        customer_count=Coalesce(Subquery(number.values("number")), 0),
    )


def name_customers(operations: Iterable[Any], viewer) -> list[Any]:
    """The operations, each with the `customer_name` that `viewer` may see; two queries."""
    found = list(operations)
    names = dict(
        Customer.objects.filter(public_id__in={row.about for row in found}).values_list(
            "public_id", "first_name"
        )
    )
    may_watch = viewer.has_perm(VIEW_JOB)
    schema, mask = current_schema(), FieldAccess(viewer)
    for row in found:
        row.deed = DEEDS[row.kind]
        row.ago = naturaltime(row.at)
        # Each of many is changed by itself: one of them says nothing of the others.
        row.many = row.customer_count if row.is_bulk and row.customer_count > 1 else 0
        row.job_link = ""
        if row.many and row.job_id and may_watch:
            row.job_link = reverse("admin:jobs_job_change", args=[row.job_id])
        row.customer_name = shown_name(names.get(row.about, ""), schema, mask)
    return found


def many_customers(operation: Any) -> SafeString | str:
    """How many, and the way to the job that they were changed by."""
    text = f"{operation.many} customers"
    if not operation.job_link:
        return text
    return format_html('<a class="cxc-link" href="{}">{}</a>', operation.job_link, text)


class OperationChangeList(ChangeList):
    result_list: Any

    def get_results(self, request):
        super().get_results(request)
        self.result_list = name_customers(self.result_list, request.user)
        for operation in self.result_list:
            operation.viewer = request.user


class DoneFilter(PeriodFilter):
    column = "at"


class KindFilter(DropdownFilter):
    """One kind, or all that the home page counts by day."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return [(WATCHED, "Relinks, merges, splits and undos"), *Operation.Kind.choices]

    def queryset(self, request, queryset):
        asked = self.value()
        if asked == WATCHED:
            return queryset.filter(kind__in=DEEDS_COUNTED)
        return queryset.filter(kind=asked) if asked else None


def operations_url(**parameters: str) -> str:
    """The list of what was done, of a kind or of a time."""
    return f"{reverse('admin:customers_operation_changelist')}?{urlencode(parameters)}"


def told_at(operation: Any, viewer) -> str:
    """Where the operation is told: before it is taken back, or in what was done to somebody."""
    if operation.undone_by_id is None and may_undo(viewer, operation):
        return reverse("customers:operation-undo", args=[operation.public_id])
    if operation.about is None:
        return reverse("admin:customers_operation_changelist")
    return reverse("customers:customer-activity", args=[operation.about])


@admin.register(Operation)
class OperationAdmin(RecordAdmin):
    list_display = ("what", "customer", "by", "moment", "reason", "state")
    list_display_links = None
    list_filter = (KindFilter, DoneFilter)

    def get_queryset(self, request):
        return with_customer(super().get_queryset(request))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return self.led_to(request, object_id)

    def history_view(self, request, object_id, extra_context=None):
        return self.led_to(request, object_id)

    def led_to(self, request, object_id):
        """The page of one: agents have it, with every difference. Raises Http404."""
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        operation = self.get_object(request, object_id)
        if operation is None:
            raise Http404
        return HttpResponseRedirect(told_at(operation, request.user))

    def get_changelist(self, request, **kwargs):
        return OperationChangeList

    @display(description="What")
    def what(self, operation):
        return operation.deed

    @display(description="Customer")
    def customer(self, operation):
        if operation.many:
            return many_customers(operation)
        if operation.about is None:
            return "gone"
        link = reverse("customers:customer-activity", args=[operation.about])
        return format_html('<a class="cxc-link" href="{}">{}</a>', link, operation.customer_name)

    @display(description="By")
    def by(self, operation):
        return operation.actor or "somebody"

    @display(description="When")
    def moment(self, operation):
        return date_format(localtime(operation.at), "DATETIME_FORMAT")

    @display(description="State")
    def state(self, operation):
        if operation.undone_by_id:
            return chip("Undone", "strong")
        right = RIGHTS.get(Operation.Kind(operation.kind))
        if right is None or not operation.viewer.has_perm(right):
            return ""
        link = reverse("customers:operation-undo", args=[operation.public_id])
        return format_html('<a class="cxc-link" href="{}">See and undo</a>', link)

    def lookup_allowed(self, lookup, value, request=None):
        return lookup in (KindFilter.parameter_name, DoneFilter.parameter_name)
