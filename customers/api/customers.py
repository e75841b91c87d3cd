from functools import wraps

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from access.actors import Caller
from access.authentication import caller_of
from access.denials import check_permissions
from customers.documents import document
from customers.identification.identify import identify, identify_for_conversation, identify_known
from customers.identities.twins import delete_as
from customers.lists.list_query import filtered
from customers.lists.ordering import order_named
from customers.lists.pagination import contract_page
from customers.locking import customer_to_write
from customers.masking import FieldAccess, visible_schema_and_mask, visible_to
from customers.models import Customer
from customers.permissions import ADD, CHANGE, VIEW
from customers.profiles.lifecycle import create_customer, update_customer
from customers.profiles.other_holders import OnConflict, other_holders
from customers.profiles.rows import document_rows
from foundation.api_writes import answered_before_commit
from schema_builder.schema import held_schema

from . import openapi
from .parameters import (
    body_object,
    cursor_in,
    known_version,
    literal_parameter,
    on_conflict,
    page_bounds,
)

ON_CONFLICT = OpenApiParameter(
    "onConflict",
    str,
    enum=[choice.value for choice in OnConflict],
    description="Whether to refuse identifiers that other customers have; accept by default.",
)
CUSTOMER_REQUEST = {"application/json": openapi.CUSTOMER_BODY}


def written_document(customer: Customer, caller) -> dict:
    """The document of a customer just written; it names other holders of its identifiers."""
    mask = FieldAccess(caller)
    [row] = document_rows(customer.pk)
    # The write has just read the schema.
    shown = document(row, visible_to(caller, held_schema()), mask)
    holders = other_holders(customer, mask)
    return shown | ({"otherHolders": holders} if holders else {})


class CustomersView(APIView):
    """The list, new customers, and Get Customer By Channel Identifier (contract 3, 4, 8)."""

    required_permissions = {"GET": VIEW, "POST": ADD}

    @classmethod
    def as_view(cls, **initkwargs):
        """The view, with identification taken out of REST framework's way: it has to be fast."""
        view = super().as_view(**initkwargs)

        @wraps(view)
        def identification_first(request):
            if request.method != "GET" or not asks_who_it_is(request):
                return view(request)
            try:
                return identification(request)
            except Exception as error:
                # REST framework's view answers errors; nothing else does, so all look alike.
                return view(request, error=error)

        return identification_first

    @extend_schema(
        operation_id="customer_list",
        parameters=[
            OpenApiParameter("limit", int, description="1 to 200, 25 by default."),
            OpenApiParameter("offset", int, description="Rows to skip."),
            OpenApiParameter(
                "after", str, description="The nextCursor of a page in the same order."
            ),
            OpenApiParameter("sort", str, description="<key>:asc or <key>:desc."),
            OpenApiParameter("paginateQuery", str, description="<key>:<value>."),
            OpenApiParameter(
                "channelType", str, description="With it, identification instead of a list."
            ),
            OpenApiParameter("customerChannelIdentifier", str),
            OpenApiParameter(
                "conversationId",
                str,
                description="Links the conversation; a contact without an identity gets a customer of it.",
            ),
        ],
        responses={200: openapi.LIST_OR_IDENTIFICATION},
    )
    def get(self, request, error=None):
        if error:
            raise error
        schema, mask = visible_schema_and_mask(request.user)
        asked = request.query_params
        offset, limit = page_bounds(asked)
        page = contract_page(
            filtered(Customer.objects.all(), asked.get("paginateQuery", ""), schema, mask),
            order_named(asked.get("sort", ""), schema, mask),
            offset=offset,
            after=cursor_in(asked),
            limit=limit,
            schema=schema,
            mask=mask,
        )
        return Response(page)

    @extend_schema(
        request=CUSTOMER_REQUEST,
        parameters=[ON_CONFLICT],
        responses={201: openapi.WRITTEN_CUSTOMER},
    )
    @answered_before_commit
    def post(self, request):
        customer = create_customer(
            body_object(request), caller=request.user, on_conflict=on_conflict(request)
        )
        return Response(written_document(customer, request.user), 201)


class CustomerView(APIView):
    """One customer (contract 5, 6). By a merged id its survivor is read, and nothing written."""

    required_permissions = {
        "GET": VIEW,
        "PUT": CHANGE,
        # Which customers a caller may delete depends on the customer.
        "DELETE": VIEW,
    }

    @extend_schema(responses={200: openapi.CUSTOMER})
    def get(self, request, public_id):
        row = get_object_or_404(Customer.objects.known_as(public_id).documents())
        return Response(document(row, *visible_schema_and_mask(request.user)))

    @extend_schema(
        request=CUSTOMER_REQUEST,
        parameters=[ON_CONFLICT],
        responses={200: openapi.WRITTEN_CUSTOMER},
    )
    @answered_before_commit
    def put(self, request, public_id):
        customer = update_customer(
            customer_to_write(public_id),
            body_object(request),
            caller=request.user,
            known_version=known_version(request),
            on_conflict=on_conflict(request),
        )
        return Response(written_document(customer, request.user))

    @extend_schema(responses={204: None})
    @answered_before_commit
    def delete(self, request, public_id):
        delete_as(customer_to_write(public_id), caller=request.user)
        return Response(status=204)


def asks_who_it_is(request: HttpRequest) -> bool:
    """Whether the query names a channel type; parsing all of it would cost more than the answer."""
    query = request.META.get("QUERY_STRING", "")
    return any(pair.partition("=")[0] == "channelType" for pair in query.split("&"))


def identification(request: HttpRequest) -> HttpResponse:
    """Get Customer By Channel Identifier on bare Django."""
    caller, channel_type, identifier = identification_request(request)
    conversation_id = literal_parameter(request, "conversationId")
    if conversation_id is not None:
        answer = identify_for_conversation(channel_type, identifier, conversation_id, caller=caller)
    else:
        answer = identify(channel_type, identifier, caller=caller)
    return HttpResponse(orjson.dumps(answer), content_type="application/json")


def known_customer(request: HttpRequest) -> bytes | None:
    """The body of an identification that creates and links nothing; None for any other.

    Raises as `identify` does.
    """
    caller, channel_type, identifier = identification_request(request)
    if literal_parameter(request, "conversationId") is not None:
        return None
    answer = identify_known(channel_type, identifier, caller=caller)
    return orjson.dumps(answer) if answer else None


def identification_request(request: HttpRequest) -> tuple[Caller, str, str]:
    """(caller, channel type, identifier) of an identification.

    Raises as `caller_of` and `check_permissions` do.
    """
    caller = caller_of(request)
    check_permissions(caller, VIEW)
    return (
        caller,
        literal_parameter(request, "channelType") or "",
        literal_parameter(request, "customerChannelIdentifier") or "",
    )
