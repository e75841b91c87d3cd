from django import forms
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe

from .delegation import grantable_groups, grantable_permissions
from .models import ApiToken
from .permission_labels import UNSAID, permissions_by_group
from .roles import is_called_by_name

FIXED_NAME = "Others call this role by its name, so it stays."


class RightsInput(forms.CheckboxSelectMultiple):
    """A sentence with a box for each right, in groups."""

    template_name = "admin/access/_rights_input.html"

    def get_context(self, name, value, attrs):
        """What nobody put into words is folded away, unless some of it is ticked."""
        context = super().get_context(name, value, attrs)
        groups = context["widget"]["optgroups"]
        context["said"] = [group for group in groups if group[0] != UNSAID]
        context["unsaid"] = [group for group in groups if group[0] == UNSAID]
        context["is_open"] = any(
            option["selected"] for _, options, _ in context["unsaid"] for option in options
        )
        return context

    def render(self, name, value, attrs=None, renderer=None):
        # Widgets are otherwise drawn from the templates of apps alone.
        return mark_safe(render_to_string(self.template_name, self.get_context(name, value, attrs)))


class RoleForm(forms.ModelForm):
    """A role by its name and by what it may; nobody gives what they do not have."""

    # Set by the admin for each request.
    caller: User

    permissions = forms.ModelMultipleChoiceField(
        Permission.objects.none(), required=False, label="May", widget=RightsInput
    )

    class Meta:
        model = Group
        fields = ["name", "permissions"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if isinstance(rights := self.fields.get("permissions"), forms.ModelMultipleChoiceField):
            rights.queryset = grantable_permissions(self.caller).select_related("content_type")
            rights.widget.choices = permissions_by_group(rights.queryset)
        if "name" in self.fields and self.instance.pk and is_called_by_name(self.instance):
            self.fields["name"].disabled = True
            self.fields["name"].help_text = FIXED_NAME


class ApiTokenForm(forms.ModelForm):
    # Set by the admin for each request.
    caller: User

    class Meta:
        model = ApiToken
        fields = ["name", "group", "may_view_pii", "expires_at"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if isinstance(group := self.fields.get("group"), forms.ModelChoiceField):
            group.queryset = grantable_groups(self.caller).order_by("name")
            self.instance.roles = group.queryset

    def clean_expires_at(self):
        expires_at = self.cleaned_data["expires_at"]
        if expires_at and expires_at <= timezone.now():
            raise ValidationError("Must be in the future.")
        return expires_at

    def clean_may_view_pii(self):
        may_view_pii = self.cleaned_data["may_view_pii"]
        if may_view_pii and not self.caller.has_perm(settings.PII_PERMISSION):
            raise ValidationError("You may not see personal data yourself.")
        return may_view_pii

    def write(self):
        """Issue the token; its secret stays on the instance for the page that shows it."""
        token, secret = ApiToken.objects.issue(
            **self.cleaned_data, created_by=self.caller.get_username()
        )
        self.instance.pk = token.pk
        self.instance.refresh_from_db()
        self.instance.secret = secret
