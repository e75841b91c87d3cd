from supervisors.customers import model_admin, saved_filters
from supervisors.webhooks import deliveries, subscriptions

from . import duplicate_rules, ignored_identifiers, jobs, labels, operations, roles

__all__ = [
    "deliveries",
    "duplicate_rules",
    "ignored_identifiers",
    "jobs",
    "labels",
    "model_admin",
    "operations",
    "roles",
    "saved_filters",
    "subscriptions",
]
