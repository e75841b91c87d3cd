"""The forms of an import: the file, its encoding, its columns and how each is written."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from phonenumbers import SUPPORTED_REGIONS, country_code_for_region

from customers.imports.columns import ImportTarget
from customers.imports.csv_reader import DELIMITERS, ENCODINGS
from customers.imports.notations import options_of
from customers.imports.options import Policy, Rules
from foundation.admin import FileInput
from foundation.choice_inputs import RadioGroup
from foundation.text import folded, hostile_characters
from schema_builder.types import DATE_ORDERS, DECIMAL_SIGNS, Reading

MOST_WORDS = 30
LONGEST_WORDS = 500
COUNTRIES = [
    (code, f"{code} +{country_code_for_region(code)}") for code in sorted(SUPPORTED_REGIONS)
]
CHOICES = {
    "date_order": ("Order of dates", [("", "As exported: 2030-12-31"), *DATE_ORDERS.items()]),
    "decimal": ("Decimal sign", [("", "As exported: 1234.50"), *DECIMAL_SIGNS.items()]),
    "region": ("Country of numbers without country code", [("", "None"), *COUNTRIES]),
}
WORDS = {"yes": "Words for yes", "no": "Words for no"}


class UploadForm(forms.Form):
    file = forms.FileField(
        label="A CSV file",
        widget=FileInput({"accept": ".csv,.tsv,.txt,text/csv"}),
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
    )


class EncodingForm(forms.Form):
    """Encoding and separator, for a file of which the guess was wrong."""

    encoding = forms.ChoiceField(choices=ENCODINGS.items())
    delimiter = forms.ChoiceField(choices=DELIMITERS.items(), label="Separator")

    def __init__(self, data=None, initial=None):
        super().__init__(data, initial=initial, label_suffix="")
        for field in self.fields.values():
            field.widget.attrs["class"] = "cxl-input"


class RulesForm(forms.Form):
    """The field of each column, the effect on existing customers, and the reason."""

    use_required_attribute = False
    policy = forms.ChoiceField(
        choices=Policy.choices,
        label="A customer who exists already",
        widget=RadioGroup,
        initial=Policy.OVERWRITE,
    )
    reason = forms.CharField(
        max_length=200,
        required=False,
        help_text="Kept in the history of each customer, and given for labels that need a reason"
        " where no column holds one.",
        widget=forms.TextInput({"class": "cxl-input"}),
    )

    def __init__(
        self, data, *, header: list[str], targets: dict[str, ImportTarget], columns: list[str]
    ):
        super().__init__(data, label_suffix="")
        self.width = len(header)
        choices = target_choices(targets)
        for place, name in enumerate(header):
            self.fields[column_name(place)] = forms.ChoiceField(
                choices=choices,
                required=False,
                label=name,
                initial=columns[place],
                widget=forms.Select({"class": "cxl-input"}),
            )

    def clean_reason(self):
        if problem := hostile_characters(self.cleaned_data["reason"]):
            raise ValidationError(problem)
        return self.cleaned_data["reason"]

    def rules(self, readings: Sequence[Reading]) -> Rules:
        columns = [self.cleaned_data[column_name(place)] for place in range(self.width)]
        written = [reading.to_json() for reading in readings]
        return Rules(columns, self.cleaned_data["policy"], self.cleaned_data["reason"], written)

    def columns(self) -> list[forms.BoundField]:
        return [self[column_name(place)] for place in range(self.width)]


def column_name(place: int) -> str:
    return f"column{place}"


def target_choices(targets: dict[str, ImportTarget]) -> list[Any]:
    sections: dict[str, list[tuple[str, str]]] = {}
    for target in targets.values():
        sections.setdefault(target.section, []).append((target.key, target.label))
    return [("", "Leave out"), *sections.items()]


class NotationForm(forms.Form):
    """The notation of one column; the type of its field decides on the inputs."""

    use_required_attribute = False
    # The field of the schema that the form was shown for.
    key = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self, data, *, prefix: str, target: ImportTarget, words: Sequence[str], reading: Reading
    ):
        initial = initial_of(reading) | {"key": target.key}
        super().__init__(data, prefix=prefix, initial=initial, label_suffix="")
        self.words = words
        for name in target.reads_by:
            self.fields |= fields_of(name, target, words, reading)

    def clean(self):
        both = set(split_list(self.cleaned_data.get("yes"))) & set(
            split_list(self.cleaned_data.get("no"))
        )
        if both:
            raise ValidationError(f'"{min(both)}" is among the words for yes and for no.')
        return self.cleaned_data

    def reading(self) -> Reading:
        values = self.cleaned_data
        chosen = {folded(word): values.get(option_name(word)) for word in self.words}
        return Reading(
            **{name: values.get(name, "") for name in CHOICES},
            yes=split_list(values.get("yes")),
            no=split_list(values.get("no")),
            options={word: value for word, value in chosen.items() if value},
        )


def initial_of(reading: Reading) -> dict[str, str]:
    plain = {name: getattr(reading, name) for name in CHOICES}
    return plain | {name: ", ".join(getattr(reading, name)) for name in WORDS}


def fields_of(
    name: str, target: ImportTarget, words: Sequence[str], reading: Reading
) -> Mapping[str, forms.Field]:
    """The fields of a form for one part of a reading."""
    if name in CHOICES:
        label, choices = CHOICES[name]
        select = forms.Select({"class": "cxl-input"})
        return {
            name: forms.ChoiceField(choices=choices, required=False, label=label, widget=select)
        }
    if name in WORDS:
        text = forms.TextInput({"class": "cxl-input"})
        return {
            name: forms.CharField(
                max_length=LONGEST_WORDS, required=False, label=WORDS[name], widget=text
            )
        }
    options = [
        ("", "Refuse the row"),
        *(options_of(target.definition).items() if target.definition else ()),
    ]
    return {
        option_name(word): forms.ChoiceField(
            choices=options,
            required=False,
            label=f"“{word}” is",
            initial=reading.options.get(folded(word), ""),
            widget=forms.Select({"class": "cxl-input"}),
        )
        for word in words
    }


def option_name(word: str) -> str:
    return f"option:{folded(word)}"


def split_list(text: str | None) -> tuple[str, ...]:
    """Folded words that commas separate."""
    words = (folded(word) for word in (text or "").split(","))
    return tuple(dict.fromkeys(word for word in words if word))[:MOST_WORDS]
