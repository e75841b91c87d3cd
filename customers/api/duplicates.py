"""The duplicate desk, and identities claimed, released and marked, over HTTP."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from access.actors import Caller
from customers.duplicates.decisions import mark_not_duplicates
from customers.duplicates.queue import describe_reasons, pairs_by_score, pairs_of
from customers.identities.ownership import claim_identity, flag_identity, release_identity
from customers.masking import visible_schema_and_mask
from customers.models import Customer, DuplicatePair
from customers.permissions import CHANGE, MERGE, VIEW
from foundation.api_writes import answered_before_commit
from schema_builder.schema import Schema

from . import openapi, serializers
from .operations import PAGE, PageView, id_of


def shown_pairs(pairs: list[DuplicatePair], schema: Schema) -> list[dict[str, Any]]:
    return [
        {
            "customers": [pair.first.public_id, pair.second.public_id],
            "score": pair.score,
            "reasons": describe_reasons(pair.reasons, schema),
            "foundAt": pair.found_at,
        }
        for pair in pairs
    ]


def pairs_visible_to(caller: Caller) -> Callable[[list[DuplicatePair]], list[dict[str, Any]]]:
    schema, _ = visible_schema_and_mask(caller)
    return partial(shown_pairs, schema=schema)


class DuplicatesView(PageView):
    """Pairs that may be one person, the surest first."""

    required_permissions = {"GET": MERGE}

    @extend_schema(
        operation_id="duplicate_list",
        parameters=PAGE,
        responses={200: openapi.page_schema(openapi.DUPLICATE)},
    )
    def get(self, request):
        return self.page(pairs_by_score(), pairs_visible_to(request.user))


class CustomerDuplicatesView(PageView):
    """Who may be the same person as this customer."""

    required_permissions = {"GET": VIEW}

    @extend_schema(parameters=PAGE, responses={200: openapi.page_schema(openapi.DUPLICATE)})
    def get(self, request, public_id):
        customer = get_object_or_404(Customer.objects.known_as(public_id))
        return self.page(pairs_of(customer), pairs_visible_to(request.user))


class NotSamePersonView(APIView):
    """Remember that two customers are two people."""

    required_permissions = {"POST": MERGE}

    @extend_schema(request=serializers.NotSameBody, responses={204: None})
    @answered_before_commit
    def post(self, request, public_id):
        values = serializers.checked(serializers.NotSameBody, request)
        mark_not_duplicates(
            public_id, values["other"], caller=request.user, reason=values["reason"]
        )
        return Response(status=204)


class ClaimView(APIView):
    """Make this customer the only holder of an identifier; the answer names who had it."""

    required_permissions = {"POST": MERGE}

    @extend_schema(request=serializers.ClaimBody, responses={200: openapi.CLAIMED})
    @answered_before_commit
    def post(self, request, public_id):
        values = serializers.checked(serializers.ClaimBody, request)
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

    @extend_schema(request=serializers.ClaimBody, responses={200: openapi.OPERATION_ID})
    @answered_before_commit
    def post(self, request, public_id):
        values = serializers.checked(serializers.ClaimBody, request)
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

    @extend_schema(request=serializers.MarkBody, responses={200: openapi.OPERATION_ID})
    @answered_before_commit
    def post(self, request, public_id):
        marks = serializers.checked(serializers.MarkBody, request)
        key, identifier = marks.pop("field"), marks.pop("identifier")
        operation = flag_identity(public_id, key, identifier, marks, caller=request.user)
        return Response({"operation": id_of(operation)})
