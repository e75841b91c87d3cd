from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from foundation.api_writes import answered_before_commit
from foundation.public_ids import is_public_id
from labels.models import Label

from .serializers import CHANGE, LabelSerializer

ID = OpenApiParameter("_id", str, required=True, description="Id of the label.")


class LabelView(APIView):
    """The labels; the one that is changed or deleted stands in the query string (contract 11)."""

    serializer = LabelSerializer
    required_permissions = {
        "GET": "labels.view_label",
        "POST": "labels.add_label",
        "PUT": CHANGE,
    }

    @extend_schema(operation_id="label_list", responses=LabelSerializer(many=True))
    def get(self, request):
        listed = self.listed().select_related("group").prefetch_related("assignable_by")
        return Response(self.serializer(listed.order_by("name", "id"), many=True).data)

    def listed(self) -> QuerySet[Label]:
        """The labels that the list shows."""
        return Label.objects.all()

    @extend_schema(request=LabelSerializer, responses={201: LabelSerializer})
    @answered_before_commit
    def post(self, request):
        serializer = self.serializer(data=request.data, context={"caller": request.user})
        serializer.is_valid(raise_exception=True)
        author = serializer.validated_data.get("created_by") or request.user.get_username()
        serializer.save(created_by=author, updated_by=author)
        return Response(serializer.data, 201)

    @extend_schema(parameters=[ID], request=LabelSerializer, responses=LabelSerializer)
    @answered_before_commit
    def put(self, request):
        label = self.get_label(Label.objects.select_for_update())
        serializer = self.serializer(
            label, data=request.data, partial=True, context={"caller": request.user}
        )
        serializer.is_valid(raise_exception=True)
        author = serializer.validated_data.get("updated_by") or request.user.get_username()
        serializer.save(created_by=label.created_by, updated_by=author)
        return Response(serializer.data)

    def get_label(self, labels: QuerySet[Label]) -> Label:
        public_id = self.request.query_params.get("_id")
        if not public_id:
            raise ValidationError({"_id": "This parameter is required."})
        if not is_public_id(public_id):
            raise ValidationError({"_id": f'"{public_id}" is not a valid id.'})
        return get_object_or_404(labels, public_id=public_id)
