from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import PROTECT, ManyToOneRel
from django.http import HttpResponseRedirect
from django.utils.html import format_html

from foundation.admin import ModelAdmin, SavedByForm, chip, chips, display

from . import editing
from .forms import FieldDefinitionForm, types_with
from .models import ChannelType, FieldDefinition, IgnoredIdentifier
from .permissions import CLEAR_PII
from .visibility import is_visible

# Counting protected rows further would only make the page slow.
COUNT_LIMIT = 1000


class PlaceForm(forms.Form):
    id = forms.IntegerField()
    sort_order = forms.IntegerField()


PlaceFormSet = forms.formset_factory(PlaceForm, extra=0)


def shown_for(name: str, condition: str = "true") -> str:
    """Script of the form: show `name` for the types it applies to.

    Who may only look has no `type` to choose, so everything is shown.
    """
    types = ", ".join(f"'{key}'" for key in types_with(name))
    return f"typeof type === 'undefined' || ([{types}].includes(type) && {condition})"


@admin.register(FieldDefinition)
class FieldDefinitionAdmin(SavedByForm):
    form = FieldDefinitionForm
    list_display = ("label", "mono_key", "type_name", "section", "traits", "is_active")
    list_display_links = ("label",)
    list_filter = ("section", "type", "is_pii", "is_active")
    list_per_page = 1000
    search_fields = ("label", "key", "description", "section")
    search_help_text = "Label, key or section"
    ordering = ("sort_order", "id")
    ordering_field = "sort_order"
    hide_ordering_field = True
    # Dragging only makes sense in this order; the theme hides the column if it may be sorted.
    sortable_by = ("sort_order",)
    autocomplete_fields = ("channel_types",)
    warn_unsaved_form = True
    conditional_fields = {
        **{
            name: shown_for(name)
            for name in (
                "length",
                "min_value",
                "max_value",
                "pattern",
                "options",
                "is_channel_identifier",
            )
        },
        "channel_types": shown_for("channel_types", "is_channel_identifier"),
    }
    fieldsets = (
        (None, {"fields": ("label", "key", "type", "description", "section", "is_active")}),
        (
            "Content",
            {
                "fields": (
                    "options",
                    "length",
                    "min_value",
                    "max_value",
                    "pattern",
                    "is_required",
                    "default_value",
                )
            },
        ),
        ("Use", {"fields": ("is_searchable", "is_channel_identifier", "channel_types")}),
        ("Who sees it", {"fields": ("is_pii", ("mask_start", "mask_end"), "role_visibility")}),
    )

    @display(description="Key")
    def mono_key(self, field):
        return format_html("<code>{}</code>", field.key)

    @display(description="Type")
    def type_name(self, field):
        return format_html(
            '<span class="cxc-type"><span class="material-symbols-outlined">{}</span> {}</span>',
            field.field_type.icon,
            field.field_type.label,
        )

    @display(description="Traits")
    def traits(self, field):
        marks = [
            (field.is_system, chip("System", title="The product relies on this field")),
            (field.is_required, chip("Required", "strong")),
            (field.is_pii, chip("PII", "danger", title="Personal data, masked for some roles")),
            (field.is_channel_identifier, chip("Identifier", "info", title="Channels find by it")),
            (field.is_searchable, chip("Searchable", "success")),
        ]
        return chips(mark for has_it, mark in marks if has_it)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.may_clear_pii = request.user.has_perm(CLEAR_PII)
        form.author = request.user.get_username()
        return form

    def get_queryset(self, request):
        """Who may not change fields knows of those only that the own roles see."""
        fields = super().get_queryset(request)
        if self.has_change_permission(request):
            return fields
        roles = list(request.user.groups.values_list("pk", flat=True))
        hidden = [field.pk for field in fields if not is_visible(field, roles)]
        return fields.exclude(pk__in=hidden)

    def changelist_view(self, request, extra_context=None):
        if request.method == "POST" and "_save" in request.POST:
            return self.arrange(request)
        return super().changelist_view(request, extra_context)

    def arrange(self, request):
        """Take over the order that the rows were dragged into."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        rows = PlaceFormSet(request.POST)
        if rows.is_valid():
            places = sorted(rows.cleaned_data, key=lambda row: row["sort_order"])
            editing.arrange_fields(
                [row["id"] for row in places], author=request.user.get_username()
            )
            messages.success(request, "The new order of the fields is saved.")
        else:
            messages.error(request, "The order was not saved: reload the page and try again.")
        return HttpResponseRedirect(request.get_full_path())

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and obj.is_system)

    def get_deleted_objects(self, objs, request):
        """What stands in the way, counted: the rows themselves may be many, and personal."""
        system = [f'Field "{field.key}" is a system field.' for field in objs if field.is_system]
        in_use = [line for field in objs for line in rows_that_protect(field)]
        return [str(field) for field in objs], {"fields": len(objs)}, set(), [*system, *in_use]

    def delete_model(self, request, obj):
        editing.delete_field(obj, author=request.user.get_username())

    def delete_queryset(self, request, queryset):
        for field in queryset:
            editing.delete_field(field, author=request.user.get_username())


def rows_that_protect(field: FieldDefinition) -> list[str]:
    """One line for each table with rows that keep `field` from being deleted."""
    lines = []
    for relation in FieldDefinition._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel) and relation.on_delete is PROTECT:
            model = relation.related_model
            rows = model._base_manager.filter(**{relation.field.name: field})
            if count := rows[:COUNT_LIMIT].count():
                number = f"{count:,} or more" if count == COUNT_LIMIT else f"{count:,}"
                lines.append(f"{field}: {number} {model._meta.verbose_name_plural}")
    return lines


class SchemaRowAdmin(ModelAdmin):
    """Of a table that every process holds in memory: each write has to be told."""

    def save_model(self, request, obj, form, change):
        editing.save_schema_row(obj, author=request.user.get_username())

    def delete_model(self, request, obj):
        editing.delete_schema_row(obj, author=request.user.get_username())

    def delete_queryset(self, request, queryset):
        for row in queryset:
            editing.delete_schema_row(row, author=request.user.get_username())


@admin.register(ChannelType)
class ChannelTypeAdmin(SchemaRowAdmin):
    list_display = ("label", "name", "icon_shown", "default_region", "has_international_digits")
    fields = (
        "name",
        "label",
        "icon",
        "default_region",
        "has_international_digits",
        "without_identity",
    )
    search_fields = ("name", "label")
    ordering = ("label", "id")

    def get_readonly_fields(self, request, obj=None):
        # Callers send the name.
        return () if obj is None else ("name",)

    def get_deleted_objects(self, objs, request):
        """The placeholder customer of a channel type is deleted with it, and in no other way."""
        shown, counts, _, protected = super().get_deleted_objects(objs, request)
        return shown, counts, set(), protected

    @display(description="Icon")
    def icon_shown(self, channel):
        return format_html('<span class="material-symbols-outlined">{}</span>', channel.icon)


@admin.register(IgnoredIdentifier)
class IgnoredIdentifierAdmin(SchemaRowAdmin):
    list_display = ("value",)
    search_fields = ("value",)
    ordering = ("value",)
