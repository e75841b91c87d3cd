from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from .customer import Customer


class DuplicateRule(models.Model):
    """One reason to take two customers for the same person, and how much it says."""

    key = models.CharField(max_length=40, unique=True, editable=False)
    is_active = models.BooleanField("active", default=True)
    weight = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="1 to 100: how sure this reason alone makes.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(weight__gte=1, weight__lte=100),
                name="customers_duplicaterule_weight",
            )
        ]

    def __str__(self):
        return self.key


class DuplicatePair(models.Model):
    """Two customers that may be the same person; found by rules, forgotten and found again."""

    first = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField()
    # [{"rule": key, "field": field key or null}]
    reasons = models.JSONField(default=list)
    found_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"], name="customers_duplicatepair_once"
            ),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")),
                name="customers_duplicatepair_ordered",
            ),
        ]
        indexes = [models.Index(fields=["-score", "id"], name="customers_duplicatepair_queue")]

    def __str__(self):
        return f"{self.first_id} {self.second_id}"


class NotSamePerson(models.Model):
    """Somebody decided that two customers are two people.

    By id, the smaller first: a decision outlives merges, whose ids keep leading somewhere.
    """

    first = models.CharField(max_length=24)
    second = models.CharField(max_length=24)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"], name="customers_notsameperson_once"
            ),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")),
                name="customers_notsameperson_ordered",
            ),
        ]
        indexes = [models.Index(fields=["second"], name="customers_notsameperson_second")]

    def __str__(self):
        return f"{self.first} {self.second}"


class DuplicateScan(models.Model):
    """One row: up to which change of a customer the duplicates are known, and by which rules."""

    changed_at = models.DateTimeField(null=True)
    # The active rules with their weights, when the pairs were last scored.
    weights = models.JSONField(default=dict)

    def __str__(self):
        return str(self.changed_at)
