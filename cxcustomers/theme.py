"""How the admin looks, and where its side bar leads."""

from django.templatetags.static import static
from django.urls import reverse, reverse_lazy


def navigation(title: str, icon: str, view: str, permission: str) -> dict:
    """An entry of the admin's side bar, for those with the permission."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(view),
        "permission": lambda request: request.user.has_perm(permission),
    }


UNFOLD = {
    "SITE_TITLE": "cxcustomers",
    "SITE_HEADER": "cxcustomers",
    "SITE_SUBHEADER": "Who is who, on every channel",
    "SITE_SYMBOL": "contacts",
    "DASHBOARD_CALLBACK": "supervisors.home.views.home_context",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
    # Customers are left out: the palette reads every match and keeps what it found in a cache.
    "COMMAND": {
        "search_models": [
            "schema_builder.fielddefinition",
            "schema_builder.channeltype",
            "labels.label",
        ],
        "search_callback": "supervisors.customers.command_palette.customer_search",
        "show_history": False,
    },
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("shared/favicon.svg"),
        }
    ],
    "STYLES": [lambda request: static("supervisors/admin.css")],
    "SCRIPTS": [
        lambda request: static("shared/swapping.js"),
        lambda request: static("shared/keyboard.js"),
    ],
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "#f0fdfa",
            "100": "#ccfbf1",
            "200": "#99f6e4",
            "300": "#5eead4",
            "400": "#2dd4bf",
            "500": "#14b8a6",
            "600": "#0f766e",
            "700": "#115e59",
            "800": "#134e4a",
            "900": "#123b39",
            "950": "#042f2e",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "command_search": True,
        "navigation": [
            {
                "title": "Customers",
                "items": [
                    {
                        "title": "Home",
                        "icon": "home",
                        "link": reverse_lazy("admin:index"),
                        # The theme takes every page for one below it.
                        "active": lambda request: request.path == reverse("admin:index"),
                    },
                    navigation(
                        "Customers",
                        "groups",
                        "admin:customers_customer_changelist",
                        "customers.view_customer",
                    ),
                    navigation(
                        "Agent pages",
                        "support_agent",
                        "customers:customer-list",
                        "customers.view_customer",
                    )
                    # The theme takes every address for one below "/".
                    | {"active": lambda request: False},
                    navigation(
                        "Labels", "label", "admin:labels_label_changelist", "labels.view_label"
                    ),
                    navigation(
                        "Label groups",
                        "category",
                        "admin:labels_labelgroup_changelist",
                        "labels.view_labelgroup",
                    ),
                    navigation(
                        "What was done",
                        "history",
                        "admin:customers_operation_changelist",
                        "customers.view_operation",
                    ),
                    navigation(
                        "Duplicate rules",
                        "join_inner",
                        "admin:customers_duplicaterule_changelist",
                        "customers.view_duplicaterule",
                    ),
                    navigation(
                        "Background jobs",
                        "pending_actions",
                        "admin:jobs_job_changelist",
                        "jobs.view_job",
                    ),
                ],
            },
            {
                "title": "Schema",
                "items": [
                    navigation(
                        "Fields",
                        "list_alt",
                        "builder:board",
                        "schema_builder.view_fielddefinition",
                    ),
                    navigation(
                        "Channel types",
                        "forum",
                        "admin:schema_builder_channeltype_changelist",
                        "schema_builder.view_channeltype",
                    ),
                    navigation(
                        "Ignored identifiers",
                        "block",
                        "admin:schema_builder_ignoredidentifier_changelist",
                        "schema_builder.view_ignoredidentifier",
                    ),
                    navigation(
                        "Rule bench",
                        "science",
                        "admin-bench",
                        "schema_builder.view_fielddefinition",
                    ),
                ],
            },
            {
                "title": "Access",
                "items": [
                    navigation(
                        "Accounts", "person", "admin:auth_user_changelist", "auth.view_user"
                    ),
                    navigation("Roles", "badge", "admin:auth_group_changelist", "auth.view_group"),
                    navigation(
                        "API tokens",
                        "key",
                        "admin:access_apitoken_changelist",
                        "access.view_apitoken",
                    ),
                    navigation(
                        "Webhooks",
                        "webhook",
                        "admin:webhooks_subscription_changelist",
                        "webhooks.view_subscription",
                    ),
                    navigation(
                        "Webhook deliveries",
                        "outbox",
                        "admin:webhooks_delivery_changelist",
                        "webhooks.view_subscription",
                    ),
                    navigation(
                        "Log-ins",
                        "login",
                        "admin:axes_accesslog_changelist",
                        "auth.change_user",
                    ),
                    navigation(
                        "Failed log-ins",
                        "gpp_bad",
                        "admin:axes_accessfailurelog_changelist",
                        "auth.change_user",
                    ),
                    navigation(
                        "Lock-outs",
                        "lock",
                        "admin:axes_accessattempt_changelist",
                        "auth.change_user",
                    ),
                ],
            },
        ],
    },
}
