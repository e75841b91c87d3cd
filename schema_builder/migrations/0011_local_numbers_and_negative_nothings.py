"""Negative numbers that programs send for contacts without an identity."""

from django.db import migrations, models

import schema_builder.models
from foundation.public_ids import new_public_id

# -1 is "none" of many programs; unknown, private and payphone of Android.
VALUES = ["-1", "-2", "-3"]


def add(apps, schema_editor):
    IgnoredIdentifier = apps.get_model("schema_builder", "IgnoredIdentifier")
    SchemaRevision = apps.get_model("schema_builder", "SchemaRevision")
    for value in VALUES:
        IgnoredIdentifier.objects.get_or_create(value=value)
    # Processes that run already hold the list in memory.
    SchemaRevision.objects.filter(pk=1).update(token=new_public_id())


class Migration(migrations.Migration):
    dependencies = [("schema_builder", "0008_more_withheld_callers")]

    operations = [
        migrations.RunPython(add, migrations.RunPython.noop),
        # Changes no table.
        migrations.AlterField(
            model_name="channeltype",
            name="default_region",
            field=models.CharField(
                blank=True,
                help_text="Country of numbers that arrive without country code, such as PK. "
                "Without it, local numbers such as 7946 0958 identify no customer.",
                max_length=2,
                validators=[schema_builder.models.check_region],
            ),
        ),
    ]
