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
    LabelAlias.objects.create(
        public_id=duplicate.public_id, label=survivor, former_key=duplicate.pk
    )


def surviving_ids(public_ids: Collection[str]) -> dict[str, str]:
    """Return the ids of the survivors by those ids that lead to one. One query."""
    rows = LabelAlias.objects.filter(public_id__in=public_ids)
    return dict(rows.values_list("public_id", "label__public_id"))


def surviving_keys(keys: Collection[int]) -> dict[int, int]:
    """Return the keys of the survivors by the keys of merged labels. One query."""
    rows = LabelAlias.objects.filter(former_key__in=keys).values_list("former_key", "label")
    return {key: survivor for key, survivor in rows if key is not None}
