from django.conf import settings
from django.db import models


class Figure(models.Model):
    """A number about all customers, as it was when somebody last counted."""

    key = models.CharField(max_length=40, unique=True)
    value = models.JSONField()
    computed_at = models.DateTimeField()

    def __str__(self):
        return self.key


class AmbiguousLookup(models.Model):
    """How many lookups of a day, by one channel, found several customers."""

    day = models.DateField()
    # Its name, so that what was counted outlives the channel type.
    channel_type = models.CharField(max_length=50)
    lookups = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "channel_type"], name="customers_ambiguouslookup_once"
            )
        ]

    def __str__(self):
        return f"{self.channel_type} on {self.day}"


class HiddenChecklist(models.Model):
    """Somebody has seen enough of the set-up checklist."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )

    def __str__(self):
        return str(self.user_id)
