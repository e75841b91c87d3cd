from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone

from foundation.public_ids import new_public_id

from .encryption import seal, unseal
from .signing import new_secret

URL_LENGTH = 500
# The type of an event that only shows whether anything arrives.
TEST = "webhook.test"
# So long the secret before the newest is signed with, too.
OVERLAP = timedelta(hours=24)


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def active(self) -> "SubscriptionQuerySet":
        return self.filter(is_active=True, deleted_at=None)

    def subscribe(self, **values: Any) -> tuple["Subscription", str]:
        """A new subscription and its secret, which is shown once."""
        secret = new_secret()
        return self.create(sealed_secret=seal(secret), **values), secret


class PresentSubscriptions(models.Manager.from_queryset(SubscriptionQuerySet)):  # type: ignore[misc]
    def get_queryset(self):
        return super().get_queryset().filter(deleted_at=None)


class Subscription(models.Model):
    """Where events of some types are posted to, and how much of them may be seen there."""

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id, editable=False)
    name = models.CharField(max_length=100, help_text="Which system listens there.")
    url = models.CharField("URL", max_length=URL_LENGTH)
    event_types = models.JSONField("events", default=list)
    # Null once the webhook is deleted, which keeps no role from being so.
    role = models.ForeignKey(
        Group,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="What this role may see is sent: fields that are hidden from it or masked for it"
        " are so there, and operations and changes go to roles that may see what was done.",
    )
    may_view_pii = models.BooleanField(
        "sees personal data",
        default=False,
        help_text="Without this, values of fields marked as PII are sent masked.",
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Nothing is noted for a webhook that is not, nor sent."
    )
    sealed_secret = models.CharField(max_length=500, editable=False)
    sealed_previous = models.CharField(max_length=500, blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    # Since when nothing has arrived; null where the last attempt went well.
    failing_since = models.DateTimeField(null=True, editable=False)
    # Why it was switched off, in words for people.
    problem = models.CharField(max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=150, blank=True, editable=False)
    # Writes of others may refer to the row while it is being deleted, so it goes later.
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = PresentSubscriptions()
    everything = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook"
        base_manager_name = "everything"
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(deleted_at=None),
                name="webhooks_subscription_name",
                violation_error_message="There is a webhook with this name already.",
            ),
            models.CheckConstraint(
                condition=Q(role__isnull=False) | Q(deleted_at__isnull=False),
                name="webhooks_subscription_role",
            ),
        ]

    def __str__(self):
        return self.name

    def secrets(self, now: datetime) -> list[str]:
        """What to sign with, the newest first. Raises SecretUnreadable."""
        is_overlapping = self.previous_until is not None and now < self.previous_until
        sealed = [self.sealed_secret, *([self.sealed_previous] if is_overlapping else [])]
        return [unseal(text) for text in sealed]

    def rotate(self, now: datetime) -> str:
        """A new secret; until OVERLAP is over, the one before it is signed with, too."""
        secret = new_secret()
        self.sealed_secret, self.sealed_previous = seal(secret), self.sealed_secret
        self.previous_until = now + OVERLAP
        self.save(update_fields=["sealed_secret", "sealed_previous", "previous_until"])
        return secret

    def remove(self) -> None:
        """Send nothing there any more, and forget it (`delivering.forget`)."""
        self.deleted_at, self.role = timezone.now(), None
        self.save(update_fields=["deleted_at", "role"])


class Event(models.Model):
    """Something that happened, written in the transaction in which it did.

    It holds keys and no personal data: what is sent is told anew by who knows what they mean.
    """

    # The `webhook-id` of every attempt.
    public_id = models.CharField(max_length=24, unique=True, default=new_public_id)
    type = models.CharField(max_length=50)
    # Id of what it is about.
    subject = models.CharField(max_length=24, blank=True)
    facts = models.JSONField(default=dict)
    occurred_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            # What is old enough to be forgotten.
            models.Index(fields=["occurred_at"], name="webhooks_event_age"),
            # Whether others were told of a customer.
            models.Index(fields=["subject"], name="webhooks_event_subject"),
        ]

    def __str__(self):
        return f"{self.type} {self.public_id}"

    @property
    def is_test(self) -> bool:
        return self.type == TEST


class Delivery(models.Model):
    """One event on its way to one subscription."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        FAILED = "failed"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="deliveries", verbose_name="webhook"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    # When it is tried next; while it is tried, until when nobody else may, which is also how
    # whoever tries it knows that it is still theirs.
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    attempted_at = models.DateTimeField(null=True)
    # Of the last attempt: the HTTP status, and how long it took.
    answer = models.PositiveSmallIntegerField(null=True)
    milliseconds = models.PositiveIntegerField(null=True)
    # Why the last attempt failed, in words for people.
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["event", "subscription"], name="webhooks_delivery_once")
        ]
        indexes = [
            # The queue of each subscription.
            models.Index(
                fields=["subscription", "due_at", "id"],
                condition=Q(status="waiting"),
                name="webhooks_delivery_queue",
            ),
            models.Index(fields=["status", "-id"], name="webhooks_delivery_status"),
            models.Index(fields=["subscription", "-id"], name="webhooks_delivery_newest"),
            models.Index(
                fields=["subscription", "-attempted_at"],
                condition=Q(attempted_at__isnull=False),
                name="webhooks_delivery_tried",
            ),
        ]

    def __str__(self):
        return f"Delivery {self.pk}"
