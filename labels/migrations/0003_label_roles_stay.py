import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The table of who may assign a label gets a model of its own, which keeps its roles."""

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('labels', '0002_label_rules'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='LabelRole',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('label', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labels.label')),
                        ('group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='auth.group')),
                    ],
                    options={
                        'verbose_name': 'label that only some roles assign',
                        'verbose_name_plural': 'labels that only some roles assign',
                        'db_table': 'labels_label_assignable_by',
                        'unique_together': {('label', 'group')},
                    },
                ),
                migrations.AlterField(
                    model_name='label',
                    name='assignable_by',
                    field=models.ManyToManyField(blank=True, help_text='Roles that put it on and take it off. Empty: everybody who may label.', related_name='+', through='labels.LabelRole', to='auth.group', verbose_name='who may assign it'),
                ),
            ],
        ),
        migrations.AlterUniqueTogether(name='labelrole', unique_together=set()),
        migrations.AddConstraint(
            model_name='labelrole',
            constraint=models.UniqueConstraint(fields=('label', 'group'), name='labels_labelrole_once'),
        ),
    ]
