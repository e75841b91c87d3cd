import json

import pytest
from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import ProtectedError
from django.http import Http404
from django.test import RequestFactory
from rest_framework import exceptions

from customers.identification.identify import IdentificationContended
from customers.locking import CustomersContended
from cxcustomers import exception_handlers
from tests.contract.shapes import invalid, refused
from tests.support.factories import FieldFactory, ValueFactory


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (ValidationError("Wrong."), 400, invalid(body=["Wrong."])),
        (ValidationError({"a": ["Wrong.", "Long."]}), 400, invalid(a=["Wrong.", "Long."])),
        (exceptions.ValidationError("Wrong."), 400, invalid(body=["Wrong."])),
        (exceptions.ValidationError({"a": "Wrong."}), 400, invalid(a=["Wrong."])),
        (
            exceptions.ValidationError({"a": [{}, {"b": ["Wrong."]}], "c": {"d": ["Bad."]}}),
            400,
            invalid(**{"a[1].b": ["Wrong."], "c.d": ["Bad."]}),
        ),
        (
            exceptions.ValidationError({"a": {"non_field_errors": ["Wrong."]}}),
            400,
            invalid(**{"a.body": ["Wrong."]}),
        ),
        (exceptions.ParseError("Wrong."), 400, invalid(body=["Wrong."])),
        (Http404("secret"), 404, refused("Not found.")),
        (ObjectDoesNotExist("secret"), 404, refused("Not found.")),
        (PermissionDenied("No."), 403, refused("No.")),
        (
            PermissionDenied(),
            403,
            refused("You do not have permission to do this."),
        ),
        (SuspiciousOperation("secret"), 400, invalid(body=["Bad request."])),
        (RequestDataTooBig("secret"), 413, refused("Body is larger than 1 MiB.")),
        (
            IntegrityError("secret"),
            409,
            refused("Somebody wrote the same at the same time. Try again."),
        ),
        (OperationalError("secret"), 503, refused("Temporarily unavailable, try again.")),
        (InterfaceError("secret"), 503, refused("Temporarily unavailable, try again.")),
        (IdentificationContended("SMS"), 503, refused("Temporarily unavailable, try again.")),
    ],
    ids=ascii,
)
@pytest.mark.django_db
def test_error_is_answered_in_the_shape_of_the_contract(error, status, body):
    response = exception_handlers.handle_exception(error, {})

    assert response.status_code == status
    assert response.data == body


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [
        (OperationalError(), "Retry-After", "1"),
        (CustomersContended(), "Retry-After", "1"),
        (exceptions.Throttled(wait=7), "Retry-After", "7"),
    ],
    ids=ascii,
)
@pytest.mark.django_db
def test_error_says_when_to_try_again(error, header, value):
    assert exception_handlers.handle_exception(error, {})[header] == value


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            IdentificationContended("WHATSAPP"),
            "Other requests changed the customer of an identifier on WHATSAPP at every try.",
        ),
        (
            CustomersContended(),
            "Other requests changed the customers of an operation at every try.",
        ),
    ],
    ids=ascii,
)
@pytest.mark.django_db
def test_contended_request_is_logged_as_what_it_is(error, line, caplog):
    exception_handlers.handle_exception(error, {})

    assert [(record.levelname, record.message) for record in caplog.records] == [("WARNING", line)]


@pytest.mark.django_db
def test_mistake_of_ours_is_left_to_the_log():
    assert exception_handlers.handle_exception(KeyError("x"), {}) is None


@pytest.mark.django_db
def test_protected_row_says_what_holds_it():
    field = FieldFactory()
    ValueFactory.create_batch(2, field=field)
    with pytest.raises(ProtectedError) as error, transaction.atomic():
        field.delete()

    response = exception_handlers.handle_exception(error.value, {})

    assert response.status_code == 409
    assert response.data == refused("Still used by 2 attribute values.")


@pytest.mark.parametrize(
    ("handler", "status", "body"),
    [
        (
            lambda request: exception_handlers.bad_request(request, None),
            400,
            invalid(body=["Bad request."]),
        ),
        (
            lambda request: exception_handlers.permission_denied(request, PermissionDenied()),
            403,
            refused("You do not have permission to do this."),
        ),
        (lambda request: exception_handlers.not_found(request, None), 404, refused("Not found.")),
        (
            exception_handlers.server_error,
            500,
            refused("Something went wrong on our side. It has been logged."),
        ),
    ],
    ids=["400", "403", "404", "500"],
)
@pytest.mark.parametrize("path", ["/cim-customer/x", "/api/x"])
def test_error_outside_of_views_is_json_for_programs(handler, status, body, path):
    response = handler(RequestFactory().get(path))

    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    assert json.loads(response.content) == body
