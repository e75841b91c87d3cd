"""Files of customers on their way in, and who may import. Supervisors may change that after."""

import django.db.models.deletion
import django.utils.timezone
import foundation.public_ids
from django.db import migrations, models


def grant(apps, schema_editor):
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    content_type, _ = content_types.get_or_create(app_label="customers", model="customer")
    permission, _ = permissions.get_or_create(
        content_type=content_type,
        codename="import_customer",
        defaults={"name": "Can import customers"},
    )
    groups = apps.get_model("auth", "Group").objects
    for group in groups.filter(name__in=["Supervisor", "Administrator"]):
        group.permissions.add(permission)


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0012_near_keys'),
        ('jobs', '0001_initial'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='customer',
            options={'permissions': [('view_pii', 'Can see personal data unmasked'), ('merge_customer', 'Can merge and split customers'), ('export_customer', 'Can export customers'), ('import_customer', 'Can import customers')]},
        ),
        migrations.AlterField(
            model_name='operation',
            name='kind',
            field=models.CharField(choices=[('edit', 'Edit'), ('relink', 'Relink'), ('merge', 'Merge'), ('split', 'Split'), ('claim', 'Claim'), ('release', 'Release'), ('bulk', 'Bulk'), ('delete', 'Delete'), ('import', 'Import'), ('undo', 'Undo')], max_length=10),
        ),
        migrations.CreateModel(
            name='CustomerImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=foundation.public_ids.new_public_id, editable=False, max_length=24, unique=True)),
                ('name', models.CharField(max_length=150)),
                ('content', models.BinaryField(null=True)),
                ('encoding', models.CharField(max_length=20)),
                ('delimiter', models.CharField(max_length=1)),
                ('header', models.JSONField(default=list)),
                ('row_count', models.PositiveIntegerField(default=0)),
                ('rules', models.JSONField(default=dict)),
                ('samples', models.JSONField(default=list)),
                ('owner', models.CharField(max_length=200)),
                ('created_by', models.CharField(blank=True, max_length=150)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('rehearsal', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ImportReject',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.PositiveIntegerField()),
                ('cells', models.JSONField()),
                ('reason', models.TextField()),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='jobs.job')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('job', 'line'), name='customers_importreject_once')],
            },
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
