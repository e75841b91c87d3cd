"""The admin's form of a customer: one input for each field definition."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from access.actors import Caller
from customers.forms import VERSION, DefinedField, IdentifiersField, shown_value
from customers.identities import Marks, check_marks
from customers.lifecycle import create_customer, stored_fields, update_customer
from customers.masking import Mask
from customers.models import ChannelIdentity, Customer
from customers.values import ANONYMOUS_FIELD, LABELS_FIELD, BodyCleaner, Stored
from foundation.adminkit import searchable, themed
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.snapshot import Schema


class LinesInput(forms.Textarea):
    """A list of texts, one a line."""

    def format_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def value_from_datadict(self, data, files, name):
        return (data.get(name) or "").splitlines()


class LabelsField(forms.ModelMultipleChoiceField):
    """Labels by their ids, as a body of the contract names them."""

    def clean(self, value):
        return [label.public_id for label in super().clean(value)]


class CustomerForm(forms.ModelForm):
    # Set by the admin for each request.
    caller: Caller
    schema: Schema

    class Meta:
        model = Customer
        fields: list[str] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.mask = Mask(self.caller)
        self.is_new = self.instance.pk is None
        self.stored = Stored() if self.is_new else stored_fields(self.instance)
        if not self.is_new:
            self.fields[VERSION] = forms.IntegerField(
                initial=self.instance.version, widget=forms.HiddenInput
            )
        for definition in self.schema.fields:
            is_left_out = self.is_new and self.mask.locks(definition)
            if definition.key != ANONYMOUS_FIELD and not is_left_out:
                self.fields[definition.key] = self.field_for(definition)

    def field_for(self, definition: FieldDefinition) -> forms.Field:
        if definition.key == LABELS_FIELD:
            return self.labels_field(definition)
        kind = IdentifiersField if definition.is_channel_identifier else DefinedField
        field = kind(
            definition,
            shown_value(definition, self.stored, self.mask),
            hidden=self.mask.hides(definition),
            is_new=self.is_new,
        )
        if definition.is_channel_identifier:
            rows = max(1, len(field.initial))
            field.widget = LinesInput({"rows": rows, "placeholder": "One a line"})
        field.widget = themed(field.widget)
        if self.mask.locks(definition):
            field.lock()
        return field

    def labels_field(self, definition):
        worn = () if self.is_new else self.instance.worn_labels.values_list("label_id", flat=True)
        field = LabelsField(
            Label.objects.order_by("name", "id"),
            required=False,
            label=definition.label,
            initial=list(worn),
        )
        return searchable(field)

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        if not self.is_new and cleaned.get(VERSION) != self.instance.version:
            raise ValidationError(
                "This customer was changed while you had it open, so nothing was saved. "
                "Open it again to see the change, then make yours."
            )
        self.report_problems()
        return cleaned

    def report_problems(self) -> None:
        """Put what the write would refuse at the fields."""
        cleaner = BodyCleaner(self.schema, self.stored, self.mask)
        try:
            cleaner.clean(self.body(), is_new=self.is_new, partial=not self.is_new)
        except ValidationError as error:
            for key, problems in error.message_dict.items():
                if key not in self.errors:
                    self.add_error(key if key in self.fields else None, problems)

    def body(self) -> dict[str, Any]:
        """The fields that were touched, as a body of the contract."""
        return {
            key: self.cleaned_data[key]
            for key in self.changed_data
            if key != VERSION and key in self.cleaned_data
        }

    def write(self) -> None:
        if self.is_new:
            saved = create_customer(self.body(), caller=self.caller)
            self.instance.pk = saved.pk
        else:
            update_customer(
                self.instance,
                self.body(),
                caller=self.caller,
                known_version=self.cleaned_data[VERSION],
                partial=True,
            )
        self.instance.refresh_from_db()


class IdentityForm(forms.ModelForm):
    class Meta:
        model = ChannelIdentity
        fields = ["is_shared", "is_retired", "trust"]

    def marks(self) -> Marks:
        return Marks(
            is_shared=self.cleaned_data["is_shared"],
            is_retired=self.cleaned_data["is_retired"],
            trust=self.cleaned_data["trust"],
        )

    def clean(self):
        cleaned = super().clean()
        if self.has_changed() and not self.errors:
            check_marks(self.instance, self.marks())
        return cleaned
