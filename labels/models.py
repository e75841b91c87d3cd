from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from foundation.colors import COLOR_PATTERN
from foundation.public_ids import new_public_id

DEFAULT_COLOR = "#a9a9a9"
DEFAULT_PRIORITY = 1
# Ten years: a label for longer is one for good.
MOST_DAYS = 3650
# Among the channel types that must not be used: none may.
ALL_CHANNELS = "*"
MOST_CHANNELS = 50


def check_channels(channels: object) -> None:
    """Refuse what is no list of names of channel types; which there are is known upstairs."""
    if not isinstance(channels, list) or not all(
        isinstance(name, str) and 0 < len(name) <= 50 for name in channels
    ):
        raise ValidationError("Must be a list of channel types.")
    if len(channels) > MOST_CHANNELS:
        raise ValidationError(f"Holds at most {MOST_CHANNELS} values.")


class LabelGroup(models.Model):
    """Labels of one subject, such as the tiers; of an exclusive one nobody wears two."""

    name = models.CharField(max_length=100, unique=True, error_messages={"unique": "is duplicate"})
    is_exclusive = models.BooleanField(
        "one only", default=True, help_text="A customer wears at most one label of this group."
    )

    def __str__(self):
        return self.name


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
    group = models.ForeignKey(
        LabelGroup,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="labels",
        help_text="Of a group marked as one only, a customer wears at most one label.",
    )
    expires_after_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
        help_text="Days until it comes off by itself. Empty: it stays for good.",
    )
    assignable_by = models.ManyToManyField(
        Group,
        through="LabelRole",
        blank=True,
        related_name="+",
        verbose_name="who may assign it",
        help_text="Roles that put it on and take it off. Empty: everybody who may label.",
    )
    requires_reason = models.BooleanField(
        "asks for a reason",
        default=False,
        help_text="Whoever puts it on has to say why.",
    )
    do_not_contact = models.JSONField(default=list, blank=True, validators=[check_channels])
    is_archived = models.BooleanField("archived", default=False, editable=False)
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

    @property
    def is_exclusive(self) -> bool:
        return self.group is not None and self.group.is_exclusive


class LabelRole(models.Model):
    """A role that may assign a label; it stays, else the label would be everybody's to assign."""

    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "labels_label_assignable_by"
        verbose_name = "label that only some roles assign"
        verbose_name_plural = "labels that only some roles assign"
        constraints = [
            models.UniqueConstraint(fields=["label", "group"], name="labels_labelrole_once"),
        ]

    def __str__(self):
        return f'Label "{self.label}" is assigned by {self.group}'


class LabelAlias(models.Model):
    """An id under which a label was known before it was merged into another."""

    public_id = models.CharField(max_length=24, unique=True)
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="aliases")
    # Primary key of the merged label, by which histories name it; None where it is not known.
    former_key = models.BigIntegerField(null=True, unique=True)

    def __str__(self):
        return self.public_id
