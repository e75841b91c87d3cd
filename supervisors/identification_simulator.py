"""The rule bench: what would happen if somebody came by this channel with this identifier."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib.admin import site
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.denials import check_permissions
from customers.identification.simulation import simulate_lookup
from customers.models.identity import IDENTIFIER_LENGTH
from customers.permissions import VIEW
from foundation.admin import Select, TextInput
from schema_builder.drafts import read_draft
from schema_builder.models import ChannelType
from schema_builder.permissions import VIEW as VIEW_FIELDS
from schema_builder.schema import Schema, current_schema
from supervisors.schema_builder.preview import schema_of

from .simulation_diff import SimulationDiff, with_differences

NEEDED = (VIEW, VIEW_FIELDS)


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
    check_permissions(request.user, *NEEDED, action="look up customers here")
    form = BenchForm(request.GET or None)
    context = site.each_context(request) | {"title": "Rule bench", "form": form}
    if form.is_valid():
        context |= trial(form, request.user)
    return render(request, "supervisors/identification_simulator/page.html", context)


def trial(form: BenchForm, viewer: Any) -> dict[str, Any]:
    """What the page tells of the identifier; a refusal is put at the form."""
    channel = form.cleaned_data["channel"]
    identifier = form.cleaned_data["identifier"]
    try:
        trials = [
            SimulationDiff(title, simulate_lookup(channel.name, identifier, schema, viewer=viewer))
            for title, schema in schemas()
        ]
    except ValidationError as error:
        form.add_error("identifier", error.messages)
        return {}
    return {"trials": with_differences(*trials) if len(trials) == 2 else trials, "channel": channel}


def schemas() -> Iterator[tuple[str, Schema]]:
    """The schema of today, and what it will be once the draft is published."""
    today = current_schema()
    yield "Today", today
    draft = read_draft()
    if draft.is_begun:
        # Rules go by the revision, and a draft changes none of them.
        planned = replace(schema_of(draft.rebased().fields), revision=today.revision)
        yield "Under the draft of the schema", planned
