from django.contrib import admin

from customers.duplicates import TITLES
from customers.models import DuplicateRule
from foundation.adminkit import ModelAdmin, display


@admin.register(DuplicateRule)
class DuplicateRuleAdmin(ModelAdmin):
    """The rules are the program's; whether and how much each counts is the supervisor's."""

    list_display = ("reason", "is_active", "weight")
    list_editable = ("is_active", "weight")
    list_display_links = None
    ordering = ("-weight", "id")
    search_fields = ("key",)

    @display(description="Reason")
    def reason(self, rule):
        return TITLES[rule.key]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
