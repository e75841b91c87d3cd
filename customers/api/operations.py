"""What goes beyond the contract: conversations, relink, merge, split, and taking it back."""

from collections.abc import Iterable
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from customers.conversations.display import shown_identifier
from customers.conversations.linking import link_conversation
from customers.conversations.relinking import RelinkRequest, relink_conversation
from customers.history.descriptions import OperationDescriber, operations_in_brief, operations_of
from customers.labelling.rules import DroppedLabel
from customers.masking import FieldAccess, visible_schema_and_mask
from customers.merging.merge import MergeRequest, merge_customers
from customers.merging.split import SplitRequest, split_customer
from customers.models import Conversation, Customer, Operation
from customers.permissions import (
    CHANGE,
    MERGE,
    RELINK,
    VIEW_CONVERSATIONS,
    VIEW_OPERATION,
    check_undo,
)
from customers.undo.conflicts import describe_conflict
from customers.undo.undo import UndoConflictError, undo
from foundation.api_writes import answered_before_commit
from foundation.text import bare
from schema_builder.schema import Schema

from . import openapi, serializers
from .parameters import page_bounds

PAGE = [OpenApiParameter("limit", int), OpenApiParameter("offset", int)]


def id_of(operation: Operation | None) -> str | None:
    return operation.public_id if operation else None


def shown_conversation(
    conversation: Conversation, schema: Schema, mask: FieldAccess
) -> dict[str, Any]:
    return {
        "conversationId": conversation.conversation_id,
        "customerId": conversation.customer.public_id,
        "channelType": conversation.channel_type.name,
        "identifier": shown_identifier(conversation, schema, mask, withheld="***"),
        "direction": conversation.direction,
        "openedAt": conversation.opened_at,
        "closedAt": conversation.closed_at,
        "lastActivityAt": conversation.last_activity_at,
    }


class PageView(APIView):
    """Bounded lists with the contract's envelope."""

    def page(self, rows, show) -> Response:
        serializers.refuse_parameters(self.request, "limit", "offset")
        offset, limit = page_bounds(self.request.query_params)
        found = list(rows[offset : offset + limit])
        return Response(
            {
                "docs": show(found),
                "totalDocs": rows.order_by().count(),
                "limit": limit,
                "offset": offset,
            }
        )


class ConversationView(APIView):
    """Link a conversation to a customer; doing it again brings its details up to date."""

    required_permissions = {"GET": VIEW_CONVERSATIONS, "PUT": CHANGE}

    @extend_schema(responses={200: openapi.CONVERSATION})
    def get(self, request, conversation_id):
        serializers.refuse_parameters(request)
        found = Conversation.objects.select_related("customer", "channel_type")
        conversation = get_object_or_404(found, conversation_id=bare(conversation_id))
        return Response(shown_conversation(conversation, *visible_schema_and_mask(request.user)))

    @extend_schema(request=serializers.ConversationBody, responses={200: openapi.CONVERSATION})
    @answered_before_commit
    def put(self, request, conversation_id):
        details = serializers.checked(serializers.ConversationBody, request)
        conversation, is_new = link_conversation(
            conversation_id,
            customer=details.pop("customer", None),
            channel_type=details.pop("channel_type", None),
            details=details,
        )
        return Response(
            shown_conversation(conversation, *visible_schema_and_mask(request.user)),
            201 if is_new else 200,
        )


class RelinkView(APIView):
    required_permissions = {"POST": RELINK}

    @extend_schema(request=serializers.RelinkBody, responses={200: openapi.RELINKED})
    @answered_before_commit
    def post(self, request, conversation_id):
        values = serializers.checked(serializers.RelinkBody, request)
        dry_run = values.pop("dry_run")
        relinked = relink_conversation(
            conversation_id, RelinkRequest(**values), caller=request.user, dry_run=dry_run
        )
        mask = FieldAccess(request.user)
        return Response(
            {
                "source": relinked.source,
                "target": relinked.target,
                "operation": id_of(relinked.operation),
                "movedConversations": relinked.moved_conversations,
                "addedIdentities": shown_entries(relinked.added_identities, mask),
                "droppedIdentities": shown_entries(relinked.dropped_identities, mask),
                "droppedLabels": shown_labels(relinked.dropped_labels),
                "droppedValues": shown_entries(relinked.dropped_values, mask),
                "deletedCustomer": relinked.deleted_customer,
            }
        )


def shown_entries(entries: Iterable[dict[str, Any]], mask: FieldAccess) -> list[dict[str, Any]]:
    """Identifiers and values as the caller may see them; those of hidden fields are left out."""
    return [
        entry
        | {"field": entry["field"].key}
        | {
            name: mask(entry["field"], entry[name])
            for name in ("identifier", "value")
            if name in entry
        }
        for entry in entries
        if mask.shows(entry["field"])
    ]


