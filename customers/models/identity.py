from django.db import models
from django.db.models import Q
from django.utils import timezone

from schema_builder.models import FieldDefinition

from .customer import Customer
from .search_key import SearchKeyField

# Width of the column that holds match keys.
KEY_LENGTH = 255

IDENTIFIER_LENGTH = 255


class Trust(models.TextChoices):
    VERIFIED = "verified"
    SELF_ASSERTED = "self_asserted", "self-asserted"
    IMPORTED = "imported"


class IdentityQuerySet(models.QuerySet["ChannelIdentity"]):
    def active(self) -> "IdentityQuerySet":
        """Identities that are not retired: those that their customers still have."""
        return self.filter(is_retired=False)

    def identifying(self) -> "IdentityQuerySet":
        """Active identities that decide a lookup: not shared, and of an identified customer."""
        return self.active().filter(is_anonymous=False, is_shared=False)


class ChannelIdentity(models.Model):
    """One identifier by which channels reach a customer.

    Several customers may hold the same one, which is what suggestions are for; but only one of
    them may be anonymous, and the database promises it, so that racing first contacts meet.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities")
    field = models.ForeignKey(FieldDefinition, on_delete=models.PROTECT, related_name="+")
    value = models.CharField(max_length=IDENTIFIER_LENGTH, help_text="As it was sent.")
    # Its other spellings, for searches for a part of it.
    search_key = SearchKeyField(source="value", compared="searched_value")
    match_key = models.CharField(max_length=KEY_LENGTH, editable=False)
    # Common to all spellings of the same line or mailbox.
    near_key = models.CharField(  # noqa: DJ001 - NULL keeps the row out of its index
        max_length=KEY_LENGTH, null=True, editable=False
    )
    is_valid = models.BooleanField(
        "well-formed",
        default=True,
        editable=False,
        help_text="No where a channel delivered something that its type cannot read.",
    )
    # Kept equal to the customer's flag by customers.profiles.
    is_anonymous = models.BooleanField(default=False, editable=False)
    is_shared = models.BooleanField(
        "shared",
        default=False,
        help_text="A switchboard or family phone: it suggests customers, it never decides.",
    )
    is_retired = models.BooleanField(
        "retired", default=False, help_text="No longer this customer's; it matches nobody."
    )
    is_primary = models.BooleanField(
        "primary",
        default=False,
        db_default=False,
        help_text="The one to use among several of its field.",
    )
    trust = models.CharField(max_length=15, choices=Trust, default=Trust.SELF_ASSERTED)
    verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    verified_by = models.CharField(max_length=150, blank=True, editable=False)
    source = models.CharField(max_length=50, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name = "channel identity"
        verbose_name_plural = "channel identities"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "field", "match_key"], name="customers_channelidentity_once"
            ),
            models.UniqueConstraint(
                fields=["field", "match_key"],
                # Shared and retired identities never identify a customer.
                condition=Q(is_anonymous=True, is_shared=False, is_retired=False),
                name="customers_channelidentity_one_anonymous",
            ),
        ]
        indexes = [
            # The lookup of every message and call.
            models.Index(
                fields=["match_key", "field"],
                include=["customer", "is_retired"],
                name="customers_channelidentity_key",
            ),
            models.Index(
                fields=["near_key"],
                condition=Q(near_key__isnull=False),
                name="customers_channelidentity_near",
            ),
            # What a supervisor has to look at: few among many.
            models.Index(
                fields=["customer"],
                condition=Q(is_valid=False),
                name="customers_channelidentity_bad",
            ),
        ]

    def __str__(self):
        return self.value

    @property
    def searched_value(self) -> str:
        return searched_value(self.value)


def searched_value(value: str) -> str:
    """What a search without regard to letter case reads of the value itself.

    Of letters beyond ASCII, databases know neither case nor compositions.
    """
    return value.lower() if value.isascii() else ""


class IdentifierReading(models.Model):
    """One row: by which rules all stored identifiers were read last, and which are under way."""

    # As customers.search_keys.rereading.rules_of has it.
    rules = models.CharField(max_length=40, blank=True)
    next_rules = models.CharField(max_length=40, blank=True)
    # Key of the last identity that was read by the next rules.
    read_up_to = models.BigIntegerField(default=0)

    def __str__(self):
        return self.rules
