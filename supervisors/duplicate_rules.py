from django import forms
from django.contrib import admin

from customers.duplicates.rules import WORDS, save_rule
from customers.models import DuplicateRule
from foundation.admin import ModelAdmin, display, name_inputs


class RuleForm(forms.ModelForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        name_inputs(self, WORDS[self.instance.key].title)


@admin.register(DuplicateRule)
class DuplicateRuleAdmin(ModelAdmin):
    """The rules are the program's; whether and how much each counts is the supervisor's."""

    list_display = ("reason", "use", "is_active", "weight")
    list_editable = ("is_active", "weight")
    list_display_links = None
    ordering = ("-weight", "id")
    search_fields = ("key",)

    @display(description="Reason")
    def reason(self, rule):
        return WORDS[rule.key].title

    @display(description="Where it counts")
    def use(self, rule):
        return WORDS[rule.key].use

    def get_object(self, request, object_id, from_field=None):
        rule = super().get_object(request, object_id, from_field)
        if rule is not None:
            rule.header_name = WORDS[rule.key].title
        return rule

    def get_changelist_form(self, request, **kwargs):
        return super().get_changelist_form(request, form=RuleForm, **kwargs)

    def save_model(self, request, obj, form, change):
        save_rule(obj)

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
