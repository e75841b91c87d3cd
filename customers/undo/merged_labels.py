"""Labels in the rows of an operation that were merged since: an undo restores their survivors."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field

from customers.history.recording import Image, Images
from customers.models import RowChange
from labels.aliases import surviving_keys
from labels.models import Label

from .conflict_context import Place

CROWDED = "It was merged into “{}”, and the customer has another label of its group."


@dataclass
class FollowedMerges:
    """The changes with the survivors of merged labels, and why some of them have to stay."""

    changes: list[RowChange]
    reasons: dict[Place, str] = field(default_factory=dict)


def following_merges(changes: list[RowChange], now: Images) -> FollowedMerges:
    """Let the changes name the survivors of labels that were merged since.

    A label that the customer has by its survivor already is left out. `now` is what the
    customers have. One query for an operation on labels, one more where one was merged.
    """
    keys = {image["label_id"] for change in changes for image in label_images(change)}
    survivors = surviving_keys(keys) if keys else {}
    if not survivors:
        return FollowedMerges(changes)
    held = held_labels(changes, now, survivors)
    exclusive = {label.pk: label for label in Label.objects.filter(group__is_exclusive=True)}
    followed = FollowedMerges([])
    for change in changes:
        if not is_merged(change, survivors):
            followed.changes.append(change)
        elif renamed := restorable(change, survivors, held, now):
            followed.changes.append(renamed)
            if rival := rival_of(renamed, held, exclusive):
                followed.reasons[change.table, change.row] = CROWDED.format(rival)
    return followed


def label_images(change: RowChange) -> list[Image]:
    images = (change.before, change.after) if change.table == "label" else ()
    return [image for image in images if image]


def is_merged(change: RowChange, survivors: dict[int, int]) -> bool:
    return any(image["label_id"] in survivors for image in label_images(change))


def held_labels(
    changes: Iterable[RowChange], now: Images, survivors: dict[int, int]
) -> dict[int, set[int]]:
    """Keys of the labels by customer: those of today, and those that return by themselves."""
    held: dict[int, set[int]] = {}
    returning = [
        change.before
        for change in changes
        if label_images(change) and change.after is None and not is_merged(change, survivors)
    ]
    today = [image for (table, _), image in now.items() if table == "label"]
    for image in [*today, *filter(None, returning)]:
        held.setdefault(image["customer_id"], set()).add(image["label_id"])
    return held


def restorable(
    change: RowChange, survivors: dict[int, int], held: dict[int, set[int]], now: Images
) -> RowChange | None:
    """The change with the survivor; None where the merge left nothing of it to restore."""
    renamed = copy(change)
    renamed.before = with_survivor(change.before, survivors)
    renamed.after = with_survivor(change.after, survivors)
    if renamed.before is None:
        return renamed if (change.table, change.row) in now else None
    if renamed.after is None:
        labels = held.setdefault(renamed.before["customer_id"], set())
        if renamed.before["label_id"] in labels:
            return None
        labels.add(renamed.before["label_id"])
    return renamed


def with_survivor(image: Image | None, survivors: dict[int, int]) -> Image | None:
    if image is None:
        return None
    return image | {"label_id": survivors.get(image["label_id"], image["label_id"])}


def rival_of(
    renamed: RowChange, held: dict[int, set[int]], exclusive: dict[int, Label]
) -> Label | None:
    """The label to be restored, where another one of its exclusive group excludes it."""
    image = renamed.before if renamed.after is None else None
    label = exclusive.get(image["label_id"]) if image else None
    if image is None or label is None:
        return None
    others = held.get(image["customer_id"], set()) - {label.pk}
    rivals = [
        one for one in others if one in exclusive and exclusive[one].group_id == label.group_id
    ]
    return label if rivals else None
