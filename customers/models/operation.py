from django.db import models
from django.utils import timezone

from foundation.public_ids import new_public_id
from jobs.models import Job
from schema_builder.models import FieldDefinition, SchemaVersion


class Operation(models.Model):
    """One change of customers that somebody asked for, and everything needed to take it back."""

    class Kind(models.TextChoices):
        EDIT = "edit"
        RELINK = "relink"
        MERGE = "merge"
        SPLIT = "split"
        CLAIM = "claim"
        RELEASE = "release"
        BULK = "bulk"
        DELETE = "delete"
        # An anonymous twin whose identifiers an identified customer has as well.
        ABSORB = "absorb"
        IMPORT = "import"
        UNDO = "undo"

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id)
    kind = models.CharField(max_length=10, choices=Kind)
    actor = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)
    # What an undo took back.
    takes_back = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="taken_back_by"
    )
    # The undo that took this one back, unless that was taken back itself.
    undone_by = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="+")
    # Many customers, each by itself: the history of one of them tells nothing of the others.
    is_bulk = models.BooleanField(default=False, db_default=False)
    # The job that this was a chunk of.
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    # The version of the schema that rewrote values by it.
    schema_version = models.ForeignKey(
        SchemaVersion, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        permissions = [("change_in_bulk", "Can change many customers at once")]
        # How often something was done on a day.
        indexes = [
            models.Index(fields=["kind", "at"], name="customers_operation_day"),
            models.Index(
                fields=["schema_version"],
                name="customers_operation_version",
                condition=models.Q(schema_version__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.public_id}"


class OperationCustomer(models.Model):
    """Whose history an operation belongs to; by id, for the customer may be gone."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="customers")
    customer_pk = models.BigIntegerField()
    public_id = models.CharField(max_length=24)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "customer_pk"], name="customers_operationcustomer_once"
            )
        ]
        indexes = [
            models.Index(fields=["public_id", "-operation"], name="customers_operation_history")
        ]

    def __str__(self):
        return self.public_id


class RowChange(models.Model):
    """One row that an operation touched: before (null: not there yet), after (null: gone)."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="changes")
    table = models.CharField(max_length=30)
    row = models.BigIntegerField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    # Whose history alone this is, in a bulk operation.
    customer_pk = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "table", "row"], name="customers_rowchange_once"
            )
        ]
        indexes = [models.Index(fields=["table", "row"], name="customers_rowchange_row")]

    def __str__(self):
        return f"{self.table} {self.row}"


class SchemaRewrite(models.Model):
    """An option that a version of the schema replaced in the values of customers."""

    version = models.ForeignKey(SchemaVersion, on_delete=models.CASCADE, related_name="+")
    field = models.ForeignKey(FieldDefinition, on_delete=models.CASCADE, related_name="+")
    # In no index: options may be long. Empty where the successor came back without taking a place.
    option = models.TextField(blank=True)
    # Empty where nothing took its place.
    successor = models.TextField(blank=True)
    customers = models.PositiveIntegerField()

    def __str__(self):
        return f"{self.option} → {self.successor}"
