from django.db import migrations, models


class Migration(migrations.Migration):
    """The primary key of a merged label leads to the survivor, too."""

    dependencies = [("labels", "0004_label_aliases")]

    operations = [
        migrations.AddField(
            model_name="labelalias",
            name="former_key",
            field=models.BigIntegerField(null=True, unique=True),
        ),
    ]
