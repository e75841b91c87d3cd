from typing import Any

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from foundation.colors import COLOR_PATTERN
from foundation.serializers import StrictBody
from foundation.text import is_blank, tidied
from labels.models import DEFAULT_PRIORITY, MOST_CHANNELS, MOST_DAYS, Label, LabelGroup

CHANGE = "labels.change_label"
MOST_ROLES = 50
# What an untouched label says of each rule, by model field.
NO_RULES: dict[str, Any] = {
    "priority": DEFAULT_PRIORITY,
    "group": None,
    "expires_after_days": None,
    "assignable_by": [],
    "requires_reason": False,
    "do_not_contact": [],
    "is_archived": False,
}


class NameField(serializers.CharField):
    """Names that look the same are the same, and a reader sees something."""

    def to_internal_value(self, data):
        name = tidied(super().to_internal_value(data))
        if is_blank(name):
            self.fail("blank")
        return name


class RolesField(serializers.ListField):
    """Roles by name."""

    child = serializers.CharField(max_length=150)

    def to_internal_value(self, data):
        names = set(super().to_internal_value(data))
        if len(names) > MOST_ROLES:
            raise serializers.ValidationError(f"Holds at most {MOST_ROLES} values.")
        roles = list(Group.objects.filter(name__in=names).order_by("name"))
        if unknown := sorted(names - {role.name for role in roles}):
            raise serializers.ValidationError(f'There is no role "{unknown[0]}".')
        return roles

    def to_representation(self, roles):
        return sorted(role.name for role in roles.all())


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
    group = serializers.SlugRelatedField(
        slug_field="name",
        queryset=LabelGroup.objects.all(),
        required=False,
        allow_null=True,
        error_messages={"does_not_exist": "There is no group of this name."},
    )
    expiresAfterDays = serializers.IntegerField(
        source="expires_after_days",
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MOST_DAYS,
    )
    assignableBy = RolesField(source="assignable_by", required=False)
    requiresReason = serializers.BooleanField(source="requires_reason", required=False)
    doNotContact = serializers.ListField(
        child=serializers.CharField(max_length=50),
        source="do_not_contact",
        required=False,
        max_length=MOST_CHANNELS,
    )
    isArchived = serializers.BooleanField(source="is_archived", required=False)
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
            "group",
            "expiresAfterDays",
            "assignableBy",
            "requiresReason",
            "doNotContact",
            "isArchived",
            "createdBy",
            "updatedBy",
            "createdAt",
            "updatedAt",
        ]

    def validate(self, values):
        """Refuse rules of who could not change them again."""
        if self.context["caller"].has_perm(CHANGE):
            return values
        names = {field.source: name for name, field in self.fields.items()}
        problems = {
            names[source]: [f"You may not set {'a priority' if source == 'priority' else 'this'}."]
            for source, unset in NO_RULES.items()
            if values.get(source, unset) != unset
        }
        if problems:
            raise serializers.ValidationError(problems)
        return values

    def save(self, **values):
        """Save the label, and refuse a name that was taken since it was checked."""
        try:
            with transaction.atomic():
                return super().save(**values)
        except IntegrityError:
            self.run_validation(self.initial_data)
            raise
