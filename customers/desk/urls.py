from django.urls import path, register_converter

from schema_builder.keys import FieldKeyConverter

from . import activity, claiming, duplicates, inline, linking, marks, merging, splitting

register_converter(FieldKeyConverter, "field_key")

urlpatterns = [
    path(
        "customers/<public_id:public_id>/activity",
        activity.customer_activity,
        name="customer-activity",
    ),
    path("operations/<public_id:public_id>/undo", activity.operation_undo, name="operation-undo"),
    path("link", linking.conversation_link, name="conversation-link"),
    path("merge", merging.customer_merge, name="merge"),
    path(
        "customers/<public_id:public_id>/merge",
        merging.customer_merge_with,
        name="customer-merge-with",
    ),
    path("duplicates", duplicates.duplicate_queue, name="duplicate-queue"),
    path("duplicates/apart", duplicates.duplicate_apart, name="duplicate-apart"),
    path(
        "customers/<public_id:public_id>/fields/<field_key:key>",
        inline.customer_field,
        name="customer-field",
    ),
    path(
        "customers/<public_id:public_id>/identities/<int:identity_id>",
        marks.identity_mark,
        name="identity-mark",
    ),
    path(
        "customers/<public_id:public_id>/identities/add",
        claiming.identity_add,
        name="identity-add",
    ),
    path(
        "customers/<public_id:public_id>/identities/claim",
        claiming.identity_claim,
        name="identity-claim",
    ),
    path(
        "customers/<public_id:public_id>/identities/<int:identity_id>/release",
        claiming.identity_release,
        name="identity-release",
    ),
    path("customers/<public_id:public_id>/split", splitting.customer_split, name="customer-split"),
]
