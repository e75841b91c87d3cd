"""The channel types that a label may forbid: what the ground floor cannot know of each other."""

from collections.abc import Iterable

from labels.models import ALL_CHANNELS
from schema_builder.schema import Schema


def channel_choices(schema: Schema) -> list[tuple[str, str]]:
    """(name, words) of all channels together, and of each channel type."""
    known = sorted(schema.channel_types.items(), key=lambda item: item[1].label.casefold())
    return [(ALL_CHANNELS, "All channels"), *((name, found.label) for name, found in known)]


def unknown_channel(names: Iterable[str], schema: Schema) -> str | None:
    """The first of `names` that is no channel type."""
    return next((n for n in names if n != ALL_CHANNELS and n not in schema.channel_types), None)


def describe_channels(names: Iterable[str], schema: Schema) -> str:
    """What a label forbids, such as "all channels" or "SMS, WhatsApp"; channels gone are left out."""
    if ALL_CHANNELS in names:
        return "all channels"
    known = schema.channel_types
    return ", ".join(sorted(known[name].label for name in set(names) if name in known))
