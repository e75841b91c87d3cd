"""The admin of labels, with what customers have to do with them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import IntegerField
from django.db.models.expressions import RawSQL
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from access.denials import check_permissions
from customers.labelling.channels import channel_choices, describe_channels
from customers.labelling.holders import delete_labels
from customers.labelling.label_merge import (
    LabelMerge,
    LabelMergeRefused,
    lost_rules,
    merge_labels,
    preview_merge,
)
from customers.labelling.rules import forbidden
from customers.models import CustomerLabel
from customers.permissions import VIEW
from customers.system_fields import LABELS_FIELD
from foundation.admin import CheckboxSelectMultiple, Select, action, display
from labels.admin import LabelAdmin, LabelForm
from labels.models import ALL_CHANNELS, Label
from schema_builder.schema import current_schema
from supervisors.customers.list_state import filtered_url

# Counting further costs more than anybody learns from it; a page has many labels to count.
COUNT_LIMIT = 10_000
# Walks the index of one label, and no further than the limit.
WEARERS = f"""
    (SELECT COUNT(*) FROM
        (SELECT 1 FROM customers_customerlabel w WHERE w.label_id = labels_label.id
         LIMIT {COUNT_LIMIT}) counted)
"""
CHANNELS_HELP = "Where customers with this label must not be called or written to."


class WornLabelForm(LabelForm):
    do_not_contact = forms.MultipleChoiceField(
        required=False,
        label="Do not contact",
        help_text=CHANNELS_HELP,
        widget=CheckboxSelectMultiple,
    )

    class Meta(LabelForm.Meta):
        fields = [*LabelForm.Meta.fields, "do_not_contact"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields.get("do_not_contact")
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = channel_choices(current_schema())

    def clean_do_not_contact(self):
        names = self.cleaned_data["do_not_contact"]
        return [ALL_CHANNELS] if ALL_CHANNELS in names else sorted(names)


class LabelMergeForm(forms.Form):
    """Which label stays; both have to be the caller's to put on and take off."""

    def __init__(self, data: Any, duplicate: Label, caller: Any):
        super().__init__(data)
        self.duplicate = duplicate
        self.caller = caller
        others = Label.objects.filter(is_archived=False).exclude(pk=duplicate.pk)
        field = forms.ModelChoiceField(
            others.select_related("group").order_by("name", "id"), label="The label that stays"
        )
        field.widget = Select(choices=field.choices)
        self.fields["survivor"] = field

    def clean_survivor(self):
        survivor = self.cleaned_data["survivor"]
        if problems := list(forbidden([survivor, self.duplicate], self.caller)):
            raise forms.ValidationError(problems)
        return survivor


admin.site.unregister(Label)


@admin.register(Label)
class WornLabelAdmin(LabelAdmin):
    form = WornLabelForm
    list_display = (*LabelAdmin.list_display[:3], "customers", *LabelAdmin.list_display[3:])
    readonly_fields = (*LabelAdmin.readonly_fields, "forbidden_channels")
    actions_detail = ("merge",)

    def get_queryset(self, request):
        wearers = RawSQL(WEARERS, [], output_field=IntegerField())
        return super().get_queryset(request).annotate(wearers=wearers)

    @display(description="Customers", ordering="wearers")
    def customers(self, label):
        """How many wear it, and the way to them."""
        number = shown_count(label.wearers)
        if not label.wearers or not self.sees_customers:
            return number
        link = filtered_url(LABELS_FIELD, "any", label.public_id)
        return format_html('<a class="cxc-link" href="{}">{}</a>', link, number)

    def changelist_view(self, request, extra_context=None):
        self.sees_customers = request.user.has_perm(VIEW)
        return super().changelist_view(request, extra_context)

    def get_fieldsets(self, request, obj=None):
        shown = super().get_fieldsets(request, obj)
        if len(shown) == 1:
            return shown
        # Who may only look reads words, not what is stored.
        may_change = self.has_change_permission(request, obj)
        field = "do_not_contact" if may_change else "forbidden_channels"
        contact = ("Do not contact", {"fields": (field,)})
        return [*shown[:2], contact, *shown[2:]]

    def get_deleted_objects(self, objs, request):
        """What goes, counted: the customers who wear it may be many."""
        labels = list(objs)
        worn = CustomerLabel.objects.filter(label__in=labels)
        counts = {"labels": len(labels), "customers who lose it": f"{worn.count():,}"}
        return [str(label) for label in labels], counts, set(), []

    def delete_model(self, request, obj):
        self.delete_queryset(request, Label.objects.filter(pk=obj.pk))

    def delete_queryset(self, request, queryset):
        delete_labels(list(queryset.values_list("pk", flat=True)), caller=request.user)

    def has_merge_permission(self, request, object_id=None):
        return self.has_change_permission(request) and self.has_delete_permission(request)

    @action(description="Merge into another…", url_path="merge", permissions=["merge"])
    def merge(self, request, object_id):
        """Choose the label that stays, look at the numbers, confirm."""
        duplicate = self.get_object(request, object_id)
        if duplicate is None:
            raise Http404
        check_permissions(
            request.user, "labels.change_label", "labels.delete_label", action="merge labels"
        )
        given = request.POST if request.method == "POST" else request.GET
        form = LabelMergeForm(given if "survivor" in given else None, duplicate, request.user)
        survivor = form.cleaned_data["survivor"] if form.is_valid() else None
        if survivor and request.method == "POST":
            return self.merged(request, survivor, duplicate)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Merge {duplicate}",
            "form": form,
            "duplicate": duplicate,
            "duplicate_chip": self.chip(duplicate),
            "survivor": survivor,
            "survivor_chip": survivor and self.chip(survivor),
            "warnings": survivor and list(lost_rules(survivor, duplicate)),
            "facts": survivor and facts_of(preview_merge(survivor, duplicate), survivor, duplicate),
        }
        return TemplateResponse(request, "admin/labels/label/merge.html", context)

    def merged(self, request, survivor: Label, duplicate: Label):
        name = str(duplicate)
        try:
            done = merge_labels(survivor, duplicate, caller=request.user)
        except LabelMergeRefused as error:
            messages.error(request, str(error))
        else:
            told = (
                f"Merged {name} into it: {done.moved:,} customers got it, {done.united:,} wore both"
            )
            self.log_change(request, survivor, f"{told}, {done.dropped:,} lost {name}.")
            messages.success(
                request,
                f"{name} was merged into {survivor}: {done.wearers:,} "
                f"customer{'' if done.wearers == 1 else 's'} wore it before.",
            )
        return HttpResponseRedirect(reverse("admin:labels_label_changelist"))

    @display(description="Do not contact")
    def forbidden_channels(self, label):
        return describe_channels(label.do_not_contact, current_schema()) or "-"


def facts_of(merge: LabelMerge, survivor: Label, duplicate: Label) -> list[str]:
    """What merging the labels does, a sentence each."""
    told = [
        (merge.moved, f"get {survivor} instead."),
        (merge.united, f"wear both, and keep {survivor} until the later end."),
        (merge.dropped, f"wear another label of {survivor.group}, and keep that one only."),
    ]
    facts = [f"{number:,} customers {what}" for number, what in told if number]
    return [*(facts or ["Nobody wears it."]), f"{duplicate} is deleted. This cannot be undone."]


def shown_count(number: int) -> str:
    return f"{number:,}+" if number >= COUNT_LIMIT else f"{number:,}"
