"""The admin's form of a customer: one input for each field definition."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from access.actors import Caller
from agents.other_holders import decision_in, write_as_decided
from customers.forms import VERSION, DefinedField, IdentifiersField, shown_value
from customers.identities.flags import IdentityFlags, check_flags
from customers.labelling.rules import check_labels, handled_by
from customers.labelling.terms import REASON, UNTIL
from customers.masking import FieldAccess
from customers.models import ChannelIdentity, Customer
from customers.models.customer import REASON_LENGTH
from customers.profiles.lifecycle import create_customer, stored_fields, update_customer
from customers.profiles.other_holders import OnConflict, conflicts_among
from customers.profiles.validation import BodyCleaner, CleanedFields, CustomerState
from customers.system_fields import ANONYMOUS_FIELD, LABELS_FIELD
from foundation.admin import name_inputs, searchable, themed
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema

from .other_holders import conflict_problems


class LinesInput(forms.Textarea):
    """A list of texts, one a line."""

    def format_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def value_from_datadict(self, data, files, name):
        return (data.get(name) or "").splitlines()


class DayInput(forms.TextInput):
    input_type = "date"


class LabelsField(forms.ModelMultipleChoiceField):
    """Labels by their ids, as a body of the contract names them."""

    def clean(self, value):
        try:
            return [label.public_id for label in super().clean(value)]
        except OverflowError:
            # No key of a row is so large.
            raise ValidationError(self.error_messages["list"], code="list") from None


class CustomerAdminForm(forms.ModelForm):
    # Set by the admin for each request.
    caller: Caller
    schema: Schema

    class Meta:
        model = Customer
        fields: list[str] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.mask = FieldAccess(self.caller)
        self.is_new = self.instance.pk is None
        self.stored = CustomerState() if self.is_new else stored_fields(self.instance)
        if not self.is_new:
            self.fields[VERSION] = forms.IntegerField(
                initial=self.instance.version, widget=forms.HiddenInput
            )
        for definition in self.schema.fields:
            is_left_out = self.is_new and self.mask.locks(definition)
            if definition.key != ANONYMOUS_FIELD and not is_left_out:
                self.fields[definition.key] = self.field_for(definition)
        self.fields[REASON] = forms.CharField(
            required=False,
            label="Reason for new labels",
            help_text="Some labels ask for one.",
            max_length=REASON_LENGTH,
            widget=themed(forms.TextInput()),
        )
        self.fields[UNTIL] = forms.CharField(
            required=False,
            label="New labels until",
            help_text="Empty: as long as each label lasts.",
            widget=themed(DayInput()),
        )

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
        """What the caller may put on, and what is worn already."""
        worn = set(self.worn_labels())
        labels = Label.objects.filter(Q(is_archived=False) | Q(pk__in=worn))
        known = handled_by(self.caller, labels.prefetch_related("assignable_by"))
        offered = {label.pk for label in known} | worn
        field = LabelsField(
            Label.objects.filter(pk__in=offered).order_by("name", "id"),
            required=False,
            label=definition.label,
            initial=list(worn),
        )
        return searchable(field)

    def worn_labels(self) -> list[int]:
        if self.is_new:
            return []
        return list(self.instance.worn_labels.values_list("label_id", flat=True))

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
            cleaned = cleaner.clean(self.body(), is_new=self.is_new, partial=not self.is_new)
            if cleaned.labels is not None:
                wanted = {label.pk for label in cleaned.labels}
                check_labels(self.worn_labels(), wanted, self.caller, cleaned.label_terms)
            self.report_conflicts(cleaned)
        except ValidationError as error:
            for key, problems in error.message_dict.items():
                if key not in self.errors:
                    self.add_error(key if key in self.fields else None, problems)

    def report_conflicts(self, cleaned: CleanedFields) -> None:
        """Ask what to do with new identifiers that other customers have."""
        added = self.stored.without_held(cleaned.wanted_identifiers)
        conflicts = conflicts_among(added, self.schema, None if self.is_new else self.instance)
        if decision_in(self.data).covers(conflicts):
            return
        for key, problem in conflict_problems(conflicts, self.instance, self.caller):
            self.add_error(key, problem)

    def body(self) -> dict[str, Any]:
        """The fields that were touched, as a body of the contract."""
        return {
            key: self.cleaned_data[key]
            for key in self.changed_data
            if key != VERSION and key in self.cleaned_data
        }

    def write(self) -> None:
        save = self.create if self.is_new else self.update
        saved = write_as_decided(decision_in(self.data), save, caller=self.caller)
        self.instance.pk = saved.pk
        self.instance.refresh_from_db()

    def create(self, on_conflict: OnConflict) -> Customer:
        return create_customer(self.body(), caller=self.caller, on_conflict=on_conflict)

    def update(self, on_conflict: OnConflict) -> Customer:
        return update_customer(
            self.instance,
            self.body(),
            caller=self.caller,
            known_version=self.cleaned_data[VERSION],
            partial=True,
            on_conflict=on_conflict,
        )


class IdentityForm(forms.ModelForm):
    # Set by the admin for each request.
    mask: FieldAccess

    class Meta:
        model = ChannelIdentity
        fields = ["is_shared", "is_retired", "trust"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            return
        name_inputs(self, self.instance.field.label)
        if self.mask.locks(self.instance.field):
            for field in self.fields.values():
                field.disabled = True

    def marks(self) -> IdentityFlags:
        return IdentityFlags(
            is_shared=self.cleaned_data["is_shared"],
            is_retired=self.cleaned_data["is_retired"],
            trust=self.cleaned_data["trust"],
        )

    def clean(self):
        cleaned = super().clean()
        if self.has_changed() and not self.errors:
            check_flags(self.instance, self.marks())
        return cleaned
