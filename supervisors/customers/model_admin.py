from functools import partial

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR, ShowFacets
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html_join

from access.denials import PermissionMissing
from customers.forms import VERSION, shown_value
from customers.identities.ownership import mark_identities
from customers.labelling.terms import REASON, UNTIL
from customers.masking import FieldAccess, shown_name, visible_schema_and_mask
from customers.models import Customer
from customers.permissions import VIEW
from customers.profiles.lifecycle import (
    AnonymousHolderExists,
    CustomerChanged,
    delete_customer,
    stored_fields,
)
from customers.profiles.other_holders import IdentifiersTaken
from customers.system_fields import ANONYMOUS_FIELD, LABELS_FIELD, NAME_FIELD
from foundation.admin import SavedByForm, chips, display
from labels.contact_limits import limits_of
from schema_builder.schema import current_schema
from supervisors.bulk.actions import BulkAction, deeds_for
from supervisors.bulk.selection import selection_address
from supervisors.bulk.views import deed_page
from supervisors.imports import views

from .changelist import (
    FILTERED_COUNT_LIMIT,
    CustomerChangeList,
    CustomerPaginator,
    display_of,
    limit_chip,
)
from .forms import CustomerAdminForm
from .history import history_page, offer_undo_of_deletion, revert_page
from .inlines import ConversationInline, IdentityInline
from .list_state import state_of
from .merged import leads_to_survivor, refuse_merged_key
from .saved_filters import columns_chosen, filter_saved

RECORD = (
    "public_id",
    "is_anonymous",
    "version",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
)


LABEL_FIELDS = (LABELS_FIELD, REASON, UNTIL)


