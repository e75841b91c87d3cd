"""One key for all spellings of a line or a mailbox, and the rules that came with it.

What can have several spellings is found by its beginning or end; everything else stays as it is.
"""

import re

from django.db import migrations, models
from django.db.models import Q

WEIGHTS = {"shared_identifier": 60, "similar_name_and_value": 50}
BATCH = 2000
# As the types had it when this was written.
LINES = (
    (re.compile(r"\+55(\d\d)9?([6-9]\d{7})"), r"+55\g<1>9\2"),
    (re.compile(r"\+521?(\d{10})"), r"+52\1"),
    (re.compile(r"\+549?(\d{10})"), r"+549\1"),
)
GOOGLE_DOMAINS = ("gmail.com", "googlemail.com")


def line_of(key):
    lines = (pattern.sub(line, key) for pattern, line in LINES if pattern.fullmatch(key))
    return next(lines, None)


def mailbox_of(key):
    local, _, domain = key.rpartition("@")
    if domain not in GOOGLE_DOMAINS:
        return None
    return f"{local.split('+')[0].replace('.', '')}@gmail.com"


def fill(apps, schema_editor):
    identities = apps.get_model("customers", "ChannelIdentity").objects
    values = apps.get_model("customers", "AttributeValue").objects
    lines = Q(match_key__startswith="+52") | Q(match_key__startswith="+54")
    lines |= Q(match_key__startswith="+55")
    write(identities.filter(lines, field__type="phonenumber"), "match_key", line_of)
    google = [f"@{domain}" for domain in GOOGLE_DOMAINS]
    for rows, column in ((identities, "match_key"), (values, "folded")):
        ends = Q(**{f"{column}__endswith": google[0]}) | Q(**{f"{column}__endswith": google[1]})
        write(rows.filter(ends, field__type="email"), column, mailbox_of)


def write(rows, column, key_of):
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk").only("pk", column)[:BATCH]):
        for row in batch:
            row.near_key = key_of(getattr(row, column))
        rows.model.objects.bulk_update(batch, ["near_key"], batch_size=500)
        last = batch[-1].pk


def seed(apps, schema_editor):
    rules = apps.get_model("customers", "DuplicateRule").objects
    for key, weight in WEIGHTS.items():
        rules.get_or_create(key=key, defaults={"weight": weight})


class Migration(migrations.Migration):
    dependencies = [("customers", "0011_figures")]

    operations = [
        migrations.AddField(
            model_name="channelidentity",
            name="near_key",
            field=models.CharField(editable=False, max_length=255, null=True),
        ),
        migrations.AddField(
            model_name="attributevalue",
            name="near_key",
            field=models.TextField(null=True),
        ),
        migrations.AddIndex(
            model_name="channelidentity",
            index=models.Index(
                condition=Q(near_key__isnull=False),
                fields=["near_key"],
                name="customers_channelidentity_near",
            ),
        ),
        migrations.AddIndex(
            model_name="attributevalue",
            index=models.Index(
                condition=Q(near_key__isnull=False),
                fields=["near_key"],
                name="customers_attributevalue_near",
            ),
        ),
        migrations.AddField(
            model_name="duplicatescan",
            name="weights",
            field=models.JSONField(default=dict),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
