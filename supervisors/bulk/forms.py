"""What is asked before something is done with many customers, and the job that does it."""

from functools import cached_property

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import reverse

from access.actors import Caller
from customers.background.bulk import enqueue_bulk, enqueue_delete
from customers.bulk.change import BulkChange, row_problem
from customers.exports.export import FILES_KEPT, enqueue_export
from customers.forms import DefinedField, shown_value
from customers.labelling.rules import handled_by
from customers.labelling.terms import clean_until
from customers.lists.columns import Column
from customers.masking import FieldAccess, shown_name
from customers.merging.bulk_merge import (
    NOBODY,
    Grouping,
    Keep,
    Names,
    enqueue_merges,
    group_duplicates,
)
from customers.merging.merge import MOST_CUSTOMERS as MOST_MERGED
from customers.models import Customer
from customers.permissions import ADD_LABEL, BULK, REMOVE_LABEL
from customers.profiles.validation import CustomerState
from customers.system_fields import BUILT_IN
from foundation.admin import themed
from foundation.choice_inputs import CheckboxGroup, RadioGroup
from foundation.text import hostile_characters
from jobs.models import Job
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema
from supervisors.customers.forms import LabelsField

from .selection import Selection

BOXES = (forms.CheckboxInput, forms.CheckboxSelectMultiple, forms.RadioSelect)
GROUPS_SHOWN = 5


class DeedForm(forms.Form):
    """What a deed asks; the reason is kept with the operation."""

    use_required_attribute = False
    reason = forms.CharField(
        max_length=200, required=False, help_text="Kept in the history of each customer."
    )

    template = ""
    # Why nobody need be afraid of it.
    promise = "This runs in the background and can be undone."

    def __init__(self, data=None, *, chosen: Selection, asked: str = ""):
        super().__init__(data, label_suffix="")
        self.chosen = chosen
        self.schema, self.mask = chosen.state.schema, chosen.state.mask
        self.caller: Caller = chosen.state.user
        self.asked = asked
        self.prepare()
        for field in self.fields.values():
            if not isinstance(field.widget, BOXES):
                field.widget.attrs["class"] = "cxl-input"
        self.order_fields([name for name in self.fields if name != "reason"])

    def prepare(self) -> None:
        """Add fields that depend on the schema or the caller."""

    def elsewhere(self) -> str:
        """An address to go to at once where there is nothing to ask, else nothing.

        Raises ValidationError where nothing can be done with those who are chosen.
        """
        return ""

    def clean_reason(self):
        if problem := hostile_characters(self.cleaned_data["reason"]):
            raise ValidationError(problem)
        return self.cleaned_data["reason"]

    def enqueue(self, customers: QuerySet) -> Job:
        """Raises ValidationError keyed by part of the change, and PermissionDenied."""
        raise NotImplementedError


class BulkLabelForm(DeedForm):
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
    boxes = CheckboxGroup(attrs={"class": "cxl-boxes"})
    return LabelsField(labels, required=False, label=title, widget=boxes)


class FieldForm(DeedForm):
    """One field given a value, or emptied; first asks which one."""

    template = "supervisors/customers/_set_field.html"

    @property
    def asks_field(self) -> bool:
        return self.definition is None

    def prepare(self):
        known = {definition.key: definition for definition in settable(self.schema, self.mask)}
        self.definition = known.get(self.asked)
        self.field_choices = [("", "—"), *((d.key, d.label) for d in known.values())]
        if self.definition is None:
            return
        blank = shown_value(self.definition, CustomerState(), self.mask)
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
    """Asks twice."""

    sure = forms.BooleanField(label="Delete them with everything that belongs to them")

    def enqueue(self, customers):
        return enqueue_delete(customers, caller=self.caller, reason=self.cleaned_data["reason"])


