from django.urls import path, register_converter

from . import bulk, customers, duplicates, labels, operations, preferences


class PublicIdConverter:
    regex = "[0-9a-f]{24}"

    def to_python(self, value):
        return value

    to_url = to_python


register_converter(PublicIdConverter, "public_id")

urlpatterns = [
    path("customers", customers.CustomersView.as_view(), name="customers"),
    path("customers/<public_id:public_id>", customers.CustomerView.as_view(), name="customer"),
    path("label", labels.WornLabelView.as_view(), name="label"),
    path("userPreference", preferences.UserPreferencesView.as_view(), name="user-preferences"),
    path(
        "userPreference/<public_id:public_id>",
        preferences.UserPreferenceView.as_view(),
        name="user-preference",
    ),
    path("agentSetting", preferences.AgentSettingsView.as_view(), name="agent-settings"),
    path(
        "agentSetting/<str:user_id>", preferences.AgentSettingView.as_view(), name="agent-setting"
    ),
]

# Beyond the contract, under /api/.
beyond = [
    path(
        "conversations/<str:conversation_id>",
        operations.ConversationView.as_view(),
        name="conversation",
    ),
    path(
        "conversations/<str:conversation_id>/relink",
        operations.RelinkView.as_view(),
        name="relink",
    ),
    path(
        "customers/<public_id:public_id>/conversations",
        operations.CustomerConversationsView.as_view(),
        name="customer-conversations",
    ),
    path("customers/<public_id:public_id>/merge", operations.MergeView.as_view(), name="merge"),
    path("customers/<public_id:public_id>/split", operations.SplitView.as_view(), name="split"),
    path(
        "customers/<public_id:public_id>/operations",
        operations.CustomerOperationsView.as_view(),
        name="customer-operations",
    ),
    path("operations", operations.OperationsView.as_view(), name="operations"),
    path("operations/<public_id:public_id>", operations.OperationView.as_view(), name="operation"),
    path("operations/<public_id:public_id>/undo", operations.UndoView.as_view(), name="undo"),
    path("customers/bulk", bulk.BulkView.as_view(), name="bulk"),
    path("jobs/<public_id:public_id>", bulk.JobView.as_view(), name="job"),
    path("jobs/<public_id:public_id>/undo", bulk.JobUndoView.as_view(), name="job-undo"),
    path("jobs/<public_id:public_id>/cancel", bulk.JobCancelView.as_view(), name="job-cancel"),
    path("duplicates", duplicates.DuplicatesView.as_view(), name="duplicates"),
    path(
        "customers/<public_id:public_id>/duplicates",
        duplicates.CustomerDuplicatesView.as_view(),
        name="customer-duplicates",
    ),
    path(
        "customers/<public_id:public_id>/notSame",
        duplicates.NotSamePersonView.as_view(),
        name="not-same",
    ),
    path(
        "customers/<public_id:public_id>/identities/claim",
        duplicates.ClaimView.as_view(),
        name="claim",
    ),
    path(
        "customers/<public_id:public_id>/identities/release",
        duplicates.ReleaseView.as_view(),
        name="release",
    ),
    path(
        "customers/<public_id:public_id>/identities/mark",
        duplicates.MarkView.as_view(),
        name="mark",
    ),
]
