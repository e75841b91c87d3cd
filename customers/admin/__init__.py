from . import customer, duplicates, labels

__all__ = ["customer", "duplicates", "labels"]
