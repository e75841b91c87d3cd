from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.utils.html import format_html

from foundation.admin import (
    ActionVariant,
    ColorInput,
    ModelAdmin,
    action,
    chip,
    chips,
    colored_chip,
    display,
    searchable,
)
from foundation.text import is_blank, tidied

from .models import Label, LabelGroup

AUTHORS = ("created_by", "updated_by")
LOOK = ("name", "color", "description")
RULES = ("group", "expires_after_days", "assignable_by", "requires_reason")


class VisibleNameForm(forms.ModelForm):
    """A form whose name is kept without invisible characters."""

    def clean_name(self):
        name = tidied(self.cleaned_data["name"])
        if is_blank(name):
            raise ValidationError("This field is required.", "required")
        return name


class LabelForm(VisibleNameForm):
    class Meta:
        model = Label
        fields = [*LOOK, "priority", *RULES]
        # The model's own words are those of the contract.
        error_messages = {"name": {"unique": "Another label has this name."}}

    class Media:
        js = ["supervisors/label_preview.js"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # A browser's colour chooser would turn a colour with transparency into black.
        if "color" in self.fields and len(self.instance.color) == len("#rrggbb"):
            self.fields["color"].widget = ColorInput()


class LabelGroupForm(VisibleNameForm):
    class Meta:
        model = LabelGroup
        fields = ["name", "is_exclusive"]
        error_messages = {"name": {"unique": "Another group has this name."}}


@admin.register(Label)
class LabelAdmin(ModelAdmin):
    """Labels as far as they are described without customers; `supervisors.admin` adds those."""

    form = LabelForm
    list_display: tuple[str, ...] = (
        "chip",
        "group",
        "priority",
        "rules",
        "description",
        "updated_at",
    )
    list_display_links = ("chip",)
    list_filter = ("group", "is_archived")
    list_per_page = 50
    list_select_related = ("group",)
    search_fields = ("name", "description")
    search_help_text = "Name or description"
    ordering = ("name", "id")
    readonly_fields: tuple[str, ...] = ("preview", *AUTHORS)
    actions = ("archive_selected", "unarchive_selected")
    actions_submit_line = ("archive", "unarchive")
    warn_unsaved_form = True

    @display(description="Name", ordering="name")
    def chip(self, label):
        return colored_chip(label.name, label.color)

    @display(description="Looks like")
    def preview(self, label):
        """The chip; a script of ours lets it follow the form."""
        return format_html(
            '<span id="label-preview">{}</span>', colored_chip(label.name or "Label", label.color)
        )

    @display(description="Rules")
    def rules(self, label):
        roles = ", ".join(sorted(role.name for role in label.assignable_by.all()))
        marks = [
            (label.is_archived, chip("Archived", title="Nobody puts it on any more")),
            (label.do_not_contact, chip("Do not contact", "danger")),
            (label.is_exclusive, chip("One only", "info", title=f"One of {label.group}")),
            (label.expires_after_days, chip(f"{label.expires_after_days} days", "success")),
            (label.requires_reason, chip("Reason", "strong", title="Asks for a reason")),
            (roles, chip(roles, title="Who may assign it")),
        ]
        return chips(mark for applies, mark in marks if applies)

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("assignable_by")

    def get_fieldsets(self, request, obj=None):
        # Who could not change the rules again does not set them.
        if not self.has_change_permission(request) and obj is None:
            return [(None, {"fields": ("preview", *LOOK)})]
        shown = [
            (None, {"fields": ("preview", *LOOK, "priority")}),
            ("Rules", {"fields": RULES}),
        ]
        return [*shown, ("Record", {"fields": AUTHORS})] if obj else shown

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        # Django offers none where rows between have a model, which could say more than ours do.
        field = searchable(db_field.formfield(queryset=Group.objects.order_by("name"), **kwargs))
        field.help_text = db_field.help_text
        return field

    def get_actions_submit_line(self, request, object_id):
        label = self.get_object(request, str(object_id))
        if label is None or not self.has_change_permission(request, label):
            return []
        offered = "unarchive" if label.is_archived else "archive"
        found = super().get_actions_submit_line(request, object_id)
        return [one for one in found if one.action_name.endswith(f"_{offered}")]

    @action(description="Archive", variant=ActionVariant.DANGER)
    def archive(self, request, label):
        self.set_archived(request, [label], is_archived=True)

    @action(description="Offer it again")
    def unarchive(self, request, label):
        self.set_archived(request, [label], is_archived=False)

    @admin.action(description="Archive selected labels", permissions=["change"])
    def archive_selected(self, request, queryset):
        self.set_archived(request, queryset, is_archived=True)

    @admin.action(description="Offer selected labels again", permissions=["change"])
    def unarchive_selected(self, request, queryset):
        self.set_archived(request, queryset, is_archived=False)

    def set_archived(self, request, labels, *, is_archived):
        done = "Archived" if is_archived else "Offered again"
        for label in labels:
            label.is_archived = is_archived
            label.updated_by = request.user.get_username()
            label.save(update_fields=["is_archived", "updated_by", "updated_at"])
            self.log_change(request, label, f"{done}.")
            messages.success(request, f"{done}: {label}.")

    def has_pressed(self, request) -> bool:
        """Whether somebody saved the form by a button that tells itself what it did."""
        buttons = map(self.get_unfold_action, self.actions_submit_line)
        return any(button.action_name in request.POST for button in buttons)

    def log_change(self, request, obj, message):
        if not message and self.has_pressed(request):
            return None
        return super().log_change(request, obj, message)

    def response_change(self, request, obj):
        if self.has_pressed(request):
            return self.response_post_save_change(request, obj)
        return super().response_change(request, obj)

    def save_model(self, request, obj, form, change):
        obj.updated_by = request.user.get_username()
        if not change:
            obj.created_by = obj.updated_by
        super().save_model(request, obj, form, change)


@admin.register(LabelGroup)
class LabelGroupAdmin(ModelAdmin):
    form = LabelGroupForm
    list_display = ("name", "is_exclusive", "label_count")
    list_per_page = 50
    search_fields = ("name",)
    ordering = ("name", "id")

    @display(description="Labels", ordering="label_count")
    def label_count(self, group):
        return group.label_count

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(label_count=Count("labels"))
