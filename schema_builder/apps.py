from django.apps import AppConfig


class SchemaBuilderConfig(AppConfig):
    name = "schema_builder"
    verbose_name = "Customer schema"
