"""Do not contact: what the labels of a customer forbid, and on which channels."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .models import ALL_CHANNELS


@dataclass(frozen=True, slots=True)
class ContactLimit:
    """A label that forbids contact on channel types; ALL_CHANNELS among them stands for all.

    `customers` are the ids of those that have it, where several customers come into question.
    """

    label: str
    channels: list[str]
    customers: list[str] = field(default_factory=list)

    @property
    def is_total(self) -> bool:
        return ALL_CHANNELS in self.channels


def limits_of(worn: Iterable[tuple[str, list[str]]]) -> list[ContactLimit]:
    """The limits among labels given as (name, channel types)."""
    return [ContactLimit(name, channels) for name, channels in worn if channels]


def forbids(limits: Iterable[ContactLimit], channel_type: str) -> bool:
    return any(limit.is_total or channel_type in limit.channels for limit in limits)
