"""Every error of the API in the contract's two shapes (contract 0.2, 13.4).

400 names the field and what is wrong with it, all other errors say a sentence.
"""

import logging
import sys
from typing import Any

import orjson
from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import IntegrityError, InterfaceError, InternalError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from customers.background.undo import JobNotUndoable
from customers.conversations.linking import LinkedElsewhere
from customers.conversations.relinking import UnknownConversation
from customers.identification.identify import IdentificationContended
from customers.identities.ownership import TooManyIdentifiers
from customers.locking import CustomerMerged, CustomersContended, UnknownCustomer
from customers.merging.merge import MergeRefused
from customers.placeholders import PlaceholderIsProtected
from customers.profiles.lifecycle import AnonymousHolderExists, CustomerChanged
from customers.profiles.other_holders import IdentifiersTaken
from customers.undo.undo import AlreadyUndone
from jobs.queue import JobFinished
from schema_builder.editing import FieldIsProtected
from schema_changes.field_deletion import FieldHoldsValues, OptionsInUse

from .denied import denial_of
from .error_bodies import error_body, validation_body
from .parsers import BodyTooLarge, HostileInput

logger = logging.getLogger(__name__)

API_PATHS = ("/cim-customer/", "/api/")
CONFLICTS = (
    CustomerChanged,
    CustomerMerged,
    AlreadyUndone,
    LinkedElsewhere,
    MergeRefused,
    PlaceholderIsProtected,
    TooManyIdentifiers,
    AnonymousHolderExists,
    FieldHoldsValues,
    IdentifiersTaken,
    FieldIsProtected,
    OptionsInUse,
    JobFinished,
    JobNotUndoable,
)
CONTENDED = (CustomersContended, IdentificationContended)
# InternalError: a transaction that the database ended, or a server that only reads for the moment.
UNAVAILABLE = (InterfaceError, InternalError, OperationalError)
GENERAL = "body"
DENIED = "You do not have permission to do this."


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler; None lets a mistake of ours become a logged 500."""
    set_rollback()
    if isinstance(error, ValidationError | exceptions.ValidationError | exceptions.ParseError):
        return Response(validation_body(error_problems(error)), 400)
    if isinstance(error, SuspiciousOperation) and not isinstance(error, RequestDataTooBig):
        return Response(validation_body({GENERAL: ["Bad request."]}), 400)
    status, message, headers = other_error(error)
    if not status:
        return None
    # Facts that a program can use, such as the id of a survivor.
    details = getattr(error, "details", {})
    return Response(error_body(message) | details, status, headers=headers)


def error_problems(error: Exception) -> dict[str, list[str]]:
    """What is wrong by field, whoever found it."""
    if isinstance(error, HostileInput):
        return error.problems
    if isinstance(error, exceptions.ParseError):
        return {GENERAL: [str(error.detail)]}
    if isinstance(error, ValidationError):
        return error.message_dict if hasattr(error, "error_dict") else {GENERAL: error.messages}
    return flattened(error.detail)  # type: ignore[attr-defined]


def flattened(detail: Any, path: str = "") -> dict[str, list[str]]:
    """REST framework's nested error detail as one level of dotted paths."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for key, below in detail.items():
            key = GENERAL if key == "non_field_errors" else str(key)
            found |= flattened(below, f"{path}.{key}" if path else key)
        return found
    if isinstance(detail, list) and any(isinstance(item, dict) for item in detail):
        found = {}
        for index, item in enumerate(detail):
            found |= flattened(item, f"{path}[{index}]") if item else {}
        return found
    messages = detail if isinstance(detail, list) else [detail]
    return {path or GENERAL: [str(message) for message in messages]}


def other_error(error: Exception) -> tuple[int, str, dict[str, str]]:
    """(status, message, headers) of everything but a validation error; 0 for what is unknown."""
    headers: dict[str, str] = {}
    if isinstance(error, exceptions.APIException):
        if challenge := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = challenge
        if (wait := getattr(error, "wait", None)) is not None:
            headers["Retry-After"] = str(int(wait))
        return error.status_code, str(error.detail), headers
    if isinstance(error, UnknownConversation | UnknownCustomer):
        return 404, str(error), headers
    if isinstance(error, Http404 | ObjectDoesNotExist):
        return 404, "Not found.", headers
    if isinstance(error, PermissionDenied):
        return 403, str(error) or DENIED, headers
    if isinstance(error, CONFLICTS):
        return 409, str(error), headers
    if isinstance(error, ProtectedError):
        return 409, protected_message(error), headers
    if isinstance(error, BodyTooLarge | RequestDataTooBig):
        return 413, "Body is larger than 1 MiB.", headers
    if isinstance(error, IntegrityError):
        return 409, "Somebody wrote the same at the same time. Try again.", headers
    if isinstance(error, CONTENDED):
        logger.warning("Other requests changed %s at every try.", error.contended)
        return 503, str(error), {"Retry-After": "1"}
    if isinstance(error, UNAVAILABLE):
        logger.error("The database did not answer.", exc_info=error)
        return 503, "Temporarily unavailable, try again.", {"Retry-After": "1"}
    return 0, "", headers


def protected_message(error: ProtectedError) -> str:
    holders = sorted({str(row._meta.verbose_name_plural) for row in error.protected_objects})
    return f"Still used by {len(error.protected_objects):,} {' and '.join(holders)}."


def response_for_error(
    request: HttpRequest,
    status: int,
    field: str,
    message: str,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """Answer an error outside REST framework: JSON for the API, else a page."""
    if request.path_info.startswith(API_PATHS):
        body = validation_body({field: [message]}) if status == 400 else error_body(message)
        response = HttpResponse(orjson.dumps(body), status=status, content_type="application/json")
    else:
        context = {"message": message, "status": status}
        # Of a request, the context has the user and messages, which are read from the database.
        page = render_to_string("error.html", context, None if status == 503 else request)
        response = HttpResponse(page, status=status)
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def bad_request(request, exception):
    if isinstance(exception, RequestDataTooBig):
        return response_for_error(request, 413, GENERAL, "That is larger than this page takes.")
    return response_for_error(request, 400, GENERAL, "Bad request.")


def permission_denied(request, exception):
    message = str(exception) or str(denial_of(request) or DENIED)
    return response_for_error(request, 403, GENERAL, message)


def not_found(request, exception):
    return response_for_error(request, 404, GENERAL, "Not found.")


def server_error(request):
    """Answer 503 where the database did not answer, 500 for any other error.

    Django calls this while it handles the error, whichever middleware or view raised it: sessions
    and users are read before REST framework could handle anything.
    """
    error = sys.exception()
    if isinstance(error, UNAVAILABLE + CONTENDED):
        status, message, headers = other_error(error)
        return response_for_error(request, status, GENERAL, message, headers)
    return response_for_error(
        request, 500, GENERAL, "Something went wrong on our side. It has been logged."
    )
