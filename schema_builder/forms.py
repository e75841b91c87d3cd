"""The form of a field definition; what is wrong is the word of `schema_builder.field_validation`."""

import copy
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError

from foundation.admin import Select, Textarea, TextInput
from foundation.text import is_blank, tidied

from . import editing
from .field_validation import DEFAULT_LENGTH, FIXED, ONE_WAY, SYSTEM_FIXED
from .models import FieldDefinition
from .types import TYPES, FieldType
from .visibility import Visibility

# What only some types have, by model field; anything else applies to every type.
APPLIES = {
    "length": lambda field_type: field_type.has_length,
    "min_value": lambda field_type: field_type.has_range,
    "max_value": lambda field_type: field_type.has_range,
    "options": lambda field_type: field_type.has_options,
    "pattern": lambda field_type: field_type.sort_column == "folded" and not field_type.has_options,
    "is_channel_identifier": lambda field_type: field_type.may_identify,
    "channel_types": lambda field_type: field_type.may_identify,
    "mask_start": lambda field_type: not field_type.is_secret,
    "mask_end": lambda field_type: not field_type.is_secret,
}
EMPTY = {"options": [], "pattern": "", "is_channel_identifier": False, "channel_types": []}
LOCKED = "Cannot be changed once the field exists."
SYSTEM_LOCKED = "Locked: the product relies on this system field."


def types_with(name: str) -> list[str]:
    """Keys of the types that the model field `name` applies to."""
    return [field_type.key for field_type in TYPES.values() if APPLIES[name](field_type)]


class OptionsField(forms.CharField):
    """Options as lines of `value`, `value | label` or `value | label | #colour`."""

    parts = ("value", "label", "color")

    def prepare_value(self, value):
        if not isinstance(value, list):
            return value
        return "\n".join(
            " | ".join(option[part] for part in self.parts if option.get(part)) for option in value
        )

    def to_python(self, value):
        lines = [line for line in (value or "").splitlines() if not is_blank(line)]
        return [self.option(line) for line in lines]

    def option(self, line):
        words = [tidied(word) for word in line.split("|", 2)]
        return {part: word for part, word in zip(self.parts, words, strict=False) if word}

    def has_changed(self, initial, data):
        return self.to_python(data) != (initial or [])


class DefaultValueField(forms.CharField):
    """A default as text, whatever JSON it is kept as."""

    def prepare_value(self, value):
        if isinstance(value, bool):
            return str(value).lower()
        return ", ".join(value) if isinstance(value, list) else value

    def has_changed(self, initial, data):
        return super().has_changed(self.prepare_value(initial), data)


# A role of which nothing is said limits nobody, and lifts nothing that another role says.
UNSAID = ("", "No limit of its own")


class RoleVisibilityWidget(forms.MultiWidget):
    """A choice for each role."""

    template_name = "supervisors/schema_builder/role_visibility.html"

    def __init__(self, roles, levels, attrs=None):
        self.roles = list(roles)
        super().__init__({str(pk): Select(choices=levels) for pk, _ in self.roles}, attrs)

    def decompress(self, value):
        said = value or {}
        return [said.get(str(pk), "") for pk, _ in self.roles]

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        rows = zip(self.roles, context["widget"]["subwidgets"], strict=True)
        context["rows"] = [(role, subwidget) for (_, role), subwidget in rows]
        return context


class RoleVisibilityField(forms.Field):
    """What each role may do with a field; of most nothing is said."""

    def __init__(self, levels, **kwargs):
        self.levels = levels
        self.roles = list(Group.objects.order_by("name", "id").values_list("pk", "name"))
        widget = RoleVisibilityWidget(self.roles, [UNSAID, *levels])
        super().__init__(widget=widget, **kwargs)

    def to_python(self, value):
        said = {
            str(pk): level for (pk, _), level in zip(self.roles, value or [], strict=False) if level
        }
        if set(said.values()) - {level for level, _ in self.levels}:
            raise forms.ValidationError("Choose what each role may do.")
        return said

    def has_changed(self, initial, data):
        return self.to_python(data) != (initial or {})


