from django.db import IntegrityError, transaction
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from foundation.colors import COLOR_PATTERN
from foundation.strictness import StrictBody
from foundation.text import is_blank, tidied
from labels.models import DEFAULT_PRIORITY, Label

CHANGE = "labels.change_label"


class NameField(serializers.CharField):
    """Names that look the same are the same, and a reader sees something."""

    def to_internal_value(self, data):
        name = tidied(super().to_internal_value(data))
        if is_blank(name):
            self.fail("blank")
        return name


class LabelSerializer(StrictBody, serializers.ModelSerializer):
    """A label in the contract's words (contract 11); a write needs the `caller` as context.

    `createdBy` and `updatedBy` are what the client says of its user; callers that say nothing
    are named themselves.
    """

    _id = serializers.CharField(source="public_id", read_only=True)
    name = NameField(
        max_length=100, validators=[UniqueValidator(Label.objects.all(), "is duplicate")]
    )
    colorCode = serializers.RegexField(
        COLOR_PATTERN,
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

    def validate_priority(self, priority):
        # Who could not lower it again may not put a customer in front of all others.
        if priority != DEFAULT_PRIORITY and not self.context["caller"].has_perm(CHANGE):
            raise serializers.ValidationError("You may not set a priority.")
        return priority

    def save(self, **values):
        """Save the label, and refuse a name that was taken since it was checked."""
        try:
            with transaction.atomic():
                return super().save(**values)
        except IntegrityError:
            self.run_validation(self.initial_data)
            raise
