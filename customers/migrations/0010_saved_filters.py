"""Filters of the customer list that users keep, the columns they chose, and who may share, export."""

import django.db.models.deletion
import foundation.public_ids
from django.conf import settings
from django.db import migrations, models


RIGHTS = {"share_savedfilter": "savedfilter", "export_customer": "customer"}
NAMES = {
    "share_savedfilter": "Can share saved filters",
    "export_customer": "Can export customers",
}


def grant(apps, schema_editor):
    """Supervisors may change it after."""
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    groups = apps.get_model("auth", "Group").objects
    for codename, model in RIGHTS.items():
        content_type, _ = ContentType.objects.get_or_create(app_label="customers", model=model)
        permission, _ = Permission.objects.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": NAMES[codename]}
        )
        for group in groups.filter(name__in=["Supervisor", "Administrator"]):
            group.permissions.add(permission)


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0009_label_terms'),
        ('labels', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ColumnChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('keys', models.JSONField(default=list)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SavedFilter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=foundation.public_ids.new_public_id, editable=False, max_length=24, unique=True)),
                ('name', models.CharField(max_length=50)),
                ('conditions', models.JSONField(default=list, editable=False)),
                ('columns', models.JSONField(default=list, editable=False)),
                ('is_shared', models.BooleanField(default=False, help_text='Everybody who sees customers has it as a tab.', verbose_name='shared')),
                ('place', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'permissions': [('share_savedfilter', 'Can share saved filters')],
                'default_permissions': (),
            },
        ),
        migrations.AlterModelOptions(
            name='customer',
            options={'permissions': [('view_pii', 'Can see personal data unmasked'), ('merge_customer', 'Can merge and split customers'), ('export_customer', 'Can export customers')]},
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(fields=['created_at', 'id'], name='customers_customer_created'),
        ),
        migrations.AddField(
            model_name='columnchoice',
            name='user',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='savedfilter',
            name='owner',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='savedfilter',
            index=models.Index(condition=models.Q(('is_shared', True)), fields=['id'], name='customers_savedfilter_shared'),
        ),
        migrations.AddConstraint(
            model_name='savedfilter',
            constraint=models.UniqueConstraint(fields=('owner', 'name'), name='customers_savedfilter_name', violation_error_message='You have a filter of this name.'),
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
