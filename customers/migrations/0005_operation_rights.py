"""Who may relink, merge, split and see what was done. Runs once; supervisors may change it after."""

from django.db import migrations

RELINK = [("relink_conversation", "conversation"), ("view_operation", "operation")]
MERGE = [("merge_customer", "customer")]
RIGHTS = {
    "Agent": RELINK,
    "Supervisor": RELINK + MERGE,
    "Administrator": RELINK + MERGE,
    "Integration (read/write)": [*RELINK, ("view_conversation", "conversation")],
    "Integration (read)": [("view_conversation", "conversation")],
}


def grant(apps, schema_editor):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=RIGHTS):
        for codename, model in RIGHTS[group.name]:
            content_type, _ = ContentType.objects.get_or_create(app_label="customers", model=model)
            permission, _ = Permission.objects.get_or_create(
                content_type=content_type,
                codename=codename,
                defaults={"name": f"Can {codename.replace('_', ' ')}"},
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_operations")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
