"""Bodies of writes, read strictly: a key that is misspelt changes nothing in silence."""

from collections.abc import Mapping
from typing import Any, cast

from rest_framework import serializers

# What clients send back of what they got, besides the fields that a serializer knows.
ECHOED = frozenset({"_id", "__v", "createdBy", "updatedBy", "createdAt", "updatedAt"})


class StrictBody(serializers.Serializer):
    """For a serializer that refuses keys it does not know, and partial bodies without any."""

    echoed = ECHOED

    def to_internal_value(self, data):
        if self.partial and data == {}:
            raise serializers.ValidationError({"non_field_errors": ["No data provided"]})
        problems = self.unknown_keys(data)
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            found = cast(dict[str, Any], error.detail)
            raise serializers.ValidationError({**found, **problems}) from None
        if problems:
            raise serializers.ValidationError(problems)
        return values

    def unknown_keys(self, data) -> dict[str, list[str]]:
        if not isinstance(data, Mapping):
            return {}
        known = self.fields.keys() | self.echoed
        return {key: ["Unknown field."] for key in data if key not in known}
