"""Indexes for a part of a text. PostgreSQL only: SQLite scans, which is fast at its sizes."""

from django.db import migrations

INDEXES = {
    "customers_customer_name_part": "customers_customer USING gin (folded_name gin_trgm_ops)",
    "customers_identity_key_part": (
        "customers_channelidentity USING gin (match_key gin_trgm_ops)"
    ),
    "customers_identity_value_part": (
        "customers_channelidentity USING gin (UPPER(value) gin_trgm_ops)"
    ),
    "customers_value_text_part": (
        "customers_attributevalue USING gin (folded gin_trgm_ops) WHERE folded IS NOT NULL"
    ),
}


def create(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for name, target in INDEXES.items():
        schema_editor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {target}")


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
