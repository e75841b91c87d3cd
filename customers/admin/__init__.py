from . import customer, duplicates, jobs, keeping, labels, operations

__all__ = ["customer", "duplicates", "jobs", "keeping", "labels", "operations"]
