"""The form of a customer written; what refuses it stands in the form."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from customers.forms import VERSION, CustomerForm
from customers.models import Customer
from customers.profiles.lifecycle import (
    AnonymousHolderExists,
    CustomerChanged,
    create_customer,
    update_customer,
)
from customers.profiles.other_holders import OnConflict

from .other_holders import decision_in, write_as_decided


def created(form: CustomerForm, request: HttpRequest) -> Customer | None:
    """The customer of a valid form; None where it was refused, which the form then says.

    Raises IdentifiersTaken.
    """

    def write(on_conflict: OnConflict) -> Customer:
        return create_customer(form.filled(), caller=request.user, on_conflict=on_conflict)

    try:
        return write_as_decided(decision_in(request.POST), write, caller=request.user)
    except ValidationError as error:
        form.add_problems(error)
    except AnonymousHolderExists as error:
        form.add_error(None, str(error))
    return None


def save_form(form: CustomerForm, customer: Customer, request: HttpRequest) -> bool:
    """Write what was touched; False where it was refused, which the form then says.

    Raises CustomerChanged before judging anything: masks of older values are no values. Raises
    IdentifiersTaken.
    """
    if form.is_older_than(customer.version):
        raise CustomerChanged(customer.version)
    if not form.is_valid():
        return False

    def write(on_conflict: OnConflict) -> Customer:
        return update_customer(
            customer,
            form.changes(),
            caller=request.user,
            known_version=form.cleaned_data[VERSION],
            partial=True,
            on_conflict=on_conflict,
        )

    try:
        write_as_decided(decision_in(request.POST), write, caller=request.user)
    except ValidationError as error:
        form.add_problems(error)
    return form.is_valid()
