"""Counts, by day and channel, of lookups that found several customers."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0014_webhook_rights'),
    ]

    operations = [
        migrations.CreateModel(
            name='AmbiguousLookup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('channel_type', models.CharField(max_length=50)),
                ('lookups', models.PositiveBigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('day', 'channel_type'), name='customers_ambiguouslookup_once')],
            },
        ),
    ]
