"""More words that channels send for contacts without an identity."""

from django.db import migrations

from foundation.public_ids import new_public_id

WORDS = {
    "en": "CLI unavailable, CLI withheld, CLIR, name not available, name unavailable, no CLI, "
    "toll free call, unknown caller ID, unknown unknown",
    # From of Asterisk where it knows no caller.
    "sip": "asterisk",
    "fr": "appel privé, inconnue, indisponible, non communiqué, numéro caché, numéro indisponible",
    "de": "anonyme Nummer, anonyme Rufnummer, keine Rufnummer, Nummer unbekannt, "
    "Rufnummer nicht verfügbar, Rufnummer unbekannt, Teilnehmer unbekannt, unbekannte Rufnummer",
    "es": "desconocida, llamada privada, número anónimo, número bloqueado, número no disponible, "
    "número restringido, sin identificación",
    "pt": "chamada não identificada, chamada privada, não disponível, número indisponível, "
    "sem número",
    "ar": "بدون رقم, رقم غير متاح, رقم مخفي, غير متاح, مجهول الهوية",
    "ur": "بغیر نمبر, پرائیویٹ نمبر, خفیہ نمبر, نامعلوم کالر",
}


def add(apps, schema_editor):
    IgnoredIdentifier = apps.get_model("schema_builder", "IgnoredIdentifier")
    SchemaRevision = apps.get_model("schema_builder", "SchemaRevision")
    for value in [word for line in WORDS.values() for word in line.split(", ")]:
        IgnoredIdentifier.objects.get_or_create(value=value)
    # Processes that run already hold the list in memory.
    SchemaRevision.objects.filter(pk=1).update(token=new_public_id())


class Migration(migrations.Migration):
    dependencies = [("schema_builder", "0007_withheld_callers")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
