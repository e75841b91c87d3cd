"""What can be done with many customers of the list: who may, and what it asks first."""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from access.actors import Caller
from customers.background.bulk import enqueue_bulk, enqueue_delete
from customers.bulk import BulkChange, problem_with
from customers.exporting import EXPORT
from customers.forms import DefinedField, shown_value
from customers.label_terms import clean_until
from customers.labelling import handled_by
from customers.masking import Mask
from customers.rights import BULK, CHANGE, DELETE, MERGE
from customers.values import BUILT_IN, Stored
from foundation.adminkit import themed
from foundation.text import hostile_characters
from jobs.models import Job
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.snapshot import Schema

from .forms import LabelsField

ADD_LABEL, REMOVE_LABEL = "customers.add_customerlabel", "customers.delete_customerlabel"


class DeedForm(forms.Form):
    """What a deed asks; the reason is kept with the operation."""

    use_required_attribute = False
    reason = forms.CharField(
        max_length=200, required=False, help_text="Kept in the history of each customer."
    )

    def __init__(self, data=None, *, schema: Schema, mask: Mask, caller: Caller, chosen: str = ""):
        super().__init__(data, label_suffix="")
        self.schema = schema
        self.mask = mask
        self.caller = caller
        self.chosen = chosen
        self.prepare()
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple):
                field.widget.attrs["class"] = "cxl-input"
        self.order_fields([name for name in self.fields if name != "reason"])

    def prepare(self) -> None:
        """Add fields that depend on the schema or the caller."""

    def clean_reason(self):
        if problem := hostile_characters(self.cleaned_data["reason"]):
            raise ValidationError(problem)
        return self.cleaned_data["reason"]

    def enqueue(self, customers: QuerySet) -> Job:
        """Raises ValidationError keyed by part of the change, and PermissionDenied."""
        raise NotImplementedError


class LabelForm(DeedForm):
    """Labels put on and taken off; what else a customer wears stays."""

    def prepare(self):
        labels = Label.objects.prefetch_related("assignable_by")
        theirs = [label.pk for label in handled_by(self.caller, labels)]
        labels = Label.objects.filter(pk__in=theirs).order_by("name", "id")
        if self.caller.has_perm(ADD_LABEL):
            self.fields["add"] = labels_field("Put on", labels.filter(is_archived=False))
            self.fields["until"] = forms.DateField(
                required=False,
                label="Until",
                widget=forms.DateInput({"type": "date"}),
                help_text="The last day of what is put on. Empty: as long as each label lasts.",
            )
        if self.caller.has_perm(REMOVE_LABEL):
            self.fields["remove"] = labels_field("Take off", labels)

    def clean_until(self):
        day = self.cleaned_data["until"]
        clean_until(day.isoformat() if day else None)
        return day

    def clean(self):
        cleaned = super().clean() or {}
        if not self.errors and not (cleaned.get("add") or cleaned.get("remove")):
            raise ValidationError("Choose at least one label.")
        return cleaned

    def enqueue(self, customers):
        wanted = self.cleaned_data
        until = wanted.get("until")
        change = BulkChange(
            add=wanted.get("add", []),
            remove=wanted.get("remove", []),
            until=until.isoformat() if until else None,
        )
        return enqueue_bulk(customers, change, caller=self.caller, reason=wanted["reason"])


def labels_field(title: str, labels: QuerySet) -> LabelsField:
    boxes = forms.CheckboxSelectMultiple(attrs={"class": "cxl-boxes"})
    return LabelsField(labels, required=False, label=title, widget=boxes)


class FieldForm(DeedForm):
    """One field given a value, or emptied; first asks which one."""

    def prepare(self):
        known = {definition.key: definition for definition in settable(self.schema, self.mask)}
        self.definition = known.get(self.chosen)
        choices = [("", "—"), *((d.key, d.label) for d in known.values())]
        self.field_choices = choices
        if self.definition is None:
            return
        blank = shown_value(self.definition, Stored(), self.mask)
        value = DefinedField(self.definition, blank, hidden=False, is_new=False)
        value.required = False
        # Nothing stood there before, so nothing has to be compared.
        value.show_hidden_initial = False
        value.widget = themed(value.widget)
        self.fields["value"] = value
        self.fields["empty"] = forms.BooleanField(required=False, label="Empty the field instead")

    def clean(self):
        cleaned = super().clean() or {}
        given, emptied = bool(cleaned.get("value")), cleaned.get("empty")
        if self.definition and not self.errors and given == bool(emptied):
            raise ValidationError("Give a value, or empty the field.")
        return cleaned

    def enqueue(self, customers):
        if self.definition is None:
            raise ValidationError("Choose a field.")
        value = self.cleaned_data["value"] or self.definition.blank
        change = BulkChange(fields={self.definition.key: value})
        reason = self.cleaned_data["reason"]
        return enqueue_bulk(customers, change, caller=self.caller, reason=reason)


class DeleteForm(DeedForm):
    sure = forms.BooleanField(label="Delete them with everything that belongs to them")

    def enqueue(self, customers):
        return enqueue_delete(customers, caller=self.caller, reason=self.cleaned_data["reason"])


def settable(schema: Schema, mask: Mask) -> list[FieldDefinition]:
    """Fields that make sense for many: no names, no identifiers, nothing the caller cannot see."""
    return [
        definition
        for definition in schema.fields
        if definition.key not in BUILT_IN
        and not definition.is_channel_identifier
        and problem_with(definition, "", mask) is None
    ]


@dataclass(frozen=True, slots=True)
class Deed:
    """A button under the list. Each of the `rights` is needed; `form` None asks nothing."""

    key: str
    title: str
    icon: str
    rights: tuple[str, ...]
    form: type[DeedForm] | None = None
    is_dangerous: bool = False

    def allowed_to(self, caller: Caller) -> bool:
        return all(caller.has_perm(right) for right in self.rights)


DEEDS = (
    Deed("label", "Label", "label", (BULK,), LabelForm),
    Deed("field", "Set field", "edit", (BULK, CHANGE), FieldForm),
    Deed("export", "Export", "download", (EXPORT,)),
    Deed("merge", "Merge", "merge", (MERGE,)),
    Deed("delete", "Delete", "delete", (BULK, DELETE), DeleteForm, is_dangerous=True),
)


def deeds_for(caller: Caller) -> list[Deed]:
    labels = caller.has_perm(ADD_LABEL) or caller.has_perm(REMOVE_LABEL)
    return [deed for deed in DEEDS if deed.allowed_to(caller) and (deed.key != "label" or labels)]
