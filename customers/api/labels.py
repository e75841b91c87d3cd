from django.db.models import Exists, OuterRef, Q
from rest_framework import serializers

from customers.channels import unknown_channel
from customers.models import CustomerLabel
from labels.api.serializers import LabelSerializer
from labels.api.views import LabelView
from schema_builder.snapshot import current_schema


class WornLabelSerializer(LabelSerializer):
    """A label with channel types that exist."""

    def validate_doNotContact(self, names):
        if unknown := unknown_channel(names, current_schema()):
            raise serializers.ValidationError(f'Unknown channel type "{unknown}".')
        return sorted(set(names))


class WornLabelView(LabelView):
    """The labels, with what customers have to do with them."""

    serializer = WornLabelSerializer

    def listed(self):
        """All but what is archived and worn by nobody.

        The contract's client saves the labels of a customer that it finds in this list: it
        would take off the others unasked.
        """
        worn = CustomerLabel.objects.filter(label=OuterRef("pk"))
        return super().listed().filter(Q(is_archived=False) | Exists(worn))
