"""A rule against pairs: different given names lower the score of customers that share a contact."""

from django.db import migrations


def seed(apps, schema_editor):
    rules = apps.get_model("customers", "DuplicateRule").objects
    rules.get_or_create(key="different_given_names", defaults={"weight": 50})


class Migration(migrations.Migration):
    dependencies = [("customers", "0025_placeholders")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
