"""The problems of a refused row apart from each other, so that rows are grouped by them."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0026_different_given_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='importreject',
            name='problems',
            field=models.JSONField(default=list),
        ),
    ]
