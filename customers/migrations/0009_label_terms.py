"""Until when and why a customer wears a label; supervisors arrange labels in groups."""

from django.db import migrations, models

ACTIONS = ("view", "add", "change", "delete")


def grant(apps, schema_editor):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    content_type, _ = ContentType.objects.get_or_create(app_label="labels", model="labelgroup")
    groups = apps.get_model("auth", "Group").objects
    for action in ACTIONS:
        permission, _ = Permission.objects.get_or_create(
            content_type=content_type,
            codename=f"{action}_labelgroup",
            defaults={"name": f"Can {action} label group"},
        )
        for group in groups.filter(name__in=["Supervisor", "Administrator"]):
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0008_bulk_operations"),
        ("labels", "0002_label_rules"),
    ]

    operations = [
        migrations.AddField(
            model_name="customerlabel",
            name="expires_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="customerlabel",
            name="reason",
            field=models.CharField(blank=True, editable=False, max_length=200),
        ),
        migrations.AddIndex(
            model_name="customerlabel",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)),
                fields=["expires_at", "customer"],
                name="customers_customerlabel_ends",
            ),
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
