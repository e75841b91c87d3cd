from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from customers.api import openapi
from foundation.api_writes import answered_before_commit
from schema_builder.api.serializers import FieldDefinitionSerializer
from schema_builder.api.views import FieldDefinitionView
from schema_builder.models import FieldDefinition
from schema_builder.permissions import DELETE

from .field_deletion import change_field_and_values, retire_field


class CustomerFieldView(FieldDefinitionView):
    """One field, changed and deleted with what customers have of it (contract 2.3, 2.4)."""

    required_permissions = FieldDefinitionView.required_permissions | {"DELETE": DELETE}

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "force", bool, description="Let options go that customers have chosen, too."
            )
        ],
        request=FieldDefinitionSerializer,
        responses=FieldDefinitionSerializer,
    )
    def put(self, request, public_id):
        return super().put(request, public_id)

    def changed(self, field, values):
        return change_field_and_values(
            field, force=is_forced(self.request), caller=self.request.user, **values
        )

    @extend_schema(
        parameters=[
            OpenApiParameter("force", bool, description="Delete the values of customers, too.")
        ],
        responses={200: openapi.HOW_MANY},
    )
    @answered_before_commit
    def delete(self, request, public_id):
        field = get_object_or_404(FieldDefinition, public_id=public_id)
        customers = retire_field(field, force=is_forced(request), caller=request.user)
        return Response({"customers": customers})


def is_forced(request) -> bool:
    return request.query_params.get("force") == "true"
