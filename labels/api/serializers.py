from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from foundation.text import is_blank, tidied
from labels.models import Label


class NameField(serializers.CharField):
    """Names that look the same are the same, and a reader sees something."""

    def to_internal_value(self, data):
        name = tidied(super().to_internal_value(data))
        if is_blank(name):
            self.fail("blank")
        return name


class LabelSerializer(serializers.ModelSerializer):
    """A label in the contract's words (contract 11).

    `createdBy` and `updatedBy` are what the client says of its user; callers that say nothing
    are named themselves.
    """

    _id = serializers.CharField(source="public_id", read_only=True)
    name = NameField(
        max_length=100, validators=[UniqueValidator(Label.objects.all(), "is duplicate")]
    )
    colorCode = serializers.RegexField(
        r"\A#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\Z",
        source="color",
        required=False,
        error_messages={"invalid": "Not a colour."},
    )
    createdBy = serializers.CharField(
        source="created_by", required=False, allow_blank=True, allow_null=True, max_length=150
    )
    updatedBy = serializers.CharField(
        source="updated_by", required=False, allow_blank=True, allow_null=True, max_length=150
    )
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)

    class Meta:
        model = Label
        fields = [
            "_id",
            "name",
            "colorCode",
            "priority",
            "description",
            "createdBy",
            "updatedBy",
            "createdAt",
            "updatedAt",
        ]
