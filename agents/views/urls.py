from django.urls import path, register_converter

from schema_builder.keys import FieldKeyConverter

from . import duplicates, history, identities, identity_flags, inline_edit, merge, relink, split

register_converter(FieldKeyConverter, "field_key")

urlpatterns = [
    path(
        "customers/<public_id:public_id>/activity",
        history.customer_activity,
        name="customer-activity",
    ),
    path("operations/<public_id:public_id>/undo", history.operation_undo, name="operation-undo"),
    path("link", relink.conversation_link, name="conversation-link"),
    path("merge", merge.customer_merge, name="merge"),
    path(
        "customers/<public_id:public_id>/merge",
        merge.customer_merge_with,
        name="customer-merge-with",
    ),
    path("duplicates", duplicates.duplicate_queue, name="duplicate-queue"),
    path("duplicates/apart", duplicates.duplicate_apart, name="duplicate-apart"),
    path(
        "customers/<public_id:public_id>/fields/<field_key:key>",
        inline_edit.customer_field,
        name="customer-field",
    ),
    path(
        "customers/<public_id:public_id>/identities/<int:identity_id>",
        identity_flags.identity_mark,
        name="identity-mark",
    ),
    path(
        "customers/<public_id:public_id>/identities/add",
        identities.identity_add,
        name="identity-add",
    ),
    path(
        "customers/<public_id:public_id>/identities/claim",
        identities.identity_claim,
        name="identity-claim",
    ),
    path(
        "customers/<public_id:public_id>/identities/<int:identity_id>/release",
        identities.identity_release,
        name="identity-release",
    ),
    path("customers/<public_id:public_id>/split", split.customer_split, name="customer-split"),
]
