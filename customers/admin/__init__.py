from . import customer

__all__ = ["customer"]
