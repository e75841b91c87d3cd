"""Pages of customers that were merged away: reads lead to the survivor, writes are refused."""

from functools import wraps

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse

from customers.locking import CustomerMerged, survivors_of
from customers.models import Customer, RowChange

LONGEST_KEY = 18
READ = "This customer was merged into the one that you see now."
REFUSED = "Nothing was saved. The customer was merged into the one that you see now."


def refuse_merged_key(object_id: str) -> None:
    """Raise CustomerMerged where the key was that of a customer merged since. Two queries."""
    if not (object_id.isascii() and object_id.isdecimal() and len(object_id) <= LONGEST_KEY):
        return
    rows = RowChange.objects.filter(table="customer", row=int(object_id), after__isnull=True)
    if (row := rows.order_by("-id").first()) and row.before:
        public_id = row.before["public_id"]
        for survivor in survivors_of([public_id]).values():
            raise CustomerMerged(public_id, survivor)


def leads_to_survivor(view):
    """Answer CustomerMerged with the page of the survivor, and say that nothing was saved."""

    @wraps(view)
    def answered(model_admin, request, *args, **kwargs):
        try:
            return view(model_admin, request, *args, **kwargs)
        except CustomerMerged as error:
            if request.method == "POST":
                messages.error(request, REFUSED)
            else:
                messages.info(request, READ)
            survivor = Customer.objects.get(public_id=error.survivor)
            page = reverse("admin:customers_customer_change", args=[survivor.pk])
            return HttpResponseRedirect(page)

    return answered
