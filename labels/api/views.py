from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from foundation.public_ids import is_public_id
from labels.models import Label

from .serializers import LabelSerializer

UNLINKED = {"type": "object", "properties": {"customers": {"type": "integer"}}}
ID = OpenApiParameter("_id", str, required=True, description="Id of the label.")


class LabelView(APIView):
    """The labels; the one that is changed or deleted stands in the query string (contract 11)."""

    required_permissions = {
        "GET": "labels.view_label",
        "POST": "labels.add_label",
        "PUT": "labels.change_label",
        "DELETE": "labels.delete_label",
    }

    @extend_schema(operation_id="label_list", responses=LabelSerializer(many=True))
    def get(self, request):
        return Response(LabelSerializer(Label.objects.order_by("name", "id"), many=True).data)

    @extend_schema(request=LabelSerializer, responses={201: LabelSerializer})
    def post(self, request):
        serializer = LabelSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        author = serializer.validated_data.get("created_by") or request.user.get_username()
        serializer.save(created_by=author, updated_by=author)
        return Response(serializer.data, 201)

    @extend_schema(parameters=[ID], request=LabelSerializer, responses=LabelSerializer)
    def put(self, request):
        label = self.get_label()
        serializer = LabelSerializer(label, data=request.data)
        serializer.is_valid(raise_exception=True)
        author = serializer.validated_data.get("updated_by") or request.user.get_username()
        serializer.save(created_by=label.created_by, updated_by=author)
        return Response(serializer.data)

    @extend_schema(parameters=[ID], responses={200: UNLINKED})
    def delete(self, request):
        rows_gone, _ = self.get_label().delete()
        # All rows but the label itself said that somebody wears it.
        return Response({"customers": rows_gone - 1})

    def get_label(self) -> Label:
        public_id = self.request.query_params.get("_id")
        if not public_id:
            raise ValidationError({"_id": "This parameter is required."})
        if not is_public_id(public_id):
            raise ValidationError({"_id": f'"{public_id}" is not a valid id.'})
        return get_object_or_404(Label, public_id=public_id)
