from . import (
    customer,
    deliveries,
    duplicates,
    ignored,
    jobs,
    keeping,
    labels,
    operations,
    roles,
    webhooks,
)

__all__ = [
    "customer",
    "deliveries",
    "duplicates",
    "ignored",
    "jobs",
    "keeping",
    "labels",
    "operations",
    "roles",
    "webhooks",
]
