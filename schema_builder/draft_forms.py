"""The form of a field in the draft; the same rules as everywhere, against the draft's fields."""

from typing import Any

from django.forms import Textarea, TextInput

from foundation.choice_inputs import CheckboxGroup
from foundation.public_ids import new_public_id

from .documents import FieldDocument, by_id, document_of, field_of, values_of
from .drafts import Checker, Draft
from .field_validation import DEFAULT_LENGTH, may_convert
from .forms import APPLIES, FieldDefinitionForm, types_with
from .models import ChannelType, FieldDefinition
from .types import TYPES, plain_number

DEFAULT_SECTION = "Details"


class DraftFieldForm(FieldDefinitionForm):
    """Reads and writes a field document; saving it is the business of `drafts.edit_draft`."""

    def __init__(
        self,
        data: Any = None,
        *,
        draft: Draft,
        public_id: str = "",
        new: dict[str, str] | None = None,
        may_clear_pii: bool = False,
    ):
        """`public_id` names a field of the draft; a new one begins with what `new` says."""
        self.draft = draft
        self.may_clear_pii = may_clear_pii
        self.start = draft.document(public_id) if public_id else blank(new or {})
        known = FieldDefinition.objects.filter(public_id=public_id).first() if public_id else None
        serving = ChannelType.objects.filter(name__in=self.start["channel_types"])
        super().__init__(
            data,
            instance=field_of(self.start, known),
            initial={"channel_types": list(serving), **comes_back(self.start, known)},
            label_suffix="",
        )
        self.known = known
        del self.fields["is_active"]
        channels: Any = self.fields["channel_types"]
        channels.widget, channels.help_text = CheckboxGroup(), ""
        channels.queryset = ChannelType.objects.order_by("label", "id")
        self.fields["options"].widget = Textarea({"rows": 6, "data-options": ""})
        self.fields["default_value"].widget = TextInput()
        self.fields["min_value"].label = "Smallest value"
        self.fields["max_value"].label = "Largest value"
        self.fields["mask_start"].label = "Readable at the start"
        self.fields["mask_end"].label = "Readable at the end"
        self.fields["section"].widget.attrs["list"] = "sections"
        self.fields["key"].widget.attrs |= {"spellcheck": "false", "autocapitalize": "off"}
        self.fields["pattern"].widget = TextInput({"spellcheck": "false"})
        self.offer_types()

    def offer_types(self) -> None:
        """The type that it has, and those that its values may become."""
        field: Any = self.fields["type"]
        if self.known is None:
            return
        offered = [
            (key, label)
            for key, label in field.choices
            if key == self.known.type or may_convert(self.known, key)
        ]
        field.choices = offered
        field.disabled = len(offered) == 1
        if not field.disabled:
            field.help_text = "Values are converted along, if every one of them can be."

    def applies(self) -> dict[str, list[str]]:
        """Types for which each of the inputs is there, by name."""
        return {name: types_with(name) for name in APPLIES if name in self.fields}

    def validate_unique(self):
        """The draft says what is taken, not the database."""

    def validate_constraints(self):
        """Ditto."""

    def check_field(self):
        Checker(self.may_clear_pii).check(self.document(), self.draft.fields)

    def document(self) -> FieldDocument:
        """The field as it was filled in."""
        found = dict(self.start)
        for name, field in self.fields.items():
            if name in self.cleaned_data and not field.disabled:
                found[name] = self.cleaned_data[name]
        if "default_value" not in self.changed_data:
            found["default_value"] = self.start["default_value"]
        if found["length"] is None and self.known and found["type"] == self.known.type:
            found["length"] = self.known.length
        for name in ("min_value", "max_value"):
            found[name] = None if found[name] is None else as_plain(found[name])
        if "channel_types" in self.cleaned_data and not self.fields["channel_types"].disabled:
            found["channel_types"] = sorted(c.name for c in self.cleaned_data["channel_types"])
        return found

    def definition(self) -> FieldDefinition:
        """The field as far as it is filled in, for who tries a value."""
        self.is_valid()
        usable = {name: value for name, value in self.cleaned_data.items() if name in TRIED}
        field = field_of(self.start, self.known)
        for name, value in usable.items():
            setattr(field, name, value)
        field.options = [option for option in field.options if option.get("value")]
        return field


# What decides about a value, and how it is masked.
TRIED = frozenset(
    {
        "type",
        "length",
        "min_value",
        "max_value",
        "pattern",
        "options",
        "is_pii",
        "mask_start",
        "mask_end",
        "is_channel_identifier",
    }
)


def as_plain(number: Any) -> str:
    return number if isinstance(number, str) else plain_number(number)


def comes_back(start: FieldDocument, known: FieldDefinition | None) -> dict[str, Any]:
    """What only the published type has while the draft is of another: it waits for that type."""
    if known is None:
        return {}
    published, other = values_of(document_of(known, ())), TYPES[start["type"]]
    return {
        name: published[name]
        for name, applies in APPLIES.items()
        if name in published and applies(known.field_type) and not applies(other)
    }


def blank(new: dict[str, str]) -> FieldDocument:
    """A field that nobody has filled in yet."""
    type_key = new.get("type", "")
    field = FieldDefinition(
        public_id=new_public_id(), type=type_key if type_key in TYPES else "string"
    )
    document = {
        name: getattr(field, name)
        for name in FieldDefinitionForm.Meta.fields
        if name != "channel_types"
    }
    return {
        "id": field.public_id,
        **document,
        "section": new.get("section", DEFAULT_SECTION),
        "length": DEFAULT_LENGTH if field.field_type.has_length else None,
        "channel_types": [],
        "is_active": True,
    }


def is_published(draft: Draft, public_id: str) -> bool:
    return public_id in by_id(draft.base)
