from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from .grants import grantable_groups
from .models import ApiToken


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
