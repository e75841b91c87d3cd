from . import customer, duplicates

__all__ = ["customer", "duplicates"]
