import phonenumbers
from rest_framework.response import Response
from rest_framework.views import APIView

from customers.models import Customer
from schema_builder.models import FieldDefinition

from .serializers import CustomerSerializer


class LookupView(APIView):
    """The customer that holds a number, with related rows prefetched."""

    def get(self, request):
        number = phonenumbers.parse(request.query_params["customerChannelIdentifier"])
        customers = Customer.objects.filter(
            identities__match_key=phonenumbers.format_number(
                number, phonenumbers.PhoneNumberFormat.E164
            ),
            identities__field__channel_types__name=request.query_params["channelType"],
            identities__is_retired=False,
            is_anonymous=False,
        ).prefetch_related("identities__field", "values__field", "labels")
        fields = FieldDefinition.objects.filter(is_active=True).order_by("sort_order", "id")
        found = CustomerSerializer(customers, many=True, context={"fields": fields}).data
        return Response(
            {
                "customer": found[0],
                "customerSuggestions": [],
                "identification": {
                    "outcome": "matched",
                    "matchedBy": {
                        "field": "phoneNumber",
                        "identifier": request.query_params["customerChannelIdentifier"],
                        "rule": "same_identifier",
                    },
                    "suggestions": [],
                    "priority": {"value": found[0]["priority"], "label": None},
                },
            }
        )
