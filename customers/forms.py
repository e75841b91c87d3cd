"""The form of a customer, built from the field definitions."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from customers.identities.recognition import recognised
from customers.profiles.options import offering
from customers.profiles.validation import CustomerState
from foundation.choice_inputs import CheckboxGroup
from foundation.text import hostile_characters
from schema_builder.models import MOST_IDENTIFIERS, FieldDefinition
from schema_builder.schema import Schema

from .masking import FieldAccess
from .system_fields import ANONYMOUS_FIELD, LABELS_FIELD, NAME_FIELD

# No field of the schema may be called so.
VERSION = "__v"
SPARE_INPUTS = 2
LONG_TEXT = 120
READ_ONLY = "You can see this field, but not change it."
# Browsers check these themselves and send nothing where they disagree; the type decides here.
KEYBOARDS = {"number": "decimal", "email": "email", "url": "url", "tel": "tel"}


def single_line(definition: FieldDefinition, shown: str) -> forms.Widget:
    input_type = definition.field_type.input_type
    keyboard = KEYBOARDS.get(input_type)
    widget = forms.TextInput(attrs={"inputmode": keyboard} if keyboard else {"dir": "auto"})
    widget.input_type = "text" if keyboard else input_type
    return widget


def text_widget(definition: FieldDefinition, shown: str) -> forms.Widget:
    if (definition.length or 0) > LONG_TEXT or "\n" in shown:
        return forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    return single_line(definition, shown)


def boolean_widget(definition: FieldDefinition, shown: str) -> forms.Widget:
    return forms.Select(choices=[("", "—"), ("true", "Yes"), ("false", "No")])


def option_choices(definition: FieldDefinition) -> list[tuple[str, str]]:
    return [
        (option["value"], option.get("label") or option["value"]) for option in definition.options
    ]


def choice_widget(definition: FieldDefinition, shown: str) -> forms.Widget:
    return forms.Select(choices=[("", "—"), *option_choices(definition)])


def multichoice_widget(definition: FieldDefinition, shown: list[str]) -> forms.Widget:
    return CheckboxGroup(choices=option_choices(definition))


def secret_widget(definition: FieldDefinition, shown: str) -> forms.Widget:
    return forms.PasswordInput(attrs={"autocomplete": "new-password", "placeholder": "Unchanged"})


def moment_widget(definition: FieldDefinition, shown: str) -> forms.Widget:
    widget = forms.TextInput(attrs={"step": "1"} if shown.count(":") > 1 else {})
    widget.input_type = "datetime-local"
    return widget


WIDGETS: dict[str, Callable[[FieldDefinition, Any], forms.Widget]] = {
    "string": text_widget,
    "boolean": boolean_widget,
    "choice": choice_widget,
    "multichoice": multichoice_widget,
    "password": secret_widget,
    "datetime": moment_widget,
}


def initial_moment(text: str) -> str:
    """As browsers write a moment: without its zone, which is UTC, and without idle seconds."""
    return text.removesuffix("Z").removesuffix(":00") if text.count(":") > 1 else text


SHOWN: dict[str, Callable[[str], Any]] = {
    "multichoice": lambda text: text.split("\n") if text else [],
    "datetime": initial_moment,
    "password": lambda text: "",
}


class DefinedField(forms.Field):
    """A form field that a field definition describes; the type checks what is typed."""

    is_list = False
    # What stands in the database, beside what was typed, where both changed.
    now = ""

    def __init__(self, definition: FieldDefinition, shown: Any, *, hidden: bool, is_new: bool):
        text = "\n".join(shown) if isinstance(shown, list) else shown
        self.definition = definition if hidden else offering(definition, text)
        super().__init__(
            required=is_demanded(definition, is_new=is_new),
            label=definition.label,
            help_text=help_for(definition, is_masked=hidden and bool(shown)),
            initial=shown,
            widget=self.widget_for(shown, hidden),
            show_hidden_initial=not is_new,
        )
        if isinstance(shown, list):
            self.hidden_widget = forms.MultipleHiddenInput

    def lock(self):
        """Show the value to somebody who may not write it."""
        self.disabled, self.help_text = True, READ_ONLY

    def widget_for(self, shown, hidden):
        if hidden and not self.definition.field_type.is_secret:
            return forms.TextInput(attrs={"autocomplete": "off"})
        return WIDGETS.get(self.definition.type, single_line)(self.definition, shown)

    def to_python(self, value):
        """What was typed, with the line ends that are stored."""
        if isinstance(value, list):
            return [item.replace("\r\n", "\n").strip() for item in value if item.strip()]
        return (value or "").replace("\r\n", "\n")

    def has_changed(self, initial, data):
        return self.to_python(initial) != self.to_python(data)

    def clean(self, value):
        value = self.to_python(value)
        for text in value if isinstance(value, list) else [value]:
            if problem := hostile_characters(text):
                raise ValidationError(problem)
        # What was there before is not judged again: it may be a mask, or older than a rule.
        if self.has_changed(self.initial, value):
            self.check(value)
        elif self.required and not self.initial and not self.definition.field_type.is_secret:
            raise ValidationError("This field is required.")
        return value

    def check(self, value):
        if (
            self.definition.field_type.clean(value or None, self.definition) is None
            and self.required
        ):
            raise ValidationError("This field is required.")


class IdentifiersField(DefinedField):
    """Up to ten identifiers; customers.profiles.lifecycle knows which are held already, and judges."""

    is_list = True
    widget = forms.MultipleHiddenInput

    def widget_for(self, shown, hidden):
        return forms.MultipleHiddenInput()

    @property
    def keyboard(self) -> str:
        return KEYBOARDS.get(self.definition.field_type.input_type, "text")

    @property
    def spare_inputs(self) -> range:
        return range(max(0, min(SPARE_INPUTS, MOST_IDENTIFIERS - len(self.initial))))

    def bound_data(self, data, initial):
        return self.to_python(data)

    def check(self, value):
        if len(value) > MOST_IDENTIFIERS:
            raise ValidationError(f"Holds at most {MOST_IDENTIFIERS} values.")
        if self.required and not value:
            raise ValidationError("This field is required.")


def is_demanded(definition: FieldDefinition, *, is_new: bool) -> bool:
    """Whether the form insists: a new customer takes the default, but nobody is "Jane Doe"."""
    defaulted = is_new and definition.default_value and definition.key != NAME_FIELD
    return definition.is_required and not defaulted


def help_for(definition: FieldDefinition, *, is_masked: bool) -> str:
    parts = [definition.description, definition.field_type.hint]
    if is_masked:
        parts.append("Hidden from you: leave it as it is, or type a new value.")
    return " ".join(part for part in parts if part)


class CustomerForm(forms.Form):
    """All fields of a customer. Without `stored` it is the form of a new one."""

    use_required_attribute = False

    def __init__(
        self,
        data: Any = None,
        *,
        schema: Schema,
        mask: FieldAccess,
        stored: CustomerState | None = None,
        version: int | None = None,
        prefilled: Mapping[str, Any] | None = None,
    ):
        super().__init__(data, label_suffix="")
        is_new = stored is None
        self.schema = schema
        if not is_new:
            self.fields[VERSION] = forms.IntegerField(
                initial=version, widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1
            )
        for definition in schema.fields:
            if definition.key not in (LABELS_FIELD, ANONYMOUS_FIELD):
                is_locked = mask.locks(definition)
                if is_locked and is_new:
                    continue
                shown = shown_value(definition, stored or CustomerState(), mask)
                shown = (prefilled or {}).get(definition.key) or shown
                kind = IdentifiersField if definition.is_channel_identifier else DefinedField
                field = kind(definition, shown, hidden=mask.hides(definition), is_new=is_new)
                if is_locked:
                    field.lock()
                self.fields[definition.key] = field

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        found: dict[str, list[forms.BoundField]] = {}
        for definition in self.schema.fields:
            if definition.key in self.fields:
                found.setdefault(definition.section, []).append(self[definition.key])
        return list(found.items())

    @property
    def version_input(self) -> forms.BoundField | str:
        return self[VERSION] if VERSION in self.fields else ""

    def is_older_than(self, version: int) -> bool:
        stated = self.data.get(VERSION, "")
        return stated.isdecimal() and int(stated) < version

    def changes(self) -> dict[str, Any]:
        """The fields that were touched, as a body for customers.profiles.lifecycle."""
        return {key: self.cleaned_data[key] for key in self.changed_data if key != VERSION}

    def filled(self) -> dict[str, Any]:
        return {key: value for key, value in self.cleaned_data.items() if value}

    def add_problems(self, error: ValidationError) -> None:
        """Put the refusals of customers.profiles.lifecycle at their fields."""
        for key, messages in error.message_dict.items():
            self.add_error(key if key in self.fields else None, messages)

    def carried_over(self, fresh: "CustomerForm") -> "CustomerForm":
        """What was typed here, as changes to the customer as `fresh` shows it now."""
        typed = cast(QueryDict, self.data)
        data = typed.copy()
        for key, field in fresh.fields.items():
            is_listed = isinstance(field.initial, list)
            now = field.initial if is_listed else [field.initial]
            before = typed.getlist(f"initial-{key}") if is_listed else typed.get(f"initial-{key}")
            data.setlist(f"initial-{key}", now)
            if key not in self.changed_data or not isinstance(field, DefinedField):
                data.setlist(key, now)
            elif field.has_changed(before, field.initial):
                field.now = ", ".join(filter(None, now)) or "empty"
        fresh.data, fresh.is_bound = data, True
        return fresh


def shown_value(definition: FieldDefinition, stored: CustomerState, mask: FieldAccess) -> Any:
    """What the input of a field shows, masked where it must be."""
    if definition.is_channel_identifier:
        return [mask(definition, held.value) for held in stored.identities_in(definition)]
    if definition.key == NAME_FIELD:
        return mask(definition, stored.first_name)
    text = stored.values.get(definition.pk, "")
    if mask.hides(definition) and not definition.field_type.is_secret:
        return mask(definition, text)
    return SHOWN.get(definition.type, str)(text)


def prefilled_with(query: str, schema: Schema) -> dict[str, Any]:
    """The query of the find box in the field that it fits: a number, an e-mail, else the name."""
    found = recognised(query, schema.identifier_fields, schema)
    return {found[0].key: [found[1]]} if found else {NAME_FIELD: query}
