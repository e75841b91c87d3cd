from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from foundation.api_writes import answered_before_commit
from schema_builder.api_names import WIRE_NAMES
from schema_builder.client_fields import create_client_field
from schema_builder.editing import change_field, reorder_fields
from schema_builder.models import FieldDefinition
from schema_builder.permissions import ADD, CHANGE, CLEAR_PII, VIEW
from schema_builder.types import TYPES
from schema_builder.visibility import visible_fields

from .serializers import FieldDefinitionSerializer

TYPES_RESPONSE = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("type", "regex", "label")},
    },
}


def in_wire_names(error: ValidationError) -> ValidationError:
    """The same problems under the names that the client used."""
    return ValidationError(
        {WIRE_NAMES.get(name, name): messages for name, messages in error.message_dict.items()}
    )


class AttributeTypesView(APIView):
    """The field types and the expressions the client validates with (contract 1)."""

    required_permissions = {"GET": VIEW}

    @extend_schema(responses={200: TYPES_RESPONSE})
    def get(self, request):
        return Response(
            [
                {
                    "type": field_type.key,
                    "regex": field_type.client_regex,
                    "label": field_type.label,
                }
                for field_type in TYPES.values()
            ]
        )


class CustomerSchemaView(APIView):
    """All fields in order, and new ones (contract 2.1, 2.2)."""

    required_permissions = {"GET": VIEW, "POST": ADD}

    @extend_schema(
        operation_id="customerSchema_list", responses=FieldDefinitionSerializer(many=True)
    )
    def get(self, request):
        fields = FieldDefinition.objects.filter(is_active=True).order_by("sort_order", "id")
        fields = fields.prefetch_related("channel_types")
        # Who shapes the schema sees it whole.
        roles = () if request.user.has_perm(CHANGE) else request.user.roles
        return Response(FieldDefinitionSerializer(visible_fields(fields, roles), many=True).data)

    @extend_schema(request=FieldDefinitionSerializer, responses={201: FieldDefinitionSerializer})
    @answered_before_commit
    def post(self, request):
        serializer = FieldDefinitionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            field = create_client_field(
                author=request.user.get_username(), **serializer.validated_data
            )
        except ValidationError as error:
            raise in_wire_names(error) from error
        return Response(FieldDefinitionSerializer(field).data, 201)


class FieldDefinitionView(APIView):
    """One field (contract 2.3)."""

    required_permissions = {"PUT": CHANGE}

    @extend_schema(request=FieldDefinitionSerializer, responses=FieldDefinitionSerializer)
    @answered_before_commit
    def put(self, request, public_id):
        field = get_object_or_404(FieldDefinition, public_id=public_id)
        serializer = FieldDefinitionSerializer(field, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        try:
            field = self.changed(field, serializer.validated_data)
        except ValidationError as error:
            raise in_wire_names(error) from error
        return Response(FieldDefinitionSerializer(field).data)

    def changed(self, field, values):
        return change_field(
            field,
            may_clear_pii=self.request.user.has_perm(CLEAR_PII),
            author=self.request.user.get_username(),
            **values,
        )


class CustomerSchemaOrderView(APIView):
    """The order of the fields: the whole array comes back, matched by key (contract 2.5)."""

    required_permissions = {"PUT": CHANGE}

    @extend_schema(request=FieldDefinitionSerializer(many=True), responses={204: None})
    @answered_before_commit
    def put(self, request):
        items = request.data
        if not isinstance(items, list):
            kind = type(items).__name__
            raise ValidationError(f"Invalid data. Expected a list, but got {kind}.")
        if not all(isinstance(item, dict) and isinstance(item.get("key"), str) for item in items):
            raise ValidationError({"key": "This field is required."})
        reorder_fields((item["key"] for item in items), author=request.user.get_username())
        return Response(status=204)
