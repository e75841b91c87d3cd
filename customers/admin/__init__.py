from . import customer, duplicates, labels, operations

__all__ = ["customer", "duplicates", "labels", "operations"]
