from . import customer, duplicates, operations

__all__ = ["customer", "duplicates", "operations"]
