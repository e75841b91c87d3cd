from django.urls import path

from . import arranging, concerned, exchange, preview, publishing, views

app_name = "builder"
FIELD = "fields/<public_id:public_id>"
CONCERNED = "<public_id:public_id>/<slug:concern>"
VERSION = "versions/<int:number>"
urlpatterns = [
    path("", views.board, name="board"),
    path("fields/new", views.field_new, name="field-new"),
    path("fields/try", views.try_value, name="try"),
    path(FIELD, views.field_edit, name="field"),
    path(f"{FIELD}/duplicate", views.field_duplicate, name="field-duplicate"),
    path(f"{FIELD}/switch", views.field_switch, name="field-switch"),
    path(f"{FIELD}/delete", views.field_delete, name="field-delete"),
    path(f"{FIELD}/options", publishing.map_option, name="option-map"),
    path("arrange", arranging.arrange, name="arrange"),
    path("sections/new", arranging.section_new, name="section-new"),
    path("sections/rename", arranging.section_rename, name="section-rename"),
    path("sections/remove", arranging.section_remove, name="section-remove"),
    path("preview", preview.preview, name="preview"),
    path("changes", publishing.changes, name="changes"),
    path(f"changes/{CONCERNED}", concerned.concerned, name="concerned"),
    path(f"changes/{CONCERNED}/file", concerned.concerned_file, name="concerned-file"),
    path("publish", publishing.publish, name="publish"),
    path("discard", publishing.discard, name="discard"),
    path("keep", publishing.keep, name="keep"),
    path("versions", publishing.versions, name="versions"),
    path(VERSION, publishing.version, name="version"),
    path(f"{VERSION}/restore", publishing.version_restore, name="version-restore"),
    path(f"{VERSION}/load", publishing.version_load, name="version-load"),
    path(f"{VERSION}/{CONCERNED}", concerned.concerned, name="concerned"),
    path(f"{VERSION}/{CONCERNED}/file", concerned.concerned_file, name="concerned-file"),
    path("export", exchange.export, name="export"),
    path("import", exchange.bring_in, name="import"),
]
