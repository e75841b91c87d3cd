"""Every picture of the guides: what it is called, what it shows, and where that is."""

from dataclasses import dataclass

from . import hands
from .hands import Hand


@dataclass(frozen=True, slots=True)
class Picture:
    name: str
    # What the guides say to those who do not see it.
    caption: str
    # The keys of rows that it holds are those of `states.prepare`.
    path: str
    prepare: Hand = hands.nothing


LIST = "/admin/customers/customer/"
KARACHI = LIST + '?where=[["city","is","Karachi"],["isAnonymous","is","false"]]'
AMINA = LIST + "{amina.pk}/"
TWO = "?keys={amina.pk},{oliver.pk}"
CUSTOMERS = [
    Picture("home", "The home page", "/admin/"),
    Picture(
        "home-charts",
        "The charts of the home page",
        "/admin/",
        hands.scroll_to("New customers by channel"),
    ),
    Picture(
        "palette",
        "The box that finds a page, a field or a customer",
        "/admin/",
        hands.search_for_city,
    ),
    Picture("customer-list", "Customers, filtered", KARACHI),
    Picture("columns", "The choice of columns", KARACHI, hands.press("Columns")),
    Picture(
        "filter", "The filter builder", LIST + "?saved={saved.public_id}", hands.build_a_filter
    ),
    Picture("save-filter", "A filter is saved", KARACHI, hands.name_a_filter),
    Picture("saved-filters", "Your saved filters", "/admin/customers/savedfilter/"),
    Picture("saved-filter", "One saved filter", "/admin/customers/savedfilter/{saved.pk}/change/"),
    Picture("selection", "What those chosen may be given", KARACHI, hands.tick_all),
    Picture(
        "bulk-label", "Labels for those chosen", LIST + "bulk/label/" + TWO, hands.choose_labels
    ),
    Picture("bulk-field", "A field of those chosen", LIST + "bulk/field/" + TWO + "&field=segment"),
    Picture("bulk-export", "Before those chosen are exported", LIST + "bulk/export/?all=1"),
    Picture("bulk-merge", "Before likely duplicates are merged", LIST + "bulk/merge/?all=1"),
    Picture("bulk-delete", "Before those chosen are deleted", LIST + "bulk/delete/" + TWO),
    Picture("jobs", "The background jobs", "/admin/jobs/job/"),
    Picture("job-running", "A job under way", "/admin/jobs/job/{running.pk}/change/"),
    Picture("job-file", "An export that is done", "/admin/jobs/job/{file.pk}/change/"),
    Picture("job-refused", "An import that refused rows", "/admin/jobs/job/{refused.pk}/change/"),
    Picture("import-file", "The file of an import", LIST + "import/"),
    Picture(
        "import-columns", "Which field each column is", LIST + "import/{fresh.public_id}/columns/"
    ),
    Picture("import", "What an import would do", LIST + "import/{checked.public_id}/check/"),
    Picture("customer", "The form of a customer", AMINA + "change/"),
    Picture("new-customer", "A new customer", LIST + "add/"),
    Picture("history", "The history of a customer", AMINA + "history/"),
    Picture(
        "revert",
        "What taking a change back would write",
        AMINA + "history/{operation.public_id}/revert/",
    ),
    Picture("delete-customer", "Before a customer is deleted", LIST + "{oliver.pk}/delete/"),
    Picture("what-was-done", "What was done", "/admin/customers/operation/"),
    Picture(
        "operation", "One thing that was done", "/admin/customers/operation/{operation.pk}/change/"
    ),
]
SCHEMA = "/admin/schema/"
CHANNELS = "/admin/schema_builder/"
LABELS = "/admin/labels/"
BENCH = "/admin/bench/?channel="
SET_UP = [
    Picture("schema-builder", "The schema builder", SCHEMA),
    Picture("field-types", "The types of a new field", SCHEMA, hands.press("Add field")),
    Picture("field", "A field in the drawer", SCHEMA, hands.open_field("City")),
    Picture("field-options", "Options that were pasted", SCHEMA, hands.paste_options),
    Picture("new-section", "A new section", SCHEMA, hands.add_a_section),
    Picture(
        "delete-field", "Before a field is deactivated", SCHEMA + "fields/{city.public_id}/delete"
    ),
    Picture("schema-changes", "What the draft changes", SCHEMA + "changes"),
    Picture(
        "schema-concerned",
        "Everybody whom a change is about",
        SCHEMA + "changes/{city.public_id}/refused",
    ),
    Picture("schema-versions", "The versions of the schema", SCHEMA + "versions"),
    Picture("schema-version", "A version of the schema", SCHEMA + "versions/{version.pk}"),
    Picture("schema-import", "A schema from a file", SCHEMA + "import"),
    Picture("schema-template", "What a template would change", SCHEMA + "import?template=bank"),
    Picture("fields", "The fields as a list", CHANNELS + "fielddefinition/"),
    Picture("field-form", "A field alone", CHANNELS + "fielddefinition/{city.pk}/change/"),
    Picture("channel-types", "The channel types", CHANNELS + "channeltype/"),
    Picture("channel-type", "A channel type", CHANNELS + "channeltype/{sms.pk}/change/"),
    Picture("ignored-identifiers", "Identifiers that name nobody", CHANNELS + "ignoredidentifier/"),
    Picture(
        "ignored-identifier",
        "An identifier that names nobody",
        CHANNELS + "ignoredidentifier/{ignored.pk}/change/",
    ),
    Picture("labels", "The labels", LABELS + "label/"),
    Picture("label", "A label", LABELS + "label/{complaint.pk}/change/"),
    Picture("label-groups", "The groups of labels", LABELS + "labelgroup/"),
    Picture("label-group", "A group of labels", LABELS + "labelgroup/{tier.pk}/change/"),
    Picture(
        "merge-labels",
        "What merging two labels would do",
        LABELS + "label/{silver.pk}/merge/?survivor={gold.pk}",
    ),
    Picture("delete-label", "Before a label is deleted", LABELS + "label/{silver.pk}/delete/"),
    Picture("duplicate-rules", "The duplicate rules", "/admin/customers/duplicaterule/"),
    Picture(
        "duplicate-rule", "A duplicate rule", "/admin/customers/duplicaterule/{rule.pk}/change/"
    ),
    Picture("rule-bench", "The rule bench", BENCH + "WHATSAPP&identifier=%2B923001234567"),
    Picture(
        "rule-bench-several",
        "An identifier of two people on the rule bench",
        BENCH + "CX_VOICE&identifier=%2B442079460958",
    ),
    Picture(
        "rule-bench-draft",
        "The same under the draft",
        BENCH + "WHATSAPP&identifier=%2B923001234567",
        hands.scroll_to("Under the draft of the schema"),
    ),
    # Behind all that tell of the draft, for it changes that.
    Picture("field-moved", "A field that somebody else changed", SCHEMA, hands.change_what_moved),
]
USER = "/admin/auth/user/"
TOKEN = "/admin/access/apitoken/"
HOOK = "/admin/webhooks/subscription/"
ACCESS = [
    Picture("accounts", "The accounts", USER),
    Picture("account", "An account", USER + "{amy.pk}/change/"),
    Picture(
        "account-log-ins",
        "The log-ins of an account",
        USER + "{noor.pk}/change/",
        hands.scroll_to("Newest log-ins"),
    ),
    Picture("new-account", "A new account", USER + "add/"),
    Picture("password", "A new password for an account", USER + "{amy.pk}/password/"),
    Picture("unlock", "Before an account is unlocked", USER + "{noor.pk}/unlock/"),
    Picture("log-out", "Before somebody is logged out everywhere", USER + "{amy.pk}/log-out/"),
    Picture("own-password", "Your own password", "/admin/password_change/"),
    Picture("roles", "The roles", "/admin/auth/group/"),
    Picture("role", "A role", "/admin/auth/group/{role.pk}/change/"),
    Picture(
        "role-sight",
        "The fields that a role sees",
        "/admin/auth/group/{role.pk}/change/",
        hands.scroll_to("Fields this role sees"),
    ),
    Picture("tokens", "The API tokens", TOKEN),
    Picture("token", "A token", TOKEN + "{token.pk}/change/"),
    Picture("new-token", "A new token", TOKEN + "add/"),
    Picture("token-issued", "The secret of a new token", TOKEN + "add/", hands.issue_a_token),
    Picture("revoke-token", "Before a token is revoked", TOKEN + "{token.pk}/revoke/"),
    Picture("webhooks", "The webhooks", HOOK),
    Picture("webhook", "A webhook", HOOK + "{webhook.pk}/change/"),
    Picture("new-webhook", "A new webhook", HOOK + "add/"),
    Picture(
        "webhook-created", "The secret of a new webhook", HOOK + "add/", hands.create_a_webhook
    ),
    Picture(
        "rotate-secret", "Before the secret of a webhook is rotated", HOOK + "{webhook.pk}/rotate/"
    ),
    Picture("test-webhook", "Before a webhook is tested", HOOK + "{webhook.pk}/test/"),
    Picture("send-again", "Before all that failed is sent again", HOOK + "{webhook.pk}/again/"),
    Picture("deliveries", "What was sent", "/admin/webhooks/delivery/"),
    Picture("delivery", "One delivery", "/admin/webhooks/delivery/{delivery.pk}/change/"),
    Picture("log-ins", "The log-ins", "/admin/axes/accesslog/"),
    Picture("failed-log-ins", "The failed log-ins", "/admin/axes/accessfailurelog/"),
    Picture("lock-outs", "Who is locked", "/admin/axes/accessattempt/"),
]
AGENT = [
    Picture("find", "The find box", "/?q=grant"),
    Picture("profile", "A profile", "/customers/{amina.public_id}"),
    Picture("link-profile", "Link a conversation", "/customers/{unknown.public_id}", hands.link),
    Picture(
        "claim",
        "An identifier that is somebody else's",
        "/customers/{oliver.public_id}/identities/add",
        hands.claim,
    ),
    Picture(
        "merge", "Merge two customers", "/merge?customers={amina.public_id},{double.public_id}"
    ),
    Picture("duplicates", "The duplicates", "/duplicates"),
    Picture("split", "What belongs to somebody else", "/customers/{amina.public_id}/split"),
    Picture("activity", "What was done to a customer", "/customers/{amina.public_id}/activity"),
]
# Last, for nobody is logged in after it.
ENTRANCE = Picture("log-in", "The log-in", "/admin/", hands.log_out)
PICTURES = [*CUSTOMERS, *SET_UP, *ACCESS, *AGENT, ENTRANCE]
