"""Labels that count among all holders of an identifier, where these are too many to read."""

from collections.abc import Collection, Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from customers.documents import DOCUMENT_COLUMNS, document_annotations
from customers.models import ChannelIdentity, Customer, CustomerLabel
from labels.models import DEFAULT_PRIORITY

from .lookup import MOST_HOLDERS, Place

# A row of DOCUMENT_COLUMNS.
Row = Sequence[Any]
# The columns that such a row has here; others are None.
READ = ("document_id", "document_name", "document_labels")


def labelled_holders(
    places: Iterable[Place], near: Iterable[Place], besides: Collection[int]
) -> list[Row]:
    """Rows of identified holders that have a label with a contact limit or a priority.

    Of each such label the oldest customers that have it, at most MOST_HOLDERS. One statement.
    """
    holders = identified_holders(places, near).exclude(customer__in=besides)
    counts = ~Q(label__do_not_contact=[]) | Q(label__priority__gt=DEFAULT_PRIORITY)
    position = Window(RowNumber(), partition_by=F("label"), order_by="customer_id")
    assigned = CustomerLabel.objects.filter(counts, customer__in=holders.values("customer"))
    oldest = assigned.annotate(position=position).filter(position__lte=MOST_HOLDERS)
    customers = Customer.objects.filter(pk__in=oldest.values("customer")).order_by("pk")
    columns = document_annotations(connection.vendor)
    customers = customers.annotate(**{name: columns[name] for name in READ})
    return [
        tuple(row.get(column) for column in DOCUMENT_COLUMNS) for row in customers.values(*READ)
    ]


def identified_holders(places: Iterable[Place], near: Iterable[Place]) -> QuerySet[ChannelIdentity]:
    conditions = [Q(field=field_id, match_key=key) for field_id, key in places]
    conditions += [Q(field=field_id, near_key=key) for field_id, key in near]
    live = ChannelIdentity.objects.active().filter(is_anonymous=False)
    return live.filter(reduce(or_, conditions))