class FieldDefinitionForm(forms.ModelForm):
    # Set by the admin for each request.
    may_clear_pii = False
    author = ""

    options = OptionsField(
        required=False,
        widget=Textarea({"rows": 5}),
        help_text="One option a line: value, or value | label, or value | label | #colour.",
    )
    default_value = DefaultValueField(
        required=False,
        widget=TextInput(),
        max_length=1000,
        help_text="Fills new anonymous profiles where the field is required.",
    )

    class Meta:
        model = FieldDefinition
        fields = [
            "label",
            "key",
            "type",
            "description",
            "section",
            "is_active",
            "is_required",
            "is_pii",
            "mask_start",
            "mask_end",
            "role_visibility",
            "is_searchable",
            "length",
            "min_value",
            "max_value",
            "pattern",
            "options",
            "default_value",
            "is_channel_identifier",
            "channel_types",
        ]

    class Media:
        js = ["shared/field_key.js"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "length" in self.fields and not self.instance.pk:
            self.fields["length"].initial = DEFAULT_LENGTH
        if "role_visibility" in self.fields:
            self.fields["role_visibility"] = self.visibility_field()
        if "is_pii" in self.fields and not self.may_clear_pii:
            self.fields["is_pii"].help_text += f" {ONE_WAY}"
        if self.instance.is_for_everybody:
            self.lock(["role_visibility"], "Everybody sees this field.")
        if self.instance.pk:
            system = self.instance.is_system
            fixed = SYSTEM_FIXED if system else FIXED
            self.lock(fixed, SYSTEM_LOCKED if system else LOCKED)
            if system:
                self.lock(["is_searchable"], SYSTEM_LOCKED)

    def visibility_field(self):
        levels = [
            level
            for level in Visibility.choices
            if not (self.instance.is_system and level[0] == Visibility.HIDDEN)
        ]
        return RoleVisibilityField(
            levels,
            label="Roles",
            required=False,
            initial=self.instance.role_visibility,
            help_text="Of a person's roles those with a choice here count, and among them the one "
            "that allows most.",
        )

    def lock(self, names, reason):
        for name in self.fields.keys() & set(names):
            self.fields[name].disabled = True
            self.fields[name].help_text = reason

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        if field_type := TYPES.get(cleaned.get("type", "")):
            self.clear_inapplicable(cleaned, field_type)
        if not self.errors:
            self.report_problems()
        return cleaned

    def clear_inapplicable(self, cleaned, field_type: FieldType):
        """Forget what was typed before another type was chosen; the form hides it by then."""
        for name, applies in APPLIES.items():
            if not applies(field_type):
                cleaned[name] = EMPTY.get(name)
                self.errors.pop(name, None)
        if not cleaned.get("is_channel_identifier"):
            cleaned["channel_types"] = []

    def report_problems(self):
        try:
            self.check_field()
        except ValidationError as error:
            for name, problems in error.message_dict.items():
                self.add_error(name if name in self.fields else None, problems)
        except PermissionDenied as error:
            self.add_error("is_pii", str(error))

    def clean_label(self):
        return tidied(self.cleaned_data["label"])

    def check_field(self) -> None:
        """Raise what is wrong with the field as it was filled in."""
        if self.instance.pk:
            editing.alter_field(copy.copy(self.instance), **self.changes())
        else:
            editing.new_field(**self.values())

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.fields if name in self.cleaned_data}

    def changes(self) -> dict[str, Any]:
        """Arguments of `change_field`: what the user changed, and nothing else."""
        changed = {name: value for name, value in self.values().items() if self.differs(name)}
        return {"may_clear_pii": self.may_clear_pii, **changed}

    def differs(self, name) -> bool:
        return name in self.changed_data and not self.fields[name].disabled

    def write(self) -> None:
        """Save through the business function; the instance is then the saved field."""
        if self.instance.pk:
            saved = editing.change_field(self.instance, author=self.author, **self.changes())
        else:
            saved = editing.create_field(author=self.author, **self.values())
        self.instance.pk = saved.pk
        self.instance.refresh_from_db()
