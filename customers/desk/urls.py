from django.urls import path

from . import activity, duplicates, linking, merging

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
]
