import re2
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from phonenumbers import SUPPORTED_REGIONS

from foundation.public_ids import new_public_id

from .keys import check_key
from .types import TYPES, FieldType, masked_but, type_choices

MOST_IDENTIFIERS = 10
PATTERN_LIMIT = 500
LONGEST_UNMASKED = 6
# System fields that say something about the profile rather than about the person.
FOR_EVERYBODY = frozenset({"labels", "isAnonymous"})


def check_pattern(pattern: str) -> None:
    """Refuse what RE2 cannot run in time linear to its input."""
    if len(pattern) > PATTERN_LIMIT:
        # The column says so; compiling it would cost.
        return
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0]
        raise ValidationError(
            f"Not supported: {reason.decode() if isinstance(reason, bytes) else reason}"
        ) from None


def check_region(region: str) -> None:
    """Refuse what would make every number without country code unreadable."""
    if region not in SUPPORTED_REGIONS:
        raise ValidationError("Use a two-letter country such as PK.")


class WithoutIdentity(models.TextChoices):
    """The customer that stands for a contact without an identity and without a conversation."""

    PLACEHOLDER = "placeholder", "One placeholder customer for all of them"
    NEW_CUSTOMER = "new_customer", "A new anonymous customer for each of them"


class ChannelType(models.Model):
    """A kind of channel, as the components of the contact centre name it (contract 8)."""

    name = models.CharField(
        max_length=50,
        unique=True,
        validators=[RegexValidator(r"\A[A-Za-z0-9_.-]+\Z", "Use letters, digits, _ . and - only.")],
        help_text="As callers send it, such as WHATSAPP. Upper and lower case differ.",
    )
    label = models.CharField(max_length=50)
    icon = models.CharField(max_length=50, blank=True, default="chat")
    default_region = models.CharField(
        max_length=2,
        blank=True,
        validators=[check_region],
        help_text="Country of numbers that arrive without country code, such as PK. "
        "Without it, local numbers such as 7946 0958 identify no customer.",
    )
    has_international_digits = models.BooleanField(
        "identifiers are international digits",
        default=False,
        help_text="Numbers arrive with country code and without +, as WhatsApp sends them. "
        "They are read so before the default region.",
    )
    without_identity = models.CharField(
        "contacts without an identity",
        max_length=15,
        choices=WithoutIdentity,
        default=WithoutIdentity.PLACEHOLDER,
        db_default=WithoutIdentity.PLACEHOLDER,
        help_text="Withheld callers, and all contacts of a channel type without an identifier field. "
        "A contact with a conversation id always has a customer of its own.",
    )

    def __str__(self):
        return self.label


class FieldDefinitionManager(models.Manager["FieldDefinition"]):
    """The fields that are there; a deleted one keeps its values until it is restored."""

    def get_queryset(self):
        return super().get_queryset().filter(deleted_at=None)


