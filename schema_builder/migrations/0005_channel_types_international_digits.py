"""Whether a channel type delivers numbers as international digits, as WhatsApp does."""

from django.db import migrations, models


def mark_whatsapp(apps, schema_editor):
    channel_types = apps.get_model("schema_builder", "ChannelType").objects
    channel_types.filter(name="WHATSAPP").update(has_international_digits=True)


class Migration(migrations.Migration):
    dependencies = [("schema_builder", "0004_versions_drafts_and_deleted_fields")]

    operations = [
        migrations.AddField(
            model_name="channeltype",
            name="has_international_digits",
            field=models.BooleanField(
                default=False,
                help_text="Numbers arrive with country code and without +, as WhatsApp sends them."
                " They are read so before the default region.",
                verbose_name="identifiers are international digits",
            ),
        ),
        migrations.RunPython(mark_whatsapp, migrations.RunPython.noop),
    ]
