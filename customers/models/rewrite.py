from django.db import models

from schema_builder.models import FieldDefinition, SchemaVersion


class SchemaRewrite(models.Model):
    """What became of an option in the values of customers with a version of the schema."""

    version = models.ForeignKey(SchemaVersion, on_delete=models.CASCADE, related_name="+")
    field = models.ForeignKey(FieldDefinition, on_delete=models.CASCADE, related_name="+")
    # In no index: options may be long. Empty where the successor came back without taking a place.
    option = models.TextField(blank=True)
    # Empty where nothing took its place.
    successor = models.TextField(blank=True)
    customers = models.PositiveIntegerField()

    def __str__(self):
        return f"{self.option} → {self.successor}"