def shown_labels(dropped: Iterable[DroppedLabel]) -> list[dict[str, str]]:
    return [{"label": one.label.name, "kept": one.kept.name} for one in dropped]


class CustomerConversationsView(PageView):
    required_permissions = {"GET": VIEW_CONVERSATIONS}

    @extend_schema(parameters=PAGE, responses={200: openapi.page_schema(openapi.CONVERSATION)})
    def get(self, request, public_id):
        customer = get_object_or_404(Customer.objects.known_as(public_id))
        rows = customer.conversations.select_related("customer", "channel_type")
        schema, mask = visible_schema_and_mask(request.user)
        return self.page(
            rows.order_by("-last_activity_at", "-id"),
            lambda found: [shown_conversation(row, schema, mask) for row in found],
        )


class MergeView(APIView):
    """Merge customers into this one."""

    required_permissions = {"POST": MERGE}

    @extend_schema(request=serializers.MergeBody, responses={200: openapi.MERGED})
    @answered_before_commit
    def post(self, request, public_id):
        values = serializers.checked(serializers.MergeBody, request)
        dry_run = values.pop("dry_run")
        merged = merge_customers(
            MergeRequest(survivor=public_id, **values), caller=request.user, dry_run=dry_run
        )
        return Response(
            {
                "survivor": merged.survivor,
                "merged": merged.merged,
                "operation": id_of(merged.operation),
                "moved": merged.moved,
                "droppedLabels": shown_labels(merged.dropped_labels),
                "hiddenDiffer": merged.hidden_differ,
                "customer": merged.customer,
            }
        )


class SplitView(APIView):
    """Move part of this customer to a new one."""

    required_permissions = {"POST": MERGE}

    @extend_schema(request=serializers.SplitBody, responses={200: openapi.SPLIT})
    @answered_before_commit
    def post(self, request, public_id):
        values = serializers.checked(serializers.SplitBody, request)
        dry_run = values.pop("dry_run")
        values["identities"] = [(i["field"], i["identifier"]) for i in values["identities"]]
        values["fields"] = values.pop("attributes")
        split = split_customer(
            SplitRequest(customer=public_id, **values), caller=request.user, dry_run=dry_run
        )
        return Response(
            {
                "source": split.source,
                "customer": split.customer,
                "operation": id_of(split.operation),
                "moved": split.moved,
            }
        )


class OperationsView(PageView):
    """The history of all customers; what a bulk operation changed is told with it alone."""

    required_permissions = {"GET": VIEW_OPERATION}

    @extend_schema(
        operation_id="operation_list",
        parameters=PAGE,
        responses={200: openapi.page_schema(openapi.OPERATION)},
    )
    def get(self, request):
        return self.page(operations_in_brief(), storyteller(request).describe)


class CustomerOperationsView(PageView):
    """The history of one customer."""

    required_permissions = {"GET": VIEW_OPERATION}

    @extend_schema(parameters=PAGE, responses={200: openapi.page_schema(openapi.OPERATION)})
    def get(self, request, public_id):
        customer = get_object_or_404(Customer.objects.known_as(public_id))
        return self.page(operations_of(customer), storyteller(request).describe)


class OperationView(APIView):
    required_permissions = {"GET": VIEW_OPERATION}

    @extend_schema(responses={200: openapi.OPERATION})
    def get(self, request, public_id):
        serializers.refuse_parameters(request)
        operation = get_object_or_404(operations_of(), public_id=public_id)
        return Response(storyteller(request).describe_one(operation))


class UndoView(APIView):
    """Take an operation back; an undo is an operation, so it can be taken back as well."""

    required_permissions = {"POST": VIEW_OPERATION}

    @extend_schema(request=serializers.UndoBody, responses={200: openapi.UNDONE})
    @answered_before_commit
    def post(self, request, public_id):
        values = serializers.checked(serializers.UndoBody, request)
        operation = get_object_or_404(Operation, public_id=public_id)
        check_undo(request.user, operation)
        try:
            undone = undo(operation, caller=request.user, **values)
        except UndoConflictError as error:
            collisions = [describe_conflict(collision) for collision in error.collisions]
            body = {"error": {"msg": str(error)}, "msg": str(error), "collisions": collisions}
            return Response(body, 409)
        return Response(
            {
                "operation": undone.operation.public_id,
                "left": [describe_conflict(collision) for collision in undone.left],
            }
        )


def storyteller(request) -> OperationDescriber:
    return OperationDescriber(*visible_schema_and_mask(request.user))
