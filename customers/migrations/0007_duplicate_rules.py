"""The rules of the duplicate desk. A redeploy never touches them again."""

from django.db import migrations

WEIGHTS = {
    "same_identifier": 90,
    "same_identifier_other_channel": 80,
    "same_email": 80,
    "phone_variant": 70,
    "similar_name": 60,
}


def seed(apps, schema_editor):
    DuplicateRule = apps.get_model("customers", "DuplicateRule")
    for key, weight in WEIGHTS.items():
        DuplicateRule.objects.get_or_create(key=key, defaults={"weight": weight})


class Migration(migrations.Migration):
    dependencies = [("customers", "0006_duplicates")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
