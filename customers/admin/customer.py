from django.contrib import admin, messages
from django.contrib.admin.options import ShowFacets
from django.core.exceptions import ValidationError
from django.db.models.functions import Left
from django.http import HttpResponseRedirect
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime

from customers.channels import in_words
from customers.contact import ContactLimit, limits_of
from customers.forms import VERSION, shown_value
from customers.label_terms import REASON, UNTIL
from customers.lifecycle import (
    AnonymousHolderExists,
    CustomerChanged,
    delete_customer,
    stored_fields,
)
from customers.masking import Mask, seen_by
from customers.models import Customer
from customers.models.value import SORTED_LENGTH
from customers.search import cleaned_query, find
from customers.trust import mark_identities
from customers.values import ANONYMOUS_FIELD, LABELS_FIELD, NAME_FIELD
from foundation.adminkit import (
    BooleanRadioFilter,
    CappedPaginator,
    SavedByForm,
    chip,
    chips,
    colored_chip,
    display,
)
from schema_builder.snapshot import current_schema, held_schema

from .forms import CustomerForm
from .home_filters import HOME_FILTERS, HOME_PARAMETERS
from .inlines import ConversationInline, IdentityInline
from .listing import CustomerChangeList, LabelFilter

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
    form = CustomerForm
    inlines = (IdentityInline, ConversationInline)
    list_display = ("name", "identifiers", "label_chips", "anonymous", "updated")
    list_filter = (("is_anonymous", BooleanRadioFilter), LabelFilter, *HOME_FILTERS)
    list_per_page = 50
    list_max_show_all = 0
    list_disable_select_all = True
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = CappedPaginator
    ordering = ("-id",)
    # Other columns have no index that could sort a million rows.
    sortable_by = ("name",)
    # Only says that there is a search: `get_search_results` does it.
    search_fields = ("public_id",)
    search_help_text = "Name, number, e-mail or id"
    warn_unsaved_form = True

    @display(description="Name", ordering=Left("folded_name", SORTED_LENGTH))
    def name(self, customer):
        return customer.shown.name or "Unnamed"

    @display(description="Identifiers")
    def identifiers(self, customer):
        shown = format_html_join("", '<span title="{}">{}</span>', customer.shown.identifiers)
        more = f"+{customer.shown.more_identifiers}" if customer.shown.more_identifiers else ""
        return format_html('<span class="cxc-stack">{}{}</span>', shown, more)

    @display(description="Labels")
    def label_chips(self, customer):
        labels = customer.shown.labels
        limits = limits_of((label.name, label.do_not_contact) for label in labels)
        stop = [limit_chip(limit) for limit in limits]
        return chips([*stop, *(colored_chip(label.name, label.color) for label in labels)])

    @display(description="Anonymous")
    def anonymous(self, customer):
        return chip("Anonymous") if customer.is_anonymous else ""

    @display(description="Updated")
    def updated(self, customer):
        moment = date_format(localtime(customer.updated_at), "j M Y H:i")
        return format_html('<span class="cxc-nowrap">{}</span>', moment)

    def get_changelist(self, request, **kwargs):
        return CustomerChangeList

    def get_sortable_by(self, request):
        # The order of hidden names would give them away.
        name = current_schema().by_key[NAME_FIELD]
        return () if Mask(request.user).hides(name) else self.sortable_by

    def lookup_allowed(self, lookup, value, request=None):
        # Django would answer to parts of any column, hidden ones included.
        return lookup in ("is_anonymous__exact", LabelFilter.parameter_name, *HOME_PARAMETERS)

    def get_search_results(self, request, queryset, search_term):
        query = cleaned_query(search_term)
        if not query:
            return queryset, False
        hits = find(query, *seen_by(request.user))
        return queryset.filter(public_id__in=[hit.public_id for hit in hits]), False

    def get_object(self, request, object_id, from_field=None):
        customer = super().get_object(request, object_id, from_field)
        if customer is not None:
            customer.viewer = request.user
            worn = customer.labels.exclude(do_not_contact=[]).order_by("name")
            customer.limits = limits_of(worn.values_list("name", "do_not_contact"))
        return customer

    def get_form(self, request, obj=None, change=False, **kwargs):
        attributes = {"caller": request.user, "schema": seen_by(request.user)[0]}
        return type("CustomerForm", (CustomerForm,), attributes)

    def get_fieldsets(self, request, obj=None):
        sections: dict[str, list[str]] = {}
        schema, mask = seen_by(request.user)
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
        schema, mask = seen_by(customer.viewer)
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

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Form of a customer; what only the write itself can notice is said on a fresh form."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (CustomerChanged, AnonymousHolderExists, ValidationError) as error:
            problem = " ".join(error.messages) if isinstance(error, ValidationError) else error
            messages.error(request, f"Nothing was saved. {problem}")
            return HttpResponseRedirect(request.get_full_path())

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            name = current_schema().by_key[NAME_FIELD]
            context["title"] = Mask(request.user)(name, obj.first_name) or "Unnamed customer"
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_formset(self, request, form, formset, change):
        if isinstance(form, CustomerForm) and formset.prefix == "identities":
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

    def get_deleted_objects(self, objs, request):
        """Who is deleted, by id, without the rows that go with them: those hold personal data."""
        return [str(customer) for customer in objs], {"customers": len(objs)}, set(), []

    def delete_model(self, request, obj):
        delete_customer(obj)

    def delete_queryset(self, request, queryset):
        for customer in queryset:
            delete_customer(customer)


def limit_chip(limit: ContactLimit):
    where = in_words(limit.channels, held_schema())
    text = "Do not contact" if limit.is_total else f"Do not contact: {where}"
    return chip(text, "danger", title=f"Because of the label {limit.label}")
