"""What it takes to see and shape the schema, for the API, the admin and the schema builder alike."""

VIEW = "schema_builder.view_fielddefinition"
ADD = "schema_builder.add_fielddefinition"
CHANGE = "schema_builder.change_fielddefinition"
DELETE = "schema_builder.delete_fielddefinition"
CLEAR_PII = "schema_builder.clear_pii"
# The sentence of that permission, which messages of this app name as well.
CLEAR_PII_SENTENCE = "Take the personal data mark from a field"
