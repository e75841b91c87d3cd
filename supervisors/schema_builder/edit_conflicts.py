"""A field as somebody opened it: a form carries it, so that only who meets a change of it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core import signing
from django.http import HttpRequest

from schema_builder.descriptions import change_in_words
from schema_builder.documents import ATTRIBUTES, FieldDocument
from schema_builder.drafts import FieldMoved
from schema_builder.import_export import role_names
from schema_builder.plans import FieldChange

SALT = "cxcustomers.builder.opened"
ENTRIES = {"id", *ATTRIBUTES}


def sealed(document: FieldDocument) -> str:
    """The document as a text that comes back as it was sent, or not at all."""
    return signing.dumps(document, salt=SALT, compress=True)


def opened_by(request: HttpRequest, public_id: str) -> FieldDocument | None:
    """The field as it was when the form was opened; None for a form that does not say so."""
    try:
        document = signing.loads(request.POST.get("opened", ""), salt=SALT)
    except signing.BadSignature:
        return None
    is_whole = document.keys() == ENTRIES and document["id"] == public_id
    return document if is_whole else None


@dataclass(frozen=True)
class Moved:
    """What is said to who has a field open that has changed."""

    label: str
    by: str
    lines: Sequence[str]


def moved(error: FieldMoved, username: str) -> Moved:
    change = FieldChange(error.opened, error.now)
    by = "you, on another page" if error.by == username else error.by or "somebody"
    return Moved(error.opened["label"], by, change_in_words(change, role_names()))
