from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foundation.serializers import ECHOED, StrictBody
from foundation.text import is_blank, tidied
from schema_builder.models import ChannelType, FieldDefinition
from schema_builder.options import tidied_options


class LengthField(serializers.IntegerField):
    """A number or a numeric string; "" for types that have no length."""

    def validate_empty_values(self, data):
        return (True, None) if data in ("", None) else super().validate_empty_values(data)


@extend_schema_field(serializers.ListField(child=serializers.CharField()))
class ChannelTypesField(serializers.Field):
    """Names of channel types."""

    def to_internal_value(self, data):
        if not isinstance(data, list) or not all(isinstance(name, str) for name in data):
            raise serializers.ValidationError("Must be a list of channel type names.")
        known = {channel.name: channel for channel in ChannelType.objects.order_by("id")}
        for name in data:
            if name not in known:
                raise serializers.ValidationError(
                    f'Unknown channel type "{name}". Known are: {", ".join(known)}.'
                )
        return [known[name] for name in dict.fromkeys(data)]

    def to_representation(self, value):
        return [channel.name for channel in value.all()]


@extend_schema_field(serializers.JSONField())
class DefaultValueSerializerField(serializers.Field):
    """Text, a boolean, or a list; null and absence mean none."""

    def to_internal_value(self, data):
        if isinstance(data, dict) or (isinstance(data, str) and len(data) > 1000):
            raise serializers.ValidationError("Not a valid default value.")
        return data

    def validate_empty_values(self, data):
        return (True, "") if data is None else super().validate_empty_values(data)

    def to_representation(self, value):
        return value


class FieldDefinitionSerializer(StrictBody, serializers.ModelSerializer):
    """A field definition in the contract's words (contract 2)."""

    # Of older data; the client sends them back.
    echoed = ECHOED | {"sort_order", "valueType"}

    _id = serializers.CharField(source="public_id", read_only=True)
    key = serializers.CharField(max_length=64)
    label = serializers.CharField(max_length=50)  # type: ignore[assignment]
    length = LengthField(required=False, min_value=1, max_value=1000)
    min = serializers.DecimalField(
        28, 10, source="min_value", required=False, allow_null=True, normalize_output=True
    )
    max = serializers.DecimalField(
        28, 10, source="max_value", required=False, allow_null=True, normalize_output=True
    )
    options = serializers.JSONField(required=False)
    isRequired = serializers.BooleanField(source="is_required", default=False)
    defaultValue = DefaultValueSerializerField(source="default_value", default="")
    isPii = serializers.BooleanField(source="is_pii", default=False)
    isSearchAble = serializers.BooleanField(source="is_searchable", required=False)
    isChannelIdentifier = serializers.BooleanField(source="is_channel_identifier", default=False)
    channelTypes = ChannelTypesField(source="channel_types", default=list)
    isActive = serializers.BooleanField(source="is_active", required=False)
    isDeleteAble = serializers.SerializerMethodField()
    sortOrder = serializers.IntegerField(source="sort_order", read_only=True)

    class Meta:
        model = FieldDefinition
        fields = [
            "_id",
            "key",
            "label",
            "description",
            "type",
            "length",
            "min",
            "max",
            "pattern",
            "options",
            "isRequired",
            "defaultValue",
            "isPii",
            "isSearchAble",
            "isChannelIdentifier",
            "channelTypes",
            "section",
            "isActive",
            "isDeleteAble",
            "sortOrder",
        ]
        # Uniqueness is the business of schema_builder.field_validation, for the admin as well.
        validators: list[Any] = []

    def get_isDeleteAble(self, field) -> bool:
        return not field.is_system

    def to_representation(self, field):
        shown = super().to_representation(field)
        return shown | {
            "length": "" if field.length is None else field.length,
            "__v": field.version,
        }

    def validate_label(self, label):
        if is_blank(label):
            raise serializers.ValidationError("This field may not be blank.")
        return tidied(label)

    def validate_options(self, options):
        held = self.instance.options if isinstance(self.instance, FieldDefinition) else []
        return tidied_options(options, [option["value"] for option in held])
