"""Labels on customers: whose they are, and who may put them there."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied

from access.actors import Caller
from labels.models import Label

from .models import Customer, CustomerLabel


def set_labels(customer: Customer, labels: list[Label], caller: Caller) -> bool:
    """Make these the labels of a locked customer; True where that changed something.

    Raises PermissionDenied where the caller may not label customers.
    """
    wanted = {label.pk: label for label in labels}
    worn = set(customer.worn_labels.values_list("label_id", flat=True))
    if worn == set(wanted):
        return False
    check_label_rights(caller, adds=bool(wanted.keys() - worn), removes=bool(worn - wanted.keys()))
    customer.worn_labels.exclude(label__in=wanted).delete()
    CustomerLabel.objects.bulk_create(
        CustomerLabel(customer=customer, label=wanted[pk], assigned_by=caller.get_username())
        for pk in wanted.keys() - worn
    )
    return True


def relabelled(worn: Iterable[Label], add: Iterable[Label], remove: Iterable[Label]) -> list[Label]:
    """The labels of somebody who gets some and loses others; whatever else is worn stays."""
    return list((set(worn) | set(add)) - set(remove))


def check_label_rights(caller: Caller, *, adds: bool, removes: bool) -> None:
    if adds and not caller.has_perm("customers.add_customerlabel"):
        raise PermissionDenied("You may not label customers.")
    if removes and not caller.has_perm("customers.delete_customerlabel"):
        raise PermissionDenied("You may not take labels off customers.")
