"""What runs in the background; each module registers its own."""

from . import bulk, exports, imports, merges, recurring, undo

__all__ = ["bulk", "exports", "imports", "merges", "recurring", "undo"]
