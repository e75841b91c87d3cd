"""The form of a customer, as far as who is on the page may see and write it."""

from django.http import HttpRequest

from customers.forms import CustomerForm
from customers.masking import visible_schema_and_mask
from customers.models import Customer
from customers.profiles.lifecycle import stored_fields


def form_of(customer: Customer, request: HttpRequest, *, bound: bool = True) -> CustomerForm:
    """Filled in with what was sent; where it is not `bound`, as the customer is."""
    schema, mask = visible_schema_and_mask(request.user)
    return CustomerForm(
        (request.POST or None) if bound else None,
        schema=schema,
        mask=mask,
        stored=stored_fields(customer),
        version=customer.version,
    )
