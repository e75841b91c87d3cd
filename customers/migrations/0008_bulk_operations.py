"""Operations on many customers, and who may ask for them. Supervisors may change that after."""

import django.db.models.deletion
from django.db import migrations, models

BULK = [("customers", "operation", "change_in_bulk")]
JOBS = [("jobs", "job", "view_job"), ("jobs", "job", "change_job")]
RIGHTS = {
    "Supervisor": BULK + JOBS,
    "Administrator": BULK + JOBS,
    "Integration (read/write)": BULK,
}


def grant(apps, schema_editor):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=RIGHTS):
        for app_label, model, codename in RIGHTS[group.name]:
            content_type, _ = ContentType.objects.get_or_create(app_label=app_label, model=model)
            permission, _ = Permission.objects.get_or_create(
                content_type=content_type,
                codename=codename,
                defaults={"name": f"Can {codename.replace('_', ' ')}"},
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0007_duplicate_rules'),
        ('jobs', '0001_initial'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='operation',
            options={'permissions': [('change_in_bulk', 'Can change many customers at once')]},
        ),
        migrations.AddField(
            model_name='operation',
            name='is_bulk',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='operation',
            name='job',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job'),
        ),
        migrations.AddField(
            model_name='rowchange',
            name='customer_pk',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='operation',
            name='kind',
            field=models.CharField(choices=[('edit', 'Edit'), ('relink', 'Relink'), ('merge', 'Merge'), ('split', 'Split'), ('claim', 'Claim'), ('release', 'Release'), ('bulk', 'Bulk'), ('delete', 'Delete'), ('undo', 'Undo')], max_length=10),
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
