from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0018_exports'),
    ]

    operations = [
        migrations.AlterField(
            model_name='operation',
            name='kind',
            field=models.CharField(choices=[('edit', 'Edit'), ('relink', 'Relink'), ('merge', 'Merge'), ('split', 'Split'), ('claim', 'Claim'), ('release', 'Release'), ('bulk', 'Bulk'), ('delete', 'Delete'), ('absorb', 'Absorb'), ('import', 'Import'), ('undo', 'Undo')], max_length=10),
        ),
    ]
