"""The rule bench: what would happen if somebody came by this channel with this identifier."""

from typing import Any

from django import forms
from django.contrib.admin import site
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.models.identity import IDENTIFIER_LENGTH
from customers.rehearsal import rehearse
from foundation.adminkit import Select, TextInput
from schema_builder.models import ChannelType
from schema_builder.snapshot import current_schema

NEEDED = ("customers.view_customer", "schema_builder.view_fielddefinition")


class BenchForm(forms.Form):
    channel = forms.ModelChoiceField(
        ChannelType.objects.order_by("label", "id"),
        to_field_name="name",
        empty_label=None,
        widget=Select,
    )
    identifier = forms.CharField(
        max_length=IDENTIFIER_LENGTH,
        widget=TextInput({"autocomplete": "off", "placeholder": "+92 300 1234567"}),
        help_text="As the channel would deliver it: any notation of a number, an e-mail, a user id.",
    )


@require_safe
def bench(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perms(NEEDED):
        raise PermissionDenied("You may not see customers and their fields.")
    form = BenchForm(request.GET or None)
    context = site.each_context(request) | {"title": "Rule bench", "form": form}
    if form.is_valid():
        context |= trial(form, request.user)
    return render(request, "admin/bench.html", context)


def trial(form: BenchForm, viewer: Any) -> dict[str, Any]:
    """What the page tells of the identifier; a refusal is put at the form."""
    channel = form.cleaned_data["channel"]
    try:
        rehearsal = rehearse(
            channel.name, form.cleaned_data["identifier"], current_schema(), viewer=viewer
        )
    except ValidationError as error:
        form.add_error("identifier", error.messages)
        return {}
    return {"rehearsals": [("Today", rehearsal)], "channel": channel}
