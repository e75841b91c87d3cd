"""Labels by their ids, those from before a merge included."""

from collections.abc import Collection

from .models import Label, LabelAlias


def labels_known_as(
    public_ids: Collection[str], *, follows_merges: bool = True
) -> dict[str, Label]:
    """Return the labels by id; the id of a merged label leads to the survivor if so asked.

    One query, two where a label with one of the ids is missing.
    """
    rows = Label.objects.filter(public_id__in=public_ids).select_related("group")
    found = {label.public_id: label for label in rows}
    missing = set(public_ids) - found.keys()
    if missing and follows_merges:
        aliases = LabelAlias.objects.filter(public_id__in=missing)
        found |= {alias.public_id: alias.label for alias in aliases.select_related("label__group")}
    return found


def lead_to(survivor: Label, duplicate: Label) -> None:
    """Let every id of the duplicate lead to the survivor; call it before the duplicate goes."""
    LabelAlias.objects.filter(label=duplicate).update(label=survivor)
    LabelAlias.objects.create(public_id=duplicate.public_id, label=survivor)
