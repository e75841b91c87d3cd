"""The next version of customers: columns, time and author of a change."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db.models import F
from django.utils import timezone

from customers.models import Customer

# New values of a customer's own columns.
Columns = Mapping[str, Any]


def touch_customers(
    customers: Iterable[Customer], author: str, columns: Mapping[int, Columns] = {}
) -> None:
    """Save the columns that change, by key, as the next version of each locked customer.

    One statement for all customers that get the same columns.
    """
    alike: dict[tuple[tuple[str, Any], ...], list[Customer]] = {}
    for customer in customers:
        alike.setdefault(tuple(columns.get(customer.pk, {}).items()), []).append(customer)
    for new, some in alike.items():
        written = save_next_version([customer.pk for customer in some], author, **dict(new))
        for customer in some:
            customer.version += 1
            for name, value in written.items():
                setattr(customer, name, value)


def save_next_version(pks: Collection[int], author: str, **columns: Any) -> dict[str, Any]:
    """Write the columns with time and author as the next version; return what was written."""
    written = {**columns, "updated_at": timezone.now(), "updated_by": author}
    Customer.objects.filter(pk__in=pks).update(version=F("version") + 1, **written)
    return written
