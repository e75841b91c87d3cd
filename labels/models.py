from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from foundation.colors import COLOR_PATTERN
from foundation.public_ids import new_public_id

DEFAULT_COLOR = "#a9a9a9"
DEFAULT_PRIORITY = 1


class Label(models.Model):
    """A name and a colour that can be stuck on somebody, with the priority it gives them."""

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id, editable=False)
    name = models.CharField(
        max_length=100,
        unique=True,
        help_text="Upper and lower case differ: Gold and gold are two labels.",
        error_messages={"unique": "is duplicate"},
    )
    color = models.CharField(
        "colour",
        max_length=9,
        default=DEFAULT_COLOR,
        validators=[RegexValidator(COLOR_PATTERN, "Not a colour: use #rrggbb.")],
    )
    priority = models.PositiveSmallIntegerField(
        default=DEFAULT_PRIORITY,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text="1 to 10. The highest priority among a customer's labels counts.",
    )
    description = models.CharField(max_length=200, blank=True)
    created_by = models.CharField(max_length=150, blank=True, editable=False)
    updated_by = models.CharField(max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(priority__gte=1, priority__lte=10),
                name="labels_label_priority_1_to_10",
            )
        ]

    def __str__(self):
        return self.name
