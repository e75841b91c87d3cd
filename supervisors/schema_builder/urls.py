from django.urls import path

from . import affected, fields, import_export, order, preview, publishing

app_name = "builder"
FIELD = "fields/<public_id:public_id>"
CONCERNED = "<public_id:public_id>/<slug:concern>"
VERSION = "versions/<int:number>"
urlpatterns = [
    path("", fields.board, name="board"),
    path("fields/new", fields.field_new, name="field-new"),
    path("fields/try", fields.try_value, name="try"),
    path(FIELD, fields.field_edit, name="field"),
    path(f"{FIELD}/duplicate", fields.field_duplicate, name="field-duplicate"),
    path(f"{FIELD}/switch", fields.field_switch, name="field-switch"),
    path(f"{FIELD}/delete", fields.field_delete, name="field-delete"),
    path(f"{FIELD}/options", publishing.map_option, name="option-map"),
    path("arrange", order.order_fields, name="arrange"),
    path("sections/new", order.section_new, name="section-new"),
    path("sections/rename", order.section_rename, name="section-rename"),
    path("sections/remove", order.section_remove, name="section-remove"),
    path("preview", preview.preview, name="preview"),
    path("changes", publishing.changes, name="changes"),
    path(f"changes/{CONCERNED}", affected.concerned, name="concerned"),
    path(f"changes/{CONCERNED}/file", affected.concerned_file, name="concerned-file"),
    path("publish", publishing.publish_changes, name="publish"),
    path("discard", publishing.discard_changes, name="discard"),
    path("keep", publishing.keep_own_changes, name="keep"),
    path("versions", publishing.versions, name="versions"),
    path(VERSION, publishing.version, name="version"),
    path(f"{VERSION}/restore", publishing.version_restore, name="version-restore"),
    path(f"{VERSION}/load", publishing.version_load, name="version-load"),
    path(f"{VERSION}/{CONCERNED}", affected.concerned, name="concerned"),
    path(f"{VERSION}/{CONCERNED}/file", affected.concerned_file, name="concerned-file"),
    path("export", import_export.export, name="export"),
    path("import", import_export.bring_in, name="import"),
]
