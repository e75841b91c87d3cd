"""Options that a field no longer offers, but somebody has: they stay until they are changed."""

import copy

from schema_builder.models import FieldDefinition


def offering(definition: FieldDefinition, text: str) -> FieldDefinition:
    """The field as it is for who has `text` stored of it: what was chosen can stay chosen."""
    known = {option["value"] for option in definition.options}
    chosen = definition.field_type.chosen(text) if text else []
    gone = [option for option in chosen if option not in known]
    if not gone:
        return definition
    offers = copy.copy(definition)
    offers.options = [
        *definition.options,
        *({"value": option, "label": f"{option} (no longer offered)"} for option in gone),
    ]
    return offers
