from django.db import models
from django.db.models import Q
from django.db.models.functions import Left

from schema_builder.models import FieldDefinition

from .customer import Customer
from .search_key import SearchKeyField

# Characters of a text that indexes hold; an index entry has a limit that long values exceed.
SORTED_LENGTH = 100


class AttributeValue(models.Model):
    """The value of one field for one customer; no value is no row.

    `text` is what is given out; the typed columns are what is filtered and sorted by.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="values")
    field = models.ForeignKey(FieldDefinition, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    folded = models.TextField(null=True)  # noqa: DJ001 - NULL keeps the row out of its index
    # Its other spellings, for searches.
    search_key = SearchKeyField(source="text", compared="folded")
    number = models.DecimalField(max_digits=30, decimal_places=10, null=True)
    timestamp = models.DateTimeField(null=True)
    # As that of an identity: an e-mail address is kept in fields of both kinds.
    near_key = models.TextField(null=True)  # noqa: DJ001 - NULL keeps the row out of its index

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "field"], name="customers_attributevalue_once"
            )
        ]
        indexes = [
            models.Index(
                "field",
                Left("folded", SORTED_LENGTH),
                "customer",
                condition=Q(folded__isnull=False),
                name="customers_attributevalue_text",
            ),
            models.Index(
                fields=["field", "number", "customer"],
                condition=Q(number__isnull=False),
                name="customers_attributevalue_num",
            ),
            models.Index(
                fields=["field", "timestamp", "customer"],
                condition=Q(timestamp__isnull=False),
                name="customers_attributevalue_time",
            ),
            models.Index(
                fields=["near_key"],
                condition=Q(near_key__isnull=False),
                name="customers_attributevalue_near",
            ),
        ]

    def __str__(self):
        return self.text
