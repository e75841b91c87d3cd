"""How far stored identifiers have been read by new rules."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0023_twin_deletions")]

    operations = [
        migrations.CreateModel(
            name="IdentifierReading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rules", models.CharField(blank=True, max_length=40)),
                ("next_rules", models.CharField(blank=True, max_length=40)),
                ("read_up_to", models.BigIntegerField(default=0)),
            ],
        ),
    ]
