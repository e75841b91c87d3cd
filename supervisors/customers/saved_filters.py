"""What users keep of the customer list: filters under a name, and columns."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect, QueryDict
from django.views.decorators.http import require_POST

from access.denials import check_permissions
from customers.lists.columns import choose_columns, picked
from customers.lists.saved_filters import SHARE, change_filter, may_change, save_filter
from customers.models import SavedFilter
from customers.permissions import VIEW
from foundation.admin import ModelAdmin
from foundation.text import hostile_characters

from .list_state import OWN_COLUMNS, SAVED, ListState, encoded, list_url

LONGEST_ADDRESS = 20_000


def state_behind(request) -> ListState:
    """The list from which the form was sent. Raises PermissionDenied."""
    check_permissions(request.user, VIEW, action="see customers")
    return ListState(QueryDict(request.POST.get("back", "")[:LONGEST_ADDRESS]), request.user)


@require_POST
def columns_chosen(request):
    state = state_behind(request)
    keys = [] if "reset" in request.POST else request.POST.getlist("column")
    columns = picked(keys, state.known_columns)
    if keys and not columns:
        messages.error(request, "Choose at least one column.")
    else:
        choose_columns(request.user, columns)
    address = state.address.copy()
    # Columns go by their number in an order.
    address.pop("o", None)
    if state.saved and state.saved.columns:
        address[OWN_COLUMNS] = "1"
    return HttpResponseRedirect(list_url(address.urlencode()))


@require_POST
def filter_saved(request):
    """Save the filter of the list: over the one it came from, or under a new name."""
    state = state_behind(request)
    columns = [c.key for c in state.columns] if "with_columns" in request.POST else []
    try:
        if state.problems:
            raise ValidationError(state.problems)
        saved = save_current_filter(request, state, columns)
    except PermissionDenied as error:
        messages.error(request, str(error))
    except ValidationError as error:
        messages.error(request, f"The filter was not saved. {' '.join(error.messages)}")
    else:
        messages.success(request, f"The filter “{saved.name}” is saved.")
        return HttpResponseRedirect(list_url(encoded({SAVED: saved.public_id})))
    return HttpResponseRedirect(list_url(state.address.urlencode()))


def save_current_filter(request, state: ListState, columns: list[str]) -> SavedFilter:
    if request.POST.get("do") == "over" and state.saved:
        kept = [c.key for c in state.columns] if state.saved.columns else []
        return change_filter(state.saved, user=request.user, rows=state.asked, columns=kept)
    name = request.POST.get("name", "")
    if problem := hostile_characters(name):
        raise ValidationError(problem)
    return save_filter(
        owner=request.user,
        name=name,
        rows=state.asked,
        columns=columns,
        is_shared="is_shared" in request.POST,
    )


class SavedFilterForm(forms.ModelForm):
    def clean_name(self):
        name = self.cleaned_data["name"]
        others = SavedFilter.objects.filter(owner=self.instance.owner_id, name=name)
        if others.exclude(pk=self.instance.pk).exists():
            raise ValidationError("There is a filter of this name.")
        return name


@admin.register(SavedFilter)
class SavedFilterAdmin(ModelAdmin):
    """Filters renamed, shared, ordered, deleted; they come into being above the list."""

    form = SavedFilterForm
    list_display = ("name", "is_shared")
    fields = ("name", "is_shared")
    ordering = ("place", "id")
    ordering_field = "place"
    hide_ordering_field = True
    sortable_by = ("place",)
    list_per_page = 200

    def get_queryset(self, request):
        mine = super().get_queryset(request).filter(owner=request.user.pk)
        if request.user.has_perm(SHARE):
            return mine | super().get_queryset(request).filter(is_shared=True)
        return mine

    def get_readonly_fields(self, request, obj=None):
        return () if request.user.has_perm(SHARE) else ("is_shared",)

    def has_module_permission(self, request):
        return False

    def has_add_permission(self, request):
        return False

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm(VIEW)

    def has_change_permission(self, request, obj=None):
        allowed = request.user.has_perm(VIEW)
        return allowed and (obj is None or may_change(request.user, obj))

    has_delete_permission = has_change_permission
