"""What runs in the background; each module registers its own."""

from . import bulk, imports, recurring, undo

__all__ = ["bulk", "imports", "recurring", "undo"]
