"""The columns of an imported file: the fields that they can be, and a guess by their names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from access.actors import Caller
from customers.labelling.terms import REASON
from customers.masking import FieldAccess, visible_schema_and_mask
from customers.system_fields import LABELS_FIELD, NAME_FIELD
from foundation.text import folded
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema

# The column that names customers by their id; a column left out has an empty key.
ID = "_id"
# Other names of columns, as `comparable_header` returns them without their numbers.
OTHER_NAMES = {
    ID: ("id", "customerid"),
    NAME_FIELD: ("name", "fullname", "customername", "fileas"),
    "phoneNumber": (
        *("phone", "phones", "telephone", "mobile", "mobilenumber", "cell", "cellphone"),
        # Outlook
        *("primaryphone", "mobilephone", "homephone", "businessphone", "otherphone", "carphone"),
        *("telefon", "telefonnummer", "mobil", "handy", "telefono", "téléphone", "telefoon"),
    ),
    "email": ("mail", "emails", "emailaddress", "mailaddress", "emailadresse", "correo"),
    LABELS_FIELD: ("groupmembership", "categories"),
}
# Google writes "Phone 1 - Value", Outlook "E-mail 2 Address" and "Home Phone 2".
NUMBER_OF_MANY = re.compile(r"\s+[0-9]+(?=\s|$)")
VALUE = re.compile(r"\s+-\s+value$", re.IGNORECASE)
NOTHING = "Choose a field for at least one column."
TWICE = "Two columns are chosen for it, and it holds one value."
ONLY_ABOUT = frozenset({ID, REASON})
UNKNOWN = "There is no such field, or you may not write it."


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """What a column can be; `definition` is None for the id."""

    key: str
    label: str
    section: str
    definition: FieldDefinition | None = None

    @property
    def takes_several(self) -> bool:
        return self.definition is not None and (
            self.definition.is_channel_identifier or self.key == LABELS_FIELD
        )

    @property
    def reads_by(self) -> tuple[str, ...]:
        """The parts of a Reading that the column can have."""
        return self.definition.field_type.reads_by if self.definition else ()


def targets_for(caller: Caller) -> dict[str, ImportTarget]:
    return targets_in(*visible_schema_and_mask(caller))


def targets_in(schema: Schema, mask: FieldAccess) -> dict[str, ImportTarget]:
    """By key, in the order of the schema: the fields that the caller may write and sees unmasked.

    The customers that an import changes would give a masked value away.
    """
    targets = [ImportTarget(ID, "Id", "Record")]
    targets.append(ImportTarget(REASON, "Reason for the labels", "Record"))
    targets += [
        ImportTarget(field.key, field.label, field.section or "Details", field)
        for field in schema.fields
        if is_open(field, mask)
    ]
    return {target.key: target for target in targets}


def is_open(field: FieldDefinition, mask: FieldAccess) -> bool:
    return not mask.locks(field) and not mask.hides(field)


def guess_columns(header: Sequence[str], targets: Mapping[str, ImportTarget]) -> list[str]:
    """The key for each column by its name, empty where nothing is called so."""
    by_name = {
        name: targets[key] for key, names in OTHER_NAMES.items() if key in targets for name in names
    }
    by_name |= {comparable_header(target.label): target for target in targets.values()}
    by_name |= {comparable_header(target.key): target for target in targets.values()}
    taken: set[str] = set()
    guessed = []
    for name in header:
        target = by_name.get(comparable_header(name)) or by_name.get(
            comparable_header(one_of_many(name))
        )
        free = target is not None and (target.takes_several or target.key not in taken)
        key = target.key if target and free else ""
        taken.add(key)
        guessed.append(key)
    return guessed


def comparable_header(name: str) -> str:
    """A name as it is compared: without spaces, signs and the number of a repetition."""
    return re.sub(r"\(\d+\)$|[\W_]", "", folded(name))


def one_of_many(name: str) -> str:
    """The name of a column that exists several times, without its number."""
    return NUMBER_OF_MANY.sub("", VALUE.sub("", name))


def check_columns(columns: Sequence[str], targets: Mapping[str, ImportTarget]) -> None:
    """Raise ValidationError keyed by what the columns are said to be."""
    used = [key for key in columns if key]
    problems: dict[str, list[str]] = {}
    for key in dict.fromkeys(used):
        if key not in targets:
            problems[key] = [UNKNOWN]
        elif used.count(key) > 1 and not targets[key].takes_several:
            problems[key] = [f"{targets[key].label}: {TWICE}"]
    if not set(used) - ONLY_ABOUT:
        problems["columns"] = [NOTHING]
    if problems:
        raise ValidationError(problems)
