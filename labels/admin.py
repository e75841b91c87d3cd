from django import forms
from django.contrib import admin
from django.utils.html import format_html

from foundation.adminkit import ColorInput, ModelAdmin, colored_chip, display

from .models import Label


class LabelForm(forms.ModelForm):
    class Meta:
        model = Label
        fields = ["name", "color", "priority", "description"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # A browser's colour chooser would turn a colour with transparency into black.
        if "color" in self.fields and len(self.instance.color) == len("#rrggbb"):
            self.fields["color"].widget = ColorInput()


@admin.register(Label)
class LabelAdmin(ModelAdmin):
    form = LabelForm
    list_display = ("chip", "color_code", "priority", "description", "updated_by", "updated_at")
    list_display_links = ("chip",)
    list_per_page = 50
    search_fields = ("name", "description")
    search_help_text = "Name or description"
    ordering = ("name", "id")
    fields = ("name", "color", "priority", "description", "created_by", "updated_by")
    readonly_fields = ("created_by", "updated_by")

    @display(description="Name", ordering="name")
    def chip(self, label):
        return colored_chip(label.name, label.color)

    @display(description="Colour", ordering="color")
    def color_code(self, label):
        return format_html("<code>{}</code>", label.color)

    def save_model(self, request, obj, form, change):
        obj.updated_by = request.user.get_username()
        if not change:
            obj.created_by = obj.updated_by
        super().save_model(request, obj, form, change)
