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


def grant(apps, schema_editor):
    """Supervisors switch the rules and set their weights."""
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    content_type, _ = ContentType.objects.get_or_create(
        app_label="customers", model="duplicaterule"
    )
    for action in ("view", "change"):
        permission, _ = Permission.objects.get_or_create(
            content_type=content_type,
            codename=f"{action}_duplicaterule",
            defaults={"name": f"Can {action} duplicate rule"},
        )
        groups = apps.get_model("auth", "Group").objects
        for group in groups.filter(name__in=["Supervisor", "Administrator"]):
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("customers", "0006_duplicates")]

    operations = [
        migrations.RunPython(seed, migrations.RunPython.noop),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
