from . import customer, duplicates, jobs, keeping

__all__ = ["customer", "duplicates", "jobs", "keeping"]
