from . import customer, duplicates, jobs, keeping, labels, operations, roles

__all__ = ["customer", "duplicates", "jobs", "keeping", "labels", "operations", "roles"]
