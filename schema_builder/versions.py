"""Versions of the schema: one for every change, in the order in which they happened."""

from django.db.models import Max

from foundation.public_ids import new_public_id

from .documents import current_fields
from .models import SchemaRevision, SchemaVersion
from .schema import REVISION_ROW

Kind = SchemaVersion.Kind
FOUND = "The schema as it was found."
NOTE_LIMIT = 200


def lock_schema(*, exclusive: bool = False) -> None:
    """Let nobody else change the schema before the transaction ends.

    `exclusive` keeps those away, too, who write values of customers by the schema they know
    (`schema_builder.schema.schema_for_writing`).
    """
    SchemaRevision.objects.select_for_update(no_key=not exclusive).get(pk=REVISION_ROW)
    if not SchemaVersion.objects.exists():
        SchemaVersion.objects.create(number=1, kind=Kind.FOUND, note=FOUND, fields=current_fields())


def touch_schema() -> None:
    """Tell every process that its copy of the schema is old."""
    SchemaRevision.objects.filter(pk=REVISION_ROW).update(token=new_public_id())


def latest_version() -> SchemaVersion | None:
    return SchemaVersion.objects.order_by("-number").first()


def version_number() -> int:
    """The number of the latest version; 1 is the one that the first change will find."""
    return SchemaVersion.objects.aggregate(latest=Max("number"))["latest"] or 1


def record_version(*, author: str, kind: str = Kind.EDIT, note: str = "") -> SchemaVersion:
    """Tell every process of the change, and keep the schema as it is now as the next version.

    Where nothing differs there is no new version. Call it after `lock_schema`.
    """
    touch_schema()
    fields = current_fields()
    latest = SchemaVersion.objects.order_by("-number")[0]
    if latest.fields == fields:
        return latest
    return SchemaVersion.objects.create(
        number=latest.number + 1, kind=kind, author=author, note=note[:NOTE_LIMIT], fields=fields
    )
