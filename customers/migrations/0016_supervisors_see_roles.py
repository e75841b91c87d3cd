"""Supervisors see roles and accounts. Runs once; administrators may change it after."""

from django.db import migrations


def grant(apps, schema_editor):
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    for model in ("group", "user"):
        content_type, _ = content_types.get_or_create(app_label="auth", model=model)
        permission, _ = permissions.get_or_create(
            content_type=content_type,
            codename=f"view_{model}",
            defaults={"name": f"Can view {model}"},
        )
        for group in apps.get_model("auth", "Group").objects.filter(name="Supervisor"):
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("customers", "0015_ambiguous_lookups")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
