"""The duplicate desk, and identities claimed, released and marked, over HTTP."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from access.actors import Caller
from customers.decisions import tell_apart
from customers.duplicates import pairs_by_score, pairs_of, told
from customers.masking import seen_by
from customers.models import Customer, DuplicatePair
from customers.rights import CHANGE, MERGE, VIEW
from customers.trust import claim_identity, mark_identity, release_identity
from schema_builder.snapshot import Schema

from . import bodies, openapi
from .operations import PAGE, PageView, id_of


def shown_pairs(pairs: list[DuplicatePair], schema: Schema) -> list[dict[str, Any]]:
    return [
        {
            "customers": [pair.first.public_id, pair.second.public_id],
            "score": pair.score,
            "reasons": told(pair.reasons, schema),
            "foundAt": pair.found_at,
        }
        for pair in pairs
    ]


def shown_to(caller: Caller) -> Callable[[list[DuplicatePair]], list[dict[str, Any]]]:
    schema, _ = seen_by(caller)
    return partial(shown_pairs, schema=schema)


class DuplicatesView(PageView):
    """Pairs that may be one person, the surest first."""

    required_permissions = {"GET": MERGE}

    @extend_schema(
        operation_id="duplicate_list",
        parameters=PAGE,
        responses={200: openapi.page_of(openapi.DUPLICATE)},
    )
    def get(self, request):
        return self.page(pairs_by_score(), shown_to(request.user))


class CustomerDuplicatesView(PageView):
    """Who may be the same person as this customer."""

    required_permissions = {"GET": VIEW}

    @extend_schema(parameters=PAGE, responses={200: openapi.page_of(openapi.DUPLICATE)})
    def get(self, request, public_id):
        customer = get_object_or_404(Customer.objects.known_as(public_id))
        return self.page(pairs_of(customer), shown_to(request.user))


class NotSamePersonView(APIView):
    """Remember that two customers are two people."""

    required_permissions = {"POST": MERGE}

    @extend_schema(request=bodies.NotSameBody, responses={204: None})
    def post(self, request, public_id):
        values = bodies.checked(bodies.NotSameBody, request)
        tell_apart(public_id, values["other"], caller=request.user, reason=values["reason"])
        return Response(status=204)


class ClaimView(APIView):
    """Make this customer the only holder of an identifier; the answer names who had it."""

    required_permissions = {"POST": MERGE}

    @extend_schema(request=bodies.ClaimBody, responses={200: openapi.CLAIMED})
    def post(self, request, public_id):
        values = bodies.checked(bodies.ClaimBody, request)
        claimed = claim_identity(
            public_id,
            values["field"],
            values["identifier"],
            caller=request.user,
            reason=values["reason"],
        )
        return Response(
            {"operation": id_of(claimed.operation), "formerOwners": claimed.former_owners}
        )


class ReleaseView(APIView):
    """Take an identifier off this customer."""

    required_permissions = {"POST": CHANGE}

    @extend_schema(request=bodies.ClaimBody, responses={200: openapi.OPERATION_ID})
    def post(self, request, public_id):
        values = bodies.checked(bodies.ClaimBody, request)
        operation = release_identity(
            public_id,
            values["field"],
            values["identifier"],
            caller=request.user,
            reason=values["reason"],
        )
        return Response({"operation": id_of(operation)})


class MarkView(APIView):
    """Say that an identity is shared, retired, primary, or how far it is trusted."""

    required_permissions = {"POST": CHANGE}

    @extend_schema(request=bodies.MarkBody, responses={200: openapi.OPERATION_ID})
    def post(self, request, public_id):
        marks = bodies.checked(bodies.MarkBody, request)
        key, identifier = marks.pop("field"), marks.pop("identifier")
        operation = mark_identity(public_id, key, identifier, marks, caller=request.user)
        return Response({"operation": id_of(operation)})
