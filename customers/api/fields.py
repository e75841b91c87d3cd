from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from customers.retiring import retire_field
from schema_builder.api.views import FieldDefinitionView
from schema_builder.models import FieldDefinition

from . import openapi


class CustomerFieldView(FieldDefinitionView):
    """One field, with its deletion, which concerns what customers have of it (contract 2.4)."""

    required_permissions = FieldDefinitionView.required_permissions | {
        "DELETE": "schema_builder.delete_fielddefinition"
    }

    @extend_schema(
        parameters=[
            OpenApiParameter("force", bool, description="Delete the values of customers, too.")
        ],
        responses={200: openapi.HOW_MANY},
    )
    def delete(self, request, public_id):
        field = get_object_or_404(FieldDefinition, public_id=public_id)
        force = request.query_params.get("force") == "true"
        return Response({"customers": retire_field(field, force=force, caller=request.user)})
