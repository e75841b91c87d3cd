from django.apps import AppConfig


class SchemaChangesConfig(AppConfig):
    """What a change of the schema means for customers."""

    name = "schema_changes"
