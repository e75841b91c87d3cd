from rest_framework import serializers

from customers.models import AttributeValue, ChannelIdentity, Customer
from labels.models import Label
from schema_builder.models import FieldDefinition


class FieldSerializer(serializers.ModelSerializer):
    class Meta:
        model = FieldDefinition
        fields = ["key", "type", "is_channel_identifier"]


class IdentitySerializer(serializers.ModelSerializer):
    field = FieldSerializer()

    class Meta:
        model = ChannelIdentity
        fields = ["field", "value", "is_retired"]


class ValueSerializer(serializers.ModelSerializer):
    field = FieldSerializer()

    class Meta:
        model = AttributeValue
        fields = ["field", "text"]


class LabelSerializer(serializers.ModelSerializer):
    class Meta:
        model = Label
        fields = ["public_id", "name", "priority"]


class CustomerSerializer(serializers.ModelSerializer):
    """The contract's flat customer, made from nested serializers."""

    _id = serializers.CharField(source="public_id")
    firstName = serializers.CharField(source="first_name")
    isAnonymous = serializers.BooleanField(source="is_anonymous")
    identities = IdentitySerializer(many=True)
    values = ValueSerializer(many=True)
    labels = LabelSerializer(many=True)
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")
    createdBy = serializers.CharField(source="created_by")
    updatedBy = serializers.CharField(source="updated_by")

    class Meta:
        model = Customer
        fields = [
            "_id",
            "firstName",
            "isAnonymous",
            "identities",
            "values",
            "labels",
            "createdAt",
            "updatedAt",
            "createdBy",
            "updatedBy",
        ]

    def to_representation(self, customer):
        nested = super().to_representation(customer)
        identities, values = nested.pop("identities"), nested.pop("values")
        labels = sorted(nested.pop("labels"), key=lambda label: label["name"])
        flat = {field.key: field.blank for field in self.context["fields"]}
        for identity in identities:
            if not identity["is_retired"]:
                flat[identity["field"]["key"]] = [
                    *flat[identity["field"]["key"]],
                    identity["value"],
                ]
        for value in values:
            flat[value["field"]["key"]] = shown(value["field"]["type"], value["text"])
        flat |= nested
        flat["labels"] = [label["public_id"] for label in labels]
        flat["labelNames"] = [label["name"] for label in labels]
        flat["priority"] = max((label["priority"] for label in labels), default=1)
        flat["__v"] = customer.version
        return flat


def shown(field_type, text):
    if field_type == "password":
        return "********"
    if field_type == "boolean":
        return text == "true"
    return text.split("\n") if field_type == "multichoice" else text
