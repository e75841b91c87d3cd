"""The seam to the admin theme: every admin class takes its bases from here.

Swapping the theme means changing these imports, and nothing else.
"""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.admin import site
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ShowFacets
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from unfold.admin import ModelAdmin as ThemeModelAdmin
from unfold.admin import StackedInline, TabularInline
from unfold.contrib.filters.admin import BooleanRadioFilter, DropdownFilter
from unfold.dataclasses import SearchResult
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.views import ChangeList as ThemeChangeList
from unfold.widgets import INPUT_CLASSES, TEXTAREA_CLASSES
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget as CheckboxSelectMultiple,
)
from unfold.widgets import (
    UnfoldAdminColorInputWidget as ColorInput,
)
from unfold.widgets import (
    UnfoldAdminFileFieldWidget as FileInput,
)
from unfold.widgets import (
    UnfoldAdminPasswordWidget as PasswordInput,
)
from unfold.widgets import (
    UnfoldAdminSelect2MultipleWidget as SelectMultiple,
)
from unfold.widgets import (
    UnfoldAdminSelectWidget as Select,
)
from unfold.widgets import (
    UnfoldAdminTextareaWidget as Textarea,
)
from unfold.widgets import (
    UnfoldAdminTextInputWidget as TextInput,
)

from .colors import text_color
from .side_bar import words_for

__all__ = [
    "ActionVariant",
    "AdminPasswordChangeForm",
    "BooleanRadioFilter",
    "CappedPaginator",
    "ChangeActions",
    "ChangeList",
    "ColorInput",
    "DropdownFilter",
    "FileInput",
    "ModelAdmin",
    "PasswordInput",
    "ReadOnlyAdmin",
    "RecordAdmin",
    "SavedByForm",
    "SearchResult",
    "Select",
    "SelectMultiple",
    "StackedInline",
    "TabularInline",
    "TextInput",
    "Textarea",
    "UserChangeForm",
    "UserCreationForm",
    "action",
    "chip",
    "chips",
    "colored_chip",
    "confirmation",
    "display",
    "name_inputs",
    "searchable",
    "themed",
]

# What the page that asks sends when the answer is yes.
CONFIRMED = "confirmed"

WIDGET_CLASSES = {
    forms.Textarea: TEXTAREA_CLASSES,
    forms.widgets.Input: INPUT_CLASSES,
}


class ModelAdmin(ThemeModelAdmin):
    """The theme's, in the words of the side bar, and firm against what no page of it sends."""

    def changelist_view(self, request, extra_context=None):
        words = words_for(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        title = words[1] if words else capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def response_action(self, request, queryset):
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            if not re.fullmatch(r"[0-9]{1,18}", key):
                raise BadRequest("Not the key of a row.")
        return super().response_action(request, queryset)


class ChangeList(ThemeChangeList):
    """For a list that is not counted whole: only a filtered one offers to show all."""

    def get_results(self, request):
        super().get_results(request)
        if not (self.query or self.get_filters_params()):
            self.full_result_count = self.result_count


class CappedPaginator(Paginator):
    """Counts no further than anybody pages, so that a list costs the same at any size."""

    object_list: QuerySet
    template_name = "supervisors/_pagination.html"
    count_limit = 100_000

    @cached_property
    def count(self):
        return self.object_list.order_by()[: self.count_limit].count()

    @property
    def is_capped(self):
        return self.count == self.count_limit


class ChangeActions(ModelAdmin):
    """For an admin whose `actions_detail` are for those who may change the row."""

    def get_actions_detail(self, request, object_id):
        row = self.get_object(request, str(object_id))
        if row is None or not self.has_change_permission(request, row):
            return []
        return super().get_actions_detail(request, object_id)

    def changeable(self, request, object_id) -> Any:
        """The row, for who may change it. Raises Http404 and PermissionDenied."""
        row = self.get_object(request, str(object_id))
        if row is None:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return row

    def page_of(self, row: Model) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])


class ReadOnlyAdmin(ModelAdmin):
    """For rows that come into being elsewhere, and are only looked at."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class RecordAdmin(ReadOnlyAdmin):
    """For a table that grows for good: newest first, in no other order, counted so far only."""

    list_per_page = 50
    list_max_show_all = 0
    list_disable_select_all = True
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = CappedPaginator
    # By the key, which is in the order of time; nothing else has an index for it.
    ordering = ("-id",)
    sortable_by = ()

    def get_changelist(self, request, **kwargs):
        return ChangeList


class SavedByForm(ModelAdmin):
    """For an admin whose form has a `write()` that calls the business function of the write.

    The admin itself then saves nothing of the row, nor of its many-to-many fields.
    """

    def save_model(self, request, obj, form, change):
        form.write()

    def save_related(self, request, form, formsets, change):
        for formset in formsets:
            self.save_formset(request, form, formset, change=change)


def themed(widget: forms.Widget) -> forms.Widget:
    """A plain widget in the looks of the theme."""
    if isinstance(widget, forms.CheckboxSelectMultiple):
        return CheckboxSelectMultiple(choices=widget.choices)
    if isinstance(widget, forms.Select):
        return Select(choices=widget.choices)
    for kind, classes in WIDGET_CLASSES.items():
        if isinstance(widget, kind):
            widget.attrs["class"] = " ".join(classes)
    return widget


def name_inputs(form: forms.BaseForm, row: object) -> None:
    """Let each input of a form in a table's row say what it is and of which row."""
    for field in form.fields.values():
        field.widget.attrs["aria-label"] = f"{field.label}: {row}"


def searchable(field: Any) -> Any:
    """The multiple choice `field` with a search box for its choices."""
    field.widget = SelectMultiple(choices=field.choices)
    # Django explains how to select several in a plain list.
    field.help_text = ""
    return field


def chip(text: str, kind: str = "plain", *, title: str = "") -> SafeString:
    """One short word in a coloured box; the kinds are in the theme's style sheet."""
    return format_html('<span class="cxc-chip cxc-{}" title="{}">{}</span>', kind, title, text)


def colored_chip(text: str, color: str) -> SafeString:
    """A chip in a colour that somebody chose, its text readable on it."""
    return format_html(
        '<span class="cxc-chip" style="background:{};color:{}">{}</span>',
        # Without the transparency that a long colour ends in: it would blur the text.
        color[:7],
        text_color(color),
        text,
    )


def chips(parts: Iterable[SafeString]) -> SafeString:
    return format_html(
        '<span class="cxc-chips">{}</span>', format_html_join("", "{}", ((part,) for part in parts))
    )


def confirmation(
    request: HttpRequest,
    *,
    title: str,
    warning: str,
    button: str,
    cancel: str,
    kept: Iterable[tuple[str, str]] = (),
    is_harmless: bool = False,
) -> HttpResponse | None:
    """The page that asks before something is done; None once somebody has confirmed.

    `kept` is what the page sends along with the yes. `is_harmless`: nothing ends by it.
    """
    if request.method == "POST" and CONFIRMED in request.POST:
        return None
    context = {
        **site.each_context(request),
        "title": title,
        "warning": warning,
        "button": button,
        "cancel": cancel,
        "is_harmless": is_harmless,
        "kept": [*kept, (CONFIRMED, "yes")],
    }
    return TemplateResponse(request, "supervisors/confirmation.html", context)
