from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import path, register_converter

from schema_builder.keys import FieldKeyConverter

from .views import (
    customers,
    duplicates,
    history,
    identities,
    identity_flags,
    inline_edit,
    merge,
    relink,
    split,
)

register_converter(FieldKeyConverter, "field_key")

app_name = "customers"
urlpatterns = [
    path("", customers.customer_list, name="customer-list"),
    path("login", customers.AgentLogInView.as_view(), name="login"),
    path("logout", login_not_required(LogoutView.as_view()), name="logout"),
    path("customers/new", customers.customer_create, name="customer-create"),
    path("customers/<public_id:public_id>", customers.customer_detail, name="customer-detail"),
    path("customers/<public_id:public_id>/edit", customers.customer_edit, name="customer-edit"),
    path("customers/<public_id:public_id>/labels", customers.label_add, name="customer-label-add"),
    path(
        "customers/<public_id:public_id>/labels/<public_id:label_id>/remove",
        customers.label_remove,
        name="customer-label-remove",
    ),
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
