"""The seam to the admin theme: every admin class takes its bases from here.

Swapping the theme means changing these imports, and nothing else.
"""

from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import action, display

__all__ = ["ModelAdmin", "StackedInline", "TabularInline", "action", "display"]