@admin.register(Customer)
class CustomerAdmin(SavedByForm):
    form = CustomerAdminForm
    inlines = (IdentityInline, ConversationInline)
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = CustomerPaginator
    ordering = ("-id",)
    # Only says that there is a search: the state of the list has it as a row of its filter.
    search_fields = ("public_id",)
    search_help_text = "Name, number, e-mail or id"
    warn_unsaved_form = True
    # With many columns the table is wider than the page, which its end would hide.
    list_horizontal_scrollbar_top = True

    def get_changelist(self, request, **kwargs):
        return CustomerChangeList

    def get_list_display(self, request):
        state = state_of(request)
        if not hasattr(request, "customer_columns"):
            # The admin compares the columns that it asked for twice.
            request.customer_columns = [display_of(c, state.mask) for c in state.columns]
        return request.customer_columns

    def get_paginator(self, request, queryset, per_page, *args, **kwargs):
        paginator = super().get_paginator(request, queryset, per_page, *args, **kwargs)
        if state_of(request).asked:
            paginator.count_limit = FILTERED_COUNT_LIMIT
        return paginator

    def get_urls(self):
        return [*self.pages(), *super().get_urls()]

    def pages(self):
        """Pages beside those of every model; the shell lets only staff in."""
        shell = self.admin_site.admin_view
        return [
            path("columns/", shell(columns_chosen), name="customers_customer_columns"),
            path("filters/save/", shell(filter_saved), name="customers_customer_filter_save"),
            path("import/", shell(self.import_view), name="customers_customer_import"),
            path(
                "import/<public_id:upload>/<slug:step>/",
                shell(self.import_step_view),
                name="customers_customer_import_step",
            ),
            path(
                "import/rejects/<int:job>/",
                shell(views.rejects),
                name="customers_customer_import_rejects",
            ),
            path("bulk/<slug:deed>/", shell(self.bulk_view), name="customers_customer_bulk"),
            path(
                "<int:pk>/history/<public_id:operation>/revert/",
                shell(self.revert_view),
                name="customers_customer_revert",
            ),
        ]

    def lookup_allowed(self, lookup, value, request=None):
        # Django would answer to parts of any column, hidden ones included.
        return False

    def has_change_permission(self, request, obj=None):
        may_change = super().has_change_permission(request, obj)
        return may_change and not (obj and obj.placeholder_for_id)

    def has_delete_permission(self, request, obj=None):
        may_delete = super().has_delete_permission(request, obj)
        return may_delete and not (obj and obj.placeholder_for_id)

    def get_search_results(self, request, queryset, search_term):
        return queryset, False

    def get_actions(self, request):
        """The buttons under the list; each leads to a page that asks what it needs."""
        if IS_POPUP_VAR in request.GET:
            return {}
        return {
            deed.key: (action_for(deed), deed.key, deed.title) for deed in deeds_for(request.user)
        }

    def get_object(self, request, object_id, from_field=None):
        customer = super().get_object(request, object_id, from_field)
        if customer is None:
            refuse_merged_key(str(object_id))
        else:
            customer.viewer = request.user
            # Read where the name is drawn, once.
            customer.header_name = SimpleLazyObject(partial(name_for, customer, request.user))
            worn = customer.labels.exclude(do_not_contact=[]).order_by("name")
            customer.limits = limits_of(worn.values_list("name", "do_not_contact"))
        return customer

    def get_form(self, request, obj=None, change=False, **kwargs):
        attributes = {"caller": request.user, "schema": visible_schema_and_mask(request.user)[0]}
        return type("CustomerAdminForm", (CustomerAdminForm,), attributes)

    def get_fieldsets(self, request, obj=None):
        sections: dict[str, list[str]] = {}
        schema, mask = visible_schema_and_mask(request.user)
        for field in schema.fields:
            if field.key != ANONYMOUS_FIELD and not (obj is None and mask.locks(field)):
                section = sections.setdefault(field.section or "Details", [])
                section += LABEL_FIELDS if field.key == LABELS_FIELD else [field.key]
        if obj is None:
            return [(section, {"fields": keys}) for section, keys in sections.items()]
        contact = ("contact",) if obj.limits else ()
        if not self.has_change_permission(request, obj):
            return [(None, {"fields": (*contact, "profile")}), ("Record", {"fields": RECORD})]
        next(iter(sections.values()))[:0] = contact
        next(iter(sections.values())).append(VERSION)
        shown = [(section, {"fields": keys}) for section, keys in sections.items()]
        return [*shown, ("Record", {"fields": RECORD, "classes": ["collapse"]})]

    def get_readonly_fields(self, request, obj=None):
        return () if obj is None else ("contact", "profile", *RECORD)

    def get_inlines(self, request, obj):
        return () if obj is None else self.inlines

    @display(description="Contact")
    def contact(self, customer):
        return chips(limit_chip(limit) for limit in customer.limits)

    @display(description="Profile")
    def profile(self, customer):
        """What somebody sees who may look and not touch."""
        schema, mask = visible_schema_and_mask(customer.viewer)
        stored = stored_fields(customer)
        lines = [
            (field.label, shown_value(field, stored, mask))
            for field in schema.fields
            if field.key not in (ANONYMOUS_FIELD, LABELS_FIELD)
        ]
        return format_html_join(
            "",
            '<span class="cxc-line"><b>{}</b> {}</span>',
            ((label, ", ".join(v) if isinstance(v, list) else v) for label, v in lines if v),
        )

    def view_on_site(self, customer):
        return customer.get_absolute_url()

    @leads_to_survivor
    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Form of a customer; what only the write itself can notice is said on a fresh form."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (CustomerChanged, AnonymousHolderExists, IdentifiersTaken, ValidationError) as error:
            problem = " ".join(error.messages) if isinstance(error, ValidationError) else error
            messages.error(request, f"Nothing was saved. {problem}")
            return HttpResponseRedirect(request.get_full_path())

    @leads_to_survivor
    def delete_view(self, request, object_id, extra_context=None):
        return super().delete_view(request, object_id, extra_context)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            name = current_schema().by_key[NAME_FIELD]
            context["title"] = FieldAccess(request.user)(name, obj.first_name) or "Unnamed customer"
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_formset(self, request, form, formset, change):
        if isinstance(form, CustomerAdminForm) and formset.prefix == "identities":
            marks = {row.instance.pk: row.marks() for row in formset.forms if row.has_changed()}
            mark_identities(form.instance, marks, caller=request.user)

    def construct_change_message(self, request, form, formsets, add=False):
        """What was changed by name only: history is no place for values."""
        message = super().construct_change_message(request, form, [], add)
        marked = {
            name for formset in formsets or [] for row in formset.forms for name in row.changed_data
        }
        if marked:
            fields = sorted(marked)
            message.append(
                {"changed": {"name": "channel identity", "object": "", "fields": fields}}
            )
        return message

    def page_context(self, request, **context):
        return {**self.admin_site.each_context(request), "opts": self.opts, **context}

    def import_view(self, request):
        return views.upload_page(request, self.page_context(request))

    def import_step_view(self, request, upload, step):
        return views.step_page(request, upload, step, self.page_context(request))

    def bulk_view(self, request, deed):
        return deed_page(request, deed, self.page_context(request))

    def viewed(self, request, pk) -> Customer:
        """Raises Http404, and PermissionDenied."""
        if not self.has_view_permission(request):
            raise PermissionMissing(VIEW, "see customers")
        customer = self.get_object(request, str(pk))
        if customer is None:
            raise Http404
        return customer

    @leads_to_survivor
    def history_view(self, request, object_id, extra_context=None):
        return history_page(request, self.viewed(request, object_id), self.page_context(request))

    @leads_to_survivor
    def revert_view(self, request, pk, operation):
        customer = self.viewed(request, pk)
        return revert_page(request, customer, operation, self.page_context(request))

    def get_deleted_objects(self, objs, request):
        """Who is deleted, without the rows that go with them: those hold personal data."""
        named = [f"{customer.header_name} ({customer})" for customer in objs]
        return named, {"customers": len(objs)}, set(), []

    def delete_model(self, request, obj):
        request.deletion = delete_customer(obj, caller=request.user)

    def response_delete(self, request, obj_display, obj_id):
        """Say that the customer is gone, and offer to undo it to those who may."""
        response = super().response_delete(request, obj_display, obj_id)
        offer_undo_of_deletion(request, request.deletion)
        return response


def action_for(deed: BulkAction):
    """An action of the admin that goes to the page of the deed."""

    def action(model_admin, request, queryset):
        page = reverse("admin:customers_customer_bulk", args=[deed.key])
        return HttpResponseRedirect(f"{page}?{selection_address(request)}")

    return action


def name_for(customer: Customer, viewer) -> str:
    """How a page calls the customer, as far as the viewer may see the name."""
    return shown_name(customer.first_name, current_schema(), FieldAccess(viewer))
