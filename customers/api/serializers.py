"""Bodies of the endpoints beyond the contract: camelCase, and nothing unknown in them."""

from datetime import UTC
from typing import Any

from rest_framework import serializers

from customers.bulk.change import MOST_CUSTOMERS
from customers.models import Conversation
from customers.models.identity import Trust
from foundation.moments import moment_in
from foundation.text import bare
from schema_builder.models import ChannelType

from .parameters import body_object

REASON_LENGTH = 200
PUBLIC_ID = r"\A[0-9a-f]{24}\Z"


class StrictSerializer(serializers.Serializer):
    """Refuses what it does not know: a mistyped key would be lost in silence."""

    def to_internal_value(self, data):
        keys = data if isinstance(data, dict) else {}
        unknown = {key: ["Unknown field."] for key in keys if key not in self.fields}
        if unknown:
            raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


class PublicIdField(serializers.RegexField):
    default_error_messages = {"invalid": "Not a valid id."}

    def __init__(self, **kwargs):
        super().__init__(PUBLIC_ID, **kwargs)


class ChannelTypeField(serializers.CharField):
    """The name of a channel type."""

    def to_internal_value(self, data):
        name = super().to_internal_value(data)
        found = ChannelType.objects.filter(name=name).first()
        if found is None:
            raise serializers.ValidationError(f'Unknown channel type "{name}".')
        return found


class MomentField(serializers.DateTimeField):
    """A moment in ISO 8601."""

    def to_internal_value(self, value):
        if isinstance(value, str):
            try:
                return moment_in(bare(value)).astimezone(UTC)
            except (OverflowError, ValueError):
                self.fail("invalid", format="YYYY-MM-DDThh:mm[:ss][Z or +hh:mm]")
        return super().to_internal_value(value)


class ConversationBody(StrictSerializer):
    customerId = PublicIdField(source="customer", required=False)
    channelType = ChannelTypeField(source="channel_type", required=False)
    identifier = serializers.CharField(required=False, allow_blank=True, max_length=255)
    direction = serializers.ChoiceField(Conversation.Direction.choices, required=False)
    openedAt = MomentField(source="opened_at", required=False)
    closedAt = MomentField(source="closed_at", required=False, allow_null=True)
    lastActivityAt = MomentField(source="last_activity_at", required=False)


class RelinkBody(StrictSerializer):
    target = PublicIdField()
    addIdentity = serializers.BooleanField(source="add_identity", default=False)
    movePastConversations = serializers.BooleanField(
        source="move_past_conversations", allow_null=True, default=None
    )
    absorbAnonymous = serializers.BooleanField(source="absorb_anonymous", default=True)
    reason = serializers.CharField(allow_blank=True, default="", max_length=REASON_LENGTH)
    dryRun = serializers.BooleanField(source="dry_run", default=False)


class MergeBody(StrictSerializer):
    duplicates = serializers.ListField(child=PublicIdField(), max_length=100)
    choices = serializers.DictField(default=dict)
    versions = serializers.DictField(child=serializers.IntegerField(min_value=0), default=dict)
    reason = serializers.CharField(allow_blank=True, default="", max_length=REASON_LENGTH)
    dryRun = serializers.BooleanField(source="dry_run", default=False)


class IdentityBody(StrictSerializer):
    field = serializers.CharField(max_length=64)
    identifier = serializers.CharField(max_length=255)


class SplitBody(StrictSerializer):
    firstName = serializers.CharField(source="first_name", allow_blank=True, default="")
    identities = IdentityBody(many=True, default=list)
    attributes = serializers.ListField(child=serializers.CharField(), default=list)
    conversations = serializers.ListField(child=serializers.CharField(), default=list)
    reason = serializers.CharField(allow_blank=True, default="", max_length=REASON_LENGTH)
    dryRun = serializers.BooleanField(source="dry_run", default=False)


class BulkLabelsBody(StrictSerializer):
    add = serializers.ListField(child=PublicIdField(), default=list)
    remove = serializers.ListField(child=PublicIdField(), default=list)
    until = serializers.CharField(allow_null=True, default=None, max_length=40)


class BulkBody(StrictSerializer):
    customers = serializers.ListField(child=PublicIdField(), max_length=MOST_CUSTOMERS)
    labels = BulkLabelsBody(default=dict)
    fields = serializers.DictField(default=dict)  # type: ignore[assignment]
    reason = serializers.CharField(allow_blank=True, default="", max_length=REASON_LENGTH)
    dryRun = serializers.BooleanField(source="dry_run", default=False)


class UndoJobBody(StrictSerializer):
    reason = serializers.CharField(allow_blank=True, default="", max_length=REASON_LENGTH)


class NotSameBody(StrictSerializer):
    other = PublicIdField()
    reason = serializers.CharField(allow_blank=True, default="", max_length=REASON_LENGTH)


class ClaimBody(IdentityBody):
    reason = serializers.CharField(allow_blank=True, default="", max_length=REASON_LENGTH)


class MarkBody(IdentityBody):
    shared = serializers.BooleanField(source="is_shared", required=False)
    retired = serializers.BooleanField(source="is_retired", required=False)
    primary = serializers.BooleanField(source="is_primary", required=False)
    trust = serializers.ChoiceField(Trust.choices, required=False)


class UndoBody(StrictSerializer):
    skipCollisions = serializers.BooleanField(source="skip_collisions", default=False)
    reason = serializers.CharField(allow_blank=True, default="", max_length=REASON_LENGTH)


def checked(body: type[serializers.Serializer], request) -> dict[str, Any]:
    """The body's values under their inner names. Raises ValidationError.

    No parameter goes with a body: `?dryRun=true` would be lost in silence.
    """
    refuse_parameters(request)
    serializer = body(data=body_object(request))
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def refuse_parameters(request, *known: str) -> None:
    """Unlike the contract's endpoints, ours refuse query parameters they do not know."""
    unknown = {name: ["Unknown parameter."] for name in request.query_params if name not in known}
    if unknown:
        raise serializers.ValidationError(unknown)
