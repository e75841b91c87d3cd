from django.db import models
from django.db.models.functions import Left
from django.urls import reverse
from django.utils import timezone

from foundation.public_ids import new_public_id
from foundation.text import folded
from labels.models import Label
from schema_builder.models import ChannelType

from .querysets import CustomerQuerySet
from .search_key import SearchKeyField

FOLDED_NAME_LENGTH = 600
REASON_LENGTH = 200


class Customer(models.Model):
    """A person or organisation that the contact centre talks with.

    The system fields are columns here; identifiers, attribute values and labels are rows of
    their own. When something happened last is no column: it must not touch the version.
    """

    public_id = models.CharField(
        "id", max_length=24, unique=True, default=new_public_id, editable=False
    )
    first_name = models.CharField(max_length=200, blank=True)
    # What searching and sorting by name compare.
    folded_name = models.CharField(max_length=FOLDED_NAME_LENGTH, blank=True, editable=False)
    # Its other spellings, for searches.
    search_key = SearchKeyField(source="first_name", compared="folded_name")
    is_anonymous = models.BooleanField("anonymous", default=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=150, blank=True, editable=False)
    updated_by = models.CharField(max_length=150, blank=True, editable=False)
    # Set on the customer that stands for all contacts without an identity on a channel type.
    placeholder_for = models.ForeignKey(
        ChannelType,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    labels = models.ManyToManyField(
        Label, through="CustomerLabel", related_name="+", blank=True, editable=False
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        permissions = [
            ("view_pii", "Can see personal data unmasked"),
            ("merge_customer", "Can merge and split customers"),
            ("export_customer", "Can export customers"),
            ("import_customer", "Can import customers"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["placeholder_for"],
                condition=models.Q(placeholder_for__isnull=False),
                name="customers_customer_one_placeholder",
            ),
            # Every write moves the version, so that the database refuses to edit a placeholder.
            models.CheckConstraint(
                condition=models.Q(placeholder_for__isnull=True)
                | models.Q(is_anonymous=True, version=0),
                name="customers_customer_placeholder_fixed",
            ),
        ]
        indexes = [
            # Name order in lists; the name itself may be longer than an index entry.
            models.Index(Left("folded_name", 100), "id", name="customers_customer_name"),
            # What was written last, for lists and for the search for duplicates.
            models.Index(fields=["updated_at", "id"], name="customers_customer_changed"),
            # "Created in the last week", and the list in that order.
            models.Index(fields=["created_at", "id"], name="customers_customer_created"),
            models.Index(
                fields=["id"],
                condition=models.Q(is_anonymous=True),
                name="customers_customer_anonymous",
            ),
        ]

    def __str__(self):
        # Ends up in logs and in the history of the admin, where no name belongs.
        return self.public_id

    def get_absolute_url(self):
        return reverse("customers:customer-detail", args=[self.public_id])


class CustomerLabel(models.Model):
    """A label on a customer. Deleting the label takes it off everybody."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="worn_labels")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="+")
    assigned_at = models.DateTimeField(default=timezone.now, editable=False)
    assigned_by = models.CharField(max_length=150, blank=True, editable=False)
    # When it comes off by itself; null is for good.
    expires_at = models.DateTimeField(null=True, editable=False)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True, editable=False)

    class Meta:
        verbose_name = "label"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "label"], name="customers_customerlabel_once"
            )
        ]
        indexes = [
            # "Newest customers with this label" reads one page of it.
            models.Index(fields=["label", "-customer"], name="customers_customerlabel_label"),
            # What is over by now, oldest first.
            models.Index(
                fields=["expires_at", "customer"],
                condition=models.Q(expires_at__isnull=False),
                name="customers_customerlabel_ends",
            ),
        ]

    def __str__(self):
        return str(self.label_id)


class CustomerAlias(models.Model):
    """An id under which a customer was known before it was merged into another."""

    public_id = models.CharField(max_length=24, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="aliases")

    def __str__(self):
        return self.public_id


def folded_name(name: str) -> str:
    """Return the folded name, cut to its column: one character may fold to several."""
    return folded(name)[:FOLDED_NAME_LENGTH]
