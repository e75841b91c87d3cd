from django.apps import AppConfig

from .permissions import CLEAR_PII, CLEAR_PII_SENTENCE


class SchemaBuilderConfig(AppConfig):
    name = "schema_builder"
    verbose_name = "Schema"
    rights = {
        "Personal data": {
            CLEAR_PII: CLEAR_PII_SENTENCE,
        },
        "Schema": {
            "schema_builder.view_fielddefinition": "See the fields of the schema",
            "schema_builder.add_fielddefinition": "Create fields",
            "schema_builder.change_fielddefinition": "Change and order fields",
            "schema_builder.delete_fielddefinition": "Delete fields, with what is in them",
            "schema_builder.view_channeltype": "See the channel types",
            "schema_builder.add_channeltype": "Create channel types",
            "schema_builder.change_channeltype": "Change channel types",
            "schema_builder.delete_channeltype": "Delete channel types",
            "schema_builder.view_ignoredidentifier": "See the ignored identifiers",
            "schema_builder.add_ignoredidentifier": "Ignore more identifiers",
            "schema_builder.change_ignoredidentifier": "Change ignored identifiers",
            "schema_builder.delete_ignoredidentifier": "Heed ignored identifiers again",
        },
    }
