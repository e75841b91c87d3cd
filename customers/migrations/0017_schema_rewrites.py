"""What versions of the schema made of the values of customers."""


import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0016_supervisors_see_roles'),
        ('jobs', '0003_not_before'),
        ('schema_builder', '0004_versions_drafts_and_deleted_fields'),
    ]

    operations = [
        migrations.CreateModel(
            name='SchemaRewrite',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('option', models.TextField(blank=True)),
                ('successor', models.TextField(blank=True)),
                ('customers', models.PositiveIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name='operation',
            name='schema_version',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='schema_builder.schemaversion'),
        ),
        migrations.AddIndex(
            model_name='operation',
            index=models.Index(condition=models.Q(('schema_version__isnull', False)), fields=['schema_version'], name='customers_operation_version'),
        ),
        migrations.AddField(
            model_name='schemarewrite',
            name='field',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='schema_builder.fielddefinition'),
        ),
        migrations.AddField(
            model_name='schemarewrite',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='schema_builder.schemaversion'),
        ),
    ]
