"""Who sees webhooks, and who manages them. Runs once; administrators may change it after."""

from django.db import migrations

RIGHTS = {
    "Supervisor": ["view"],
    "Administrator": ["view", "add", "change", "delete"],
}


def grant(apps, schema_editor):
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    content_type, _ = content_types.get_or_create(app_label="webhooks", model="subscription")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=RIGHTS):
        for deed in RIGHTS[group.name]:
            permission, _ = permissions.get_or_create(
                content_type=content_type,
                codename=f"{deed}_subscription",
                defaults={"name": f"Can {deed} webhook"},
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("customers", "0013_imports"), ("webhooks", "0001_initial")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
