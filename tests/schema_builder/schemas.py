"""Edits of the draft and plans, as short as tests want them."""

from schema_builder import drafts
from schema_builder.documents import current_fields
from schema_builder.drafts import edit_draft, put_field, read_draft
from schema_builder.import_export import blank_document


def document(key):
    """The document of a field in the draft, or in the schema where none was begun."""
    return next(one for one in read_draft().fields if one["key"] == key)


def published(key):
    return next(one for one in current_fields() if one["key"] == key)


def new(key, **values):
    values = {"label": key.title(), "type": "string", "section": "Details", **values}
    return blank_document(key) | values


def edited(change, author="amy"):
    return edit_draft(read_draft().token, author, change)


def want(key, **values):
    """Change a field in the draft."""
    return edited(put_field(document(key) | values, may_clear_pii=True))


def want_new(key, **values):
    return edited(put_field(new(key, **values), may_clear_pii=True))


def want_gone(key):
    return edited(drafts.remove_field(document(key)["id"], typed_key=key))
