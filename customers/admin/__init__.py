from . import customer, deliveries, duplicates, jobs, keeping, labels, operations, roles, webhooks

__all__ = [
    "customer",
    "deliveries",
    "duplicates",
    "jobs",
    "keeping",
    "labels",
    "operations",
    "roles",
    "webhooks",
]
