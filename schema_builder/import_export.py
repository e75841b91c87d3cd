"""The schema as a file: roles by name, the contract's words, read back strictly."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from foundation.public_ids import new_public_id
from foundation.text import hostile_paths

from .api_names import WIRE_NAMES
from .documents import ATTRIBUTES, FieldDocument
from .drafts import MOST_FIELDS
from .models import FieldDefinition
from .types import TYPES, plain_number

FORMAT = "cxcustomers-schema"
FORMAT_VERSION = 1
LARGEST_FILE = 1024 * 1024
TEMPLATES = Path(__file__).parent / "field_templates"
ATTRIBUTE_OF = {name: attribute for attribute, name in WIRE_NAMES.items()}
NUMBER = (int, type(None))
# What JSON kinds an attribute may have in a file.
KINDS: dict[str, tuple[type[Any], ...]] = {
    "length": NUMBER,
    "mask_start": NUMBER,
    "mask_end": NUMBER,
    "min_value": (int, float, str, type(None)),
    "max_value": (int, float, str, type(None)),
    "options": (list,),
    "channel_types": (list,),
    "role_visibility": (dict,),
    "default_value": (str, bool, list, int, float, type(None)),
    "is_required": (bool,),
    "is_pii": (bool,),
    "is_searchable": (bool,),
    "is_channel_identifier": (bool,),
    "is_active": (bool,),
}
REQUIRED = ("key", "label", "type")


@dataclass(frozen=True)
class Import:
    """What a file wants, beside what is there."""

    # The whole schema as it would be: what the file does not name stays where it is.
    fields: list[FieldDocument]
    added: list[str]
    changed: list[str]
    # Labels of the fields that are there and that the file does not name.
    missing: list[str]


def exported(fields: Iterable[FieldDocument]) -> dict[str, Any]:
    """The document of a file: everything that another installation has to know."""
    roles = role_names()
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "fields": [exported_field(document, roles) for document in fields],
    }


def exported_field(document: FieldDocument, roles: Mapping[str, str]) -> dict[str, Any]:
    named = {
        roles[role]: level for role, level in document["role_visibility"].items() if role in roles
    }
    shown = document | {"role_visibility": named}
    return {WIRE_NAMES[attribute]: shown[attribute] for attribute in ATTRIBUTES}


def role_names() -> dict[str, str]:
    """Names of the roles by their primary key as text, as visibility is kept."""
    return {str(pk): name for pk, name in Group.objects.values_list("pk", "name")}


def read_schema_file(content: bytes) -> Any:
    """The JSON of a file. Raises ValidationError keyed `file`."""
    if len(content) > LARGEST_FILE:
        raise ValidationError({"file": "Larger than 1 MiB."})
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=refuse_json_constant)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise ValidationError({"file": "Not a JSON document."}) from None


def refuse_json_constant(name: str) -> Any:
    raise ValueError(name)


def imported(parsed: Any, now: Sequence[FieldDocument]) -> Import:
    """What the parsed file makes of the fields of `now`; matched by key.

    Raises ValidationError keyed by where in the file every problem is.
    """
    items = items_of(parsed)
    known = {document["key"]: document for document in now}
    problems: dict[str, list[str]] = {}
    found: dict[str, FieldDocument] = {}
    roles = {name: role for role, name in role_names().items()}
    for index, item in enumerate(items):
        place = f"fields[{index}]"
        try:
            document = read_field(item, known, roles)
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                problems[f"{place}.{name}"] = messages
            continue
        if document["key"] in found:
            problems[f"{place}.key"] = ["A field is there twice."]
        found[document["key"]] = document
    if problems:
        raise ValidationError(problems)
    return import_of(found, now)


def items_of(parsed: Any) -> list[Any]:
    if not isinstance(parsed, dict) or parsed.get("format") != FORMAT:
        raise ValidationError({"file": "Not an exported schema."})
    if parsed.get("version") != FORMAT_VERSION:
        raise ValidationError({"version": f"Only version {FORMAT_VERSION} can be read."})
    if unknown := parsed.keys() - {"format", "version", "fields", "name", "description"}:
        raise ValidationError({min(unknown): "Unknown part."})
    items = parsed.get("fields")
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_FIELDS:
        raise ValidationError({"fields": f"Must be a list of 1 to {MOST_FIELDS} fields."})
    for path, reason in hostile_paths(items):
        raise ValidationError({f"fields{path}": reason})
    return items


def read_field(
    item: Any, known: Mapping[str, FieldDocument], roles: Mapping[str, str]
) -> FieldDocument:
    """One field of a file, what it leaves out as it is or as it is by default."""
    if not isinstance(item, dict):
        raise ValidationError({"field": "Must be an object."})
    problems = dict(item_problems(item))
    if problems:
        raise ValidationError(problems)
    said = {ATTRIBUTE_OF[name]: value for name, value in item.items()}
    if "role_visibility" in said:
        said["role_visibility"] = by_role_key(said["role_visibility"], roles)
    for name in ("min_value", "max_value"):
        if said.get(name) is not None:
            said[name] = plain_number(Decimal(str(said[name])))
    if "channel_types" in said:
        said["channel_types"] = sorted(set(said["channel_types"]))
    start = known.get(said["key"]) or blank_document(said["key"])
    return start | said


def item_problems(item: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for name in REQUIRED:
        if name not in item:
            yield name, "This field is required."
    for name, value in item.items():
        attribute = ATTRIBUTE_OF.get(name)
        if attribute is None:
            yield name, "Unknown field."
            continue
        kinds: tuple[type[Any], ...] = KINDS.get(attribute, (str,))
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            yield name, "Has the wrong kind of value."
        elif attribute == "type" and value not in TYPES:
            yield name, f'There is no type "{value}".'
        elif attribute == "channel_types" and not are_texts(value):
            yield name, "Must be a list of channel type names."
        elif attribute in ("min_value", "max_value") and not is_json_number(value):
            yield name, "A valid number is required."


def are_texts(values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


def is_json_number(value: Any) -> bool:
    try:
        return value is None or bool(TYPES["number"].clean(str(value), FieldDefinition()))
    except ValidationError:
        return False


def by_role_key(named: dict[str, Any], roles: Mapping[str, str]) -> dict[str, Any]:
    for name in named:
        if name not in roles:
            raise ValidationError({"roleVisibility": f'There is no role "{name}".'})
    return {roles[name]: level for name, level in named.items()}


def blank_document(key: str) -> FieldDocument:
    """A field as it is by default."""
    field = FieldDefinition(public_id=new_public_id(), key=key)
    defaults = {name: getattr(field, name) for name in ATTRIBUTES if name != "channel_types"}
    return {"id": field.public_id, **defaults, "channel_types": []}


def import_of(found: Mapping[str, FieldDocument], now: Sequence[FieldDocument]) -> Import:
    """In the order of the file, if it names every field; else what it adds comes last."""
    known = {document["key"]: document for document in now}
    kept = [document for document in now if document["key"] not in found]
    added = [document for key, document in found.items() if key not in known]
    there = [found.get(document["key"], document) for document in now]
    fields = [*there, *added] if kept else list(found.values())
    return Import(
        fields,
        [document["label"] for document in added],
        [
            known[key]["label"]
            for key, document in found.items()
            if key in known and known[key] != document
        ],
        [document["label"] for document in kept],
    )


def templates() -> list[dict[str, Any]]:
    """The templates that come with the product, as files with a name and a description."""
    return [
        json.loads(path.read_text()) | {"slug": path.stem}
        for path in sorted(TEMPLATES.glob("*.json"))
    ]


def template(slug: str) -> dict[str, Any] | None:
    """The document of one template, as a file has it; None where there is none."""
    found = {one["slug"]: one for one in templates()}.get(slug)
    return {name: part for name, part in found.items() if name != "slug"} if found else None
