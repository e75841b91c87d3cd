"""Columns for the spellings under which texts are searched; the worker fills those of old rows.

Indexes for a part of a text are PostgreSQL's only, as the others of their kind.
"""

from django.db import migrations, models

INDEXES = {
    "customers_customer_search_part": "customers_customer",
    "customers_identity_search_part": "customers_channelidentity",
    "customers_value_search_part": "customers_attributevalue",
}


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name, table in INDEXES.items():
            schema_editor.execute(
                f"CREATE INDEX IF NOT EXISTS {name} ON {table} USING gin (search_key gin_trgm_ops)"
                " WHERE search_key IS NOT NULL"
            )


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("customers", "0027_import_problems")]

    operations = [
        migrations.CreateModel(
            name="Respelling",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("table", models.CharField(max_length=20, unique=True)),
                ("version", models.PositiveIntegerField(default=0)),
                ("position", models.BigIntegerField(default=0)),
                ("is_done", models.BooleanField(default=False)),
            ],
        ),
        *(
            migrations.AddField(
                model_name=model,
                name="search_key",
                field=models.TextField(editable=False, null=True),
            )
            for model in ("customer", "channelidentity", "attributevalue")
        ),
        migrations.RunPython(create, drop),
    ]
