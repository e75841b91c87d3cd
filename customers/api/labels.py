from django.db.models import Exists, OuterRef, Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from customers.labelling.channels import unknown_channel
from customers.labelling.holders import delete_labels
from customers.models import CustomerLabel
from foundation.api_writes import answered_before_commit
from labels.api.serializers import LabelSerializer
from labels.api.views import ID, LabelView
from labels.models import Label
from schema_builder.schema import current_schema

from . import openapi


class WornLabelSerializer(LabelSerializer):
    """A label with channel types that exist."""

    def validate_doNotContact(self, names):
        if unknown := unknown_channel(names, current_schema()):
            raise serializers.ValidationError(f'Unknown channel type "{unknown}".')
        return sorted(set(names))


class WornLabelView(LabelView):
    """The labels, with what customers have to do with them."""

    serializer = WornLabelSerializer
    required_permissions = LabelView.required_permissions | {"DELETE": "labels.delete_label"}

    def listed(self):
        """All but what is archived and worn by nobody.

        The contract's client saves the labels of a customer that it finds in this list: it
        would take off the others unasked.
        """
        worn = CustomerLabel.objects.filter(label=OuterRef("pk"))
        return super().listed().filter(Q(is_archived=False) | Exists(worn))

    @extend_schema(parameters=[ID], responses={200: openapi.HOW_MANY})
    @answered_before_commit
    def delete(self, request):
        label = self.get_label(Label.objects.all())
        return Response({"customers": delete_labels([label.pk], caller=request.user)})