class ExportForm(DeedForm):
    """Which columns a file has. It changes nobody, so no history keeps a reason."""

    reason = None  # type: ignore[assignment]
    promise = (
        "The file is written in the background, and masked as you see the customers. "
        f"Only you can download it, for {FILES_KEPT.days} days."
    )
    columns = forms.ChoiceField(label="Columns", widget=RadioGroup, initial="list")

    def prepare(self):
        listed, every = self.chosen.state.columns, self.chosen.state.known_columns
        names = ", ".join(column.label for column in listed)
        self.fields["columns"].choices = [  # type: ignore[attr-defined]
            ("list", f"Those of the list: {names}"),
            ("every", f"All {len(every)} that you may see"),
        ]

    def enqueue(self, customers):
        state = self.chosen.state
        columns: list[Column] = state.columns
        if self.cleaned_data["columns"] == "every":
            columns = list(state.known_columns.values())
        return enqueue_export(customers, columns, caller=self.caller)


class BulkMergeForm(DeedForm):
    """Which of the likely duplicates among the chosen to merge, where it is not one group alone."""

    template = "supervisors/customers/_merge.html"
    names = forms.ChoiceField(label="Whom to merge", widget=RadioGroup)
    keep = forms.ChoiceField(
        label="Who stays of each group",
        widget=RadioGroup,
        initial=Keep.OLDEST,
        choices=[
            (Keep.OLDEST, "The customer who was there first"),
            (Keep.NEWEST, "The customer who was changed last"),
        ],
        help_text="Its values win where they differ; gaps are filled. A known customer stays "
        "before an anonymous one. Identifiers, labels and conversations of all are kept.",
    )

    def prepare(self):
        may = self.caller.has_perm(BULK)
        self.groupings = group_duplicates(self.chosen.customers) if may else {}
        words = {
            Names.ALIKE: "Likely duplicates whose names are alike",
            Names.ANY: "All likely duplicates, also with other names, such as families",
        }
        choices = [
            (names, f"{words[names]}: {grouping}")
            for names, grouping in self.groupings.items()
            if grouping.groups
        ]
        self.fields["names"].choices = choices  # type: ignore[attr-defined]
        # Different people may share a phone: that they are merged is for somebody to choose.
        self.fields["names"].initial = Names.ALIKE

    def elsewhere(self):
        groups = self.groupings[Names.ANY].groups if self.groupings else []
        # A group alone is among those who are compared, unless they are too many for that.
        if len(groups) > 1 or (groups and not self.comparison):
            return ""
        if not self.comparison:
            nobody = [NOBODY] if self.groupings else []
            raise ValidationError([*nobody, f"Choose 2 to {MOST_MERGED} customers to merge."])
        return self.comparison

    @cached_property
    def comparison(self) -> str:
        """Where all who are chosen are compared, if they are few enough."""
        ids = self.chosen.customers.order_by("id").values_list("public_id", flat=True)
        found = list(ids[: MOST_MERGED + 1])
        return comparison_url(found) if 2 <= len(found) <= MOST_MERGED else ""

    @property
    def told(self) -> Grouping | None:
        """The groups that the page tells of."""
        return next((one for one in self.groupings.values() if one.groups), None)

    def examples(self) -> list[tuple[str, str]]:
        """(names, where to compare them) of the surest groups."""
        groups = self.told.groups[:GROUPS_SHOWN] if self.told else []
        found = Customer.objects.in_bulk([pk for group in groups for pk in group])
        return [
            (
                ", ".join(shown_name(one.first_name, self.schema, self.mask) for one in members),
                comparison_url([one.public_id for one in members]),
            )
            for group in groups
            for members in [[found[pk] for pk in group if pk in found]]
        ]

    def enqueue(self, customers):
        wanted = self.cleaned_data
        names, keep = Names(wanted["names"]), Keep(wanted["keep"])
        reason = wanted["reason"]
        return enqueue_merges(customers, names, keep, caller=self.caller, reason=reason)


def comparison_url(public_ids: list[str]) -> str:
    return f"{reverse('customers:merge')}?customers={','.join(public_ids)}"


def settable(schema: Schema, mask: FieldAccess) -> list[FieldDefinition]:
    """Fields that make sense for many: no names, no identifiers, nothing the caller cannot see."""
    return [
        definition
        for definition in schema.fields
        if definition.key not in BUILT_IN
        and not definition.is_channel_identifier
        and row_problem(definition, "", mask) is None
    ]
