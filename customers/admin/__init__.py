from . import customer, duplicates, keeping

__all__ = ["customer", "duplicates", "keeping"]
