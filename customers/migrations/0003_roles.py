"""The groups of an installation and what each may do. A redeploy never touches them again."""

from django.db import migrations

READ = [
    "customers.view_customer",
    "labels.view_label",
    "schema_builder.view_fielddefinition",
    "schema_builder.view_channeltype",
]
WRITE = [
    *READ,
    "customers.add_customer",
    "customers.change_customer",
    "customers.add_customerlabel",
    "customers.delete_customerlabel",
]
AGENT = [
    *WRITE,
    "customers.view_channelidentity",
    "customers.view_attributevalue",
    "customers.view_customerlabel",
    "customers.view_conversation",
    "labels.add_label",
]
SUPERVISOR = [
    *AGENT,
    "customers.view_pii",
    "customers.delete_customer",
    "customers.add_channelidentity",
    "customers.change_channelidentity",
    "customers.delete_channelidentity",
    "customers.change_customerlabel",
    "customers.change_userpreference",
    "labels.change_label",
    "labels.delete_label",
    "schema_builder.add_fielddefinition",
    "schema_builder.change_fielddefinition",
    "schema_builder.delete_fielddefinition",
    "schema_builder.add_channeltype",
    "schema_builder.change_channeltype",
    "schema_builder.delete_channeltype",
    "schema_builder.view_ignoredidentifier",
    "schema_builder.add_ignoredidentifier",
    "schema_builder.change_ignoredidentifier",
    "schema_builder.delete_ignoredidentifier",
]
ADMINISTRATOR = [
    *SUPERVISOR,
    "schema_builder.clear_pii",
    "access.view_apitoken",
    "access.add_apitoken",
    "access.change_apitoken",
    "auth.view_user",
    "auth.add_user",
    "auth.change_user",
    "auth.delete_user",
    "auth.view_group",
    "auth.add_group",
    "auth.change_group",
    "auth.delete_group",
]
ROLES = {
    "Agent": AGENT,
    "Supervisor": SUPERVISOR,
    "Administrator": ADMINISTRATOR,
    "Integration (read)": READ,
    "Integration (read/write)": WRITE,
}
# Permissions that are no add, change, delete or view; Django keeps the name it finds.
NAMES = {
    "view_pii": "Can see personal data unmasked",
    "clear_pii": "Can take the personal data mark from a field",
}


def create_groups(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    for name, permissions in ROLES.items():
        group, is_new = Group.objects.get_or_create(name=name)
        if is_new:
            group.permissions.set([permission_row(apps, named) for named in permissions])


def permission_row(apps, named):
    """The permission; Django itself writes them only after the last migration."""
    app_label, codename = named.split(".")
    action, _, model = codename.partition("_")
    model = {"view_pii": "customer", "clear_pii": "fielddefinition"}.get(codename, model)
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label=app_label, model=model
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type,
        codename=codename,
        defaults={"name": NAMES.get(codename, f"Can {action} {model}")},
    )
    return permission


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_trigram_indexes"),
        ("access", "0001_initial"),
        ("labels", "0001_initial"),
        ("schema_builder", "0002_system_fields"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(create_groups, migrations.RunPython.noop)]