class FieldDefinition(models.Model):
    """One field of the customer schema: a key, a type, and what may be in it (contract 2)."""

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id, editable=False)
    key = models.CharField(
        max_length=64,
        validators=[check_key],
        help_text="Name of the field for integrations. It cannot be changed later.",
    )
    label = models.CharField(max_length=50)
    description = models.CharField(max_length=100, blank=True)
    type = models.CharField(max_length=20, choices=type_choices)
    length = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="Most characters of a text field.",
    )
    min_value = models.DecimalField(max_digits=28, decimal_places=10, null=True, blank=True)
    max_value = models.DecimalField(max_digits=28, decimal_places=10, null=True, blank=True)
    pattern = models.CharField(
        max_length=PATTERN_LIMIT,
        blank=True,
        validators=[check_pattern],
        help_text="Regular expression (RE2) that the whole value has to match.",
    )
    options = models.JSONField(default=list, blank=True)
    is_required = models.BooleanField("required", default=False)
    default_value = models.JSONField(
        default=str, blank=True, help_text="Fills new anonymous profiles where required."
    )
    is_pii = models.BooleanField(
        "personal data", default=False, help_text="Masked for roles that may not see it."
    )
    mask_start = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(LONGEST_UNMASKED)],
        help_text="First characters that stay readable in a masked value.",
    )
    mask_end = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(LONGEST_UNMASKED)],
        help_text="Last characters that stay readable in a masked value.",
    )
    # {key of a group: Visibility}; what is not said is "write".
    role_visibility = models.JSONField(default=dict, blank=True)
    is_searchable = models.BooleanField("searchable", default=False)
    is_channel_identifier = models.BooleanField(
        "channel identifier",
        default=False,
        help_text=f"Holds up to {MOST_IDENTIFIERS} identifiers by which channels find a customer.",
    )
    channel_types = models.ManyToManyField(ChannelType, blank=True, related_name="+")
    section = models.CharField(max_length=50, blank=True, default="Details")
    sort_order = models.PositiveIntegerField(default=0)
    is_system = models.BooleanField("system", default=False, editable=False)
    is_active = models.BooleanField("active", default=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    # When it was deleted; its key and its label are free again.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = FieldDefinitionManager()
    everything = models.Manager["FieldDefinition"]()

    class Meta:
        verbose_name = "field"
        permissions = [("clear_pii", "Can take the personal data mark from a field")]
        constraints = [
            models.UniqueConstraint(
                Lower("label"),
                condition=Q(deleted_at=None),
                name="schema_builder_fielddefinition_label",
                violation_error_message="is duplicate",
            ),
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(deleted_at=None),
                name="schema_builder_fielddefinition_key",
                violation_error_message="is duplicate",
                violation_error_code="unique",
            ),
            models.CheckConstraint(
                condition=Q(length__isnull=True) | Q(length__gte=1, length__lte=1000),
                name="schema_builder_fielddefinition_length",
            ),
            models.CheckConstraint(
                condition=(Q(mask_start__isnull=True) | Q(mask_start__lte=LONGEST_UNMASKED))
                & (Q(mask_end__isnull=True) | Q(mask_end__lte=LONGEST_UNMASKED)),
                name="schema_builder_fielddefinition_mask",
            ),
            models.CheckConstraint(
                condition=Q(is_system=False) | Q(is_active=True),
                name="schema_builder_fielddefinition_system_active",
            ),
            models.CheckConstraint(
                condition=Q(is_system=False) | Q(deleted_at=None),
                name="schema_builder_fielddefinition_system_kept",
            ),
        ]

    def __str__(self):
        return self.label

    @property
    def field_type(self) -> FieldType:
        return TYPES[self.type]

    @property
    def is_for_everybody(self) -> bool:
        """Whether no role can be kept from seeing it."""
        return self.key in FOR_EVERYBODY

    def mask(self, text: str) -> str:
        """`text` as somebody sees it who may not see the value."""
        if self.field_type.is_secret or (self.mask_start is None and self.mask_end is None):
            return self.field_type.mask(text)
        bare = self.field_type.unwrapped(text)
        return masked_but(bare, start=self.mask_start or 0, end=self.mask_end or 0)

    @property
    def blank(self):
        """What "no value" is on the wire (contract 13.9)."""
        return [] if self.is_channel_identifier else self.field_type.blank


class IgnoredIdentifier(models.Model):
    """A value that channels send for contacts without an identity (contract 13.5, 14.2)."""

    value = models.CharField(
        max_length=100,
        unique=True,
        help_text="Letter case, accents, punctuation and spaces are ignored.",
    )

    def __str__(self):
        return self.value


class SchemaRevision(models.Model):
    """One row that tells every process whether the schema it holds in memory is current."""

    token = models.CharField(max_length=24, default=new_public_id)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="schema_builder_schemarevision_one_row")
        ]

    def __str__(self):
        return self.token


class SchemaVersion(models.Model):
    """The whole schema as it was after one change, and whose change it was."""

    class Kind(models.TextChoices):
        FOUND = "found", "Found"
        EDIT = "edit", "Edited"
        PUBLISH = "publish", "Published"
        ROLLBACK = "rollback", "Rolled back"
        IMPORT = "import", "Imported"

    number = models.PositiveIntegerField(unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    author = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)
    # The fields in order, as schema_builder.documents writes them.
    fields = models.JSONField()

    def __str__(self):
        return f"Version {self.number}"


class SchemaDraft(models.Model):
    """The one draft that supervisors share: what they want, and what they started from."""

    # Another one with each edit: who knows an older one is told so.
    token = models.CharField(max_length=24, default=new_public_id)
    base = models.JSONField()
    fields = models.JSONField()
    # {id of a field: {option that goes: option that takes its place, or "" for none}}
    mappings = models.JSONField(default=dict)
    # What of it came from a file or a template.
    source = models.CharField(max_length=100, blank=True)
    updated_by = models.CharField(max_length=150, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="schema_builder_schemadraft_one_row")
        ]

    def __str__(self):
        return self.token
