"""Filters kept under a name: whose they are, who may share and change them."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max

from access.denials import check_permissions
from customers.models import SavedFilter

from .filter_language import Filter

SHARE = "customers.share_savedfilter"
MOST_FILTERS = 50


def may_change(user, saved: SavedFilter) -> bool:
    return saved.owner_id == user.pk or (saved.is_shared and user.has_perm(SHARE))


@transaction.atomic
def save_filter(
    *, owner, name: str, rows: Filter, columns: Sequence[str] = (), is_shared: bool = False
) -> SavedFilter:
    """A new filter at the end of the owner's.

    Raises ValidationError keyed by field, and PermissionDenied for sharing without the right.
    """
    check_share(owner, is_shared)
    theirs = SavedFilter.objects.filter(owner=owner.pk)
    if theirs.count() >= MOST_FILTERS:
        raise ValidationError({"name": [f"You have {MOST_FILTERS} filters: delete one first."]})
    last = theirs.aggregate(last=Max("place"))["last"] or 0
    saved = SavedFilter(
        owner_id=owner.pk,
        name=name.strip(),
        conditions=[row.as_json() for row in rows],
        columns=list(columns),
        is_shared=is_shared,
        place=last + 1,
    )
    saved.full_clean()
    saved.save(force_insert=True)
    return saved


def change_filter(
    saved: SavedFilter, *, user, rows: Filter, columns: Sequence[str] = ()
) -> SavedFilter:
    """Let the filter hold these rows and columns. Raises PermissionDenied."""
    if not may_change(user, saved):
        raise PermissionDenied("This filter belongs to another user: save it under your own name.")
    saved.conditions = [row.as_json() for row in rows]
    saved.columns = list(columns)
    saved.save(update_fields=["conditions", "columns"])
    return saved


def check_share(user, is_shared: bool) -> None:
    if is_shared:
        check_permissions(user, SHARE, action="share filters")
