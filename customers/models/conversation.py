from django.db import models
from django.utils import timezone

from schema_builder.models import ChannelType

from .customer import Customer


class Conversation(models.Model):
    """A conversation that another component holds, linked to the customer it is with."""

    class Direction(models.TextChoices):
        INBOUND = "inbound"
        OUTBOUND = "outbound"

    conversation_id = models.CharField(max_length=100, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="conversations")
    channel_type = models.ForeignKey(ChannelType, on_delete=models.PROTECT, related_name="+")
    identifier = models.CharField(max_length=255, blank=True)
    direction = models.CharField(max_length=10, choices=Direction, default=Direction.INBOUND)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    last_activity_at = models.DateTimeField(default=timezone.now)

    class Meta:
        permissions = [("relink_conversation", "Can relink conversations")]
        indexes = [
            models.Index(
                fields=["customer", "-last_activity_at"], name="customers_conversation_last"
            )
        ]

    def __str__(self):
        return self.conversation_id
