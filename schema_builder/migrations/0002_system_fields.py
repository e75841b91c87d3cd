"""What every installation starts with. A redeploy never touches it again."""

from django.db import migrations

CHANNEL_TYPES = [
    # name, label, icon
    ("CX_VOICE", "Voice", "call"),
    ("CISCO_CC", "Cisco voice", "call"),
    ("VOICE", "Voice (older)", "call"),
    ("SMS", "SMS", "sms"),
    ("WHATSAPP", "WhatsApp", "chat"),
    ("WEB", "Web chat", "language"),
    ("EMAIL", "E-mail", "mail"),
    ("FACEBOOK", "Facebook", "thumb_up"),
    ("INSTAGRAM", "Instagram", "photo_camera"),
    ("TWITTER", "Twitter", "tag"),
    ("TELEGRAM", "Telegram", "send"),
    ("VIBER", "Viber", "chat_bubble"),
]

SYSTEM = {"is_system": True, "is_searchable": True}
FIELDS = [
    # key, label, type, channel types (None: no channel identifier), the rest
    (
        "firstName",
        "First name",
        "name",
        None,
        {**SYSTEM, "is_required": True, "default_value": "Jane Doe"},
    ),
    ("phoneNumber", "Phone number", "phonenumber", ["SMS", "CX_VOICE", "CISCO_CC", "VOICE"], SYSTEM),
    ("email", "E-mail", "email", ["EMAIL"], {}),
    ("whatsapp", "WhatsApp", "phonenumber", ["WHATSAPP"], {}),
    ("web", "Web", "string", ["WEB"], {}),
    ("voice", "Voice", "phonenumber", [], {}),
    ("facebook", "Facebook", "string", ["FACEBOOK"], {}),
    ("instagram", "Instagram", "string", ["INSTAGRAM"], {}),
    ("twitter", "Twitter", "string", ["TWITTER"], {}),
    ("telegram", "Telegram", "string", ["TELEGRAM"], {}),
    ("viber", "Viber", "string", ["VIBER"], {}),
    ("labels", "Labels", "string", None, {**SYSTEM, "length": 100, "default_value": []}),
    ("isAnonymous", "Is anonymous", "boolean", None, {"is_system": True, "is_required": True, "default_value": True}),
]

# What channels send when they do not know who it is.
IGNORED = [
    "anonymous",
    "false",
    "n/a",
    "na",
    "nil",
    "none",
    "not available",
    "null",
    "private",
    "restricted",
    "true",
    "unavailable",
    "undefined",
    "unknown",
    "withheld",
]


def seed(apps, schema_editor):
    ChannelType = apps.get_model("schema_builder", "ChannelType")
    FieldDefinition = apps.get_model("schema_builder", "FieldDefinition")
    IgnoredIdentifier = apps.get_model("schema_builder", "IgnoredIdentifier")
    SchemaRevision = apps.get_model("schema_builder", "SchemaRevision")

    SchemaRevision.objects.get_or_create(pk=1)
    for name, label, icon in CHANNEL_TYPES:
        ChannelType.objects.get_or_create(name=name, defaults={"label": label, "icon": icon})
    for position, (key, label, type_key, channels, rest) in enumerate(FIELDS, start=1):
        values = {
            "label": label,
            "type": type_key,
            "sort_order": position,
            "is_channel_identifier": channels is not None,
            "section": "Details" if channels is None else "Channels",
            "length": 50 if type_key == "string" else None,
            **rest,
        }
        if channels is not None and type_key == "string":
            values["length"] = 255
        field, is_new = FieldDefinition.objects.get_or_create(key=key, defaults=values)
        if is_new and channels:
            field.channel_types.set(ChannelType.objects.filter(name__in=channels))
    for value in IGNORED:
        IgnoredIdentifier.objects.get_or_create(value=value)


class Migration(migrations.Migration):
    dependencies = [("schema_builder", "0001_initial")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
