from django.apps import AppConfig


class SchemaChangesConfig(AppConfig):
    """Changes of the schema and the values of customers."""

    name = "schema_changes"
