import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Ids of merged labels keep leading to the survivor."""

    dependencies = [
        ('labels', '0003_label_roles_stay'),
    ]

    operations = [
        migrations.CreateModel(
            name='LabelAlias',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(max_length=24, unique=True)),
                ('label', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='aliases', to='labels.label')),
            ],
        ),
    ]
