"""The list of customers in the admin: what its rows show."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from customers.masking import Mask, seen_by
from customers.models import ChannelIdentity, Customer, CustomerLabel
from customers.values import NAME_FIELD
from foundation.adminkit import ChangeList, DropdownFilter
from labels.models import Label
from schema_builder.snapshot import Schema

IDENTIFIERS_SHOWN = 2


@dataclass(frozen=True, slots=True)
class ShownCustomer:
    """A row as its reader may see it."""

    name: str
    identifiers: list[tuple[str, str]]
    more_identifiers: int
    labels: list[Label]


class CustomerChangeList(ChangeList):
    result_list: Any

    def get_ordering_field(self, field_name):
        # An address may ask for the order of any column, also of one that gives values away.
        return super().get_ordering_field(field_name) if field_name in self.sortable_by else None

    def get_results(self, request):
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            # The theme says how many of all were found; nothing was looked for.
            self.full_result_count = self.result_count
        schema, mask = seen_by(request.user)
        customers: list[Any] = list(self.result_list)
        read_details(customers)
        for customer in customers:
            customer.shown = shown_customer(customer, schema, mask)
        self.result_list = customers


def read_details(customers: Iterable[Customer]) -> None:
    """Identities and labels of all rows, in one query each."""
    held = ChannelIdentity.objects.filter(is_retired=False).order_by("id")
    worn = CustomerLabel.objects.select_related("label").order_by("-label__priority", "label__name")
    prefetch_related_objects(
        list(customers), Prefetch("identities", held), Prefetch("worn_labels", worn)
    )


def shown_customer(customer: Customer, schema: Schema, mask: Mask) -> ShownCustomer:
    places = {field.pk: place for place, field in enumerate(schema.identifier_fields)}
    identities = sorted(
        (identity for identity in customer.identities.all() if identity.field_id in places),
        key=lambda identity: places[identity.field_id],
    )
    return ShownCustomer(
        name=mask(schema.by_key[NAME_FIELD], customer.first_name),
        identifiers=[
            (schema.by_id[i.field_id].label, mask(schema.by_id[i.field_id], i.value))
            for i in identities[:IDENTIFIERS_SHOWN]
        ],
        more_identifiers=max(0, len(identities) - IDENTIFIERS_SHOWN),
        labels=[worn.label for worn in customer.worn_labels.all()],
    )


class LabelFilter(DropdownFilter):
    title = "label"
    parameter_name = "label"

    def lookups(self, request, model_admin):
        return list(Label.objects.order_by("name", "id").values_list("public_id", "name"))

    def queryset(self, request, queryset):
        return queryset.filter(worn_labels__label__public_id=self.value()) if self.value() else None
