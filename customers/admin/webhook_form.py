"""The form of a webhook: nobody lets others see what they may not see themselves."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from access.grants import grantable_groups
from customers.events import EVENT_TYPES
from customers.telling import VIEW
from foundation.adminkit import CheckboxSelectMultiple
from webhooks.addresses import check_url
from webhooks.models import Subscription

PII_IS_NOT_YOURS = "You may not see personal data yourself."


class WebhookForm(forms.ModelForm):
    # Set by the admin for each request.
    caller: User

    event_types = forms.MultipleChoiceField(
        label="Events",
        choices=[(one.name, f"{one.title} ({one.name})") for one in EVENT_TYPES],
        widget=CheckboxSelectMultiple,
    )

    class Meta:
        model = Subscription
        fields = ["name", "url", "event_types", "role", "may_view_pii", "is_active"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if isinstance(role := self.fields.get("role"), forms.ModelChoiceField):
            app_label, codename = VIEW.split(".")
            sees = {"permissions__content_type__app_label": app_label}
            groups = grantable_groups(self.caller).filter(permissions__codename=codename, **sees)
            role.queryset = groups.order_by("name")

    def clean_name(self):
        name = self.cleaned_data["name"]
        if Subscription.objects.filter(name=name).exclude(pk=self.instance.pk).exists():
            raise ValidationError("There is a webhook with this name already.")
        return name

    def clean_url(self):
        url = self.cleaned_data["url"].strip()
        check_url(url)
        return url

    def clean_event_types(self):
        chosen = set(self.cleaned_data["event_types"])
        return [one.name for one in EVENT_TYPES if one.name in chosen]

    def clean_may_view_pii(self):
        may_view_pii = self.cleaned_data["may_view_pii"]
        # Whoever changes the address of a webhook sends there what it sees.
        if may_view_pii and not self.caller.has_perm(settings.PII_PERMISSION):
            raise ValidationError(PII_IS_NOT_YOURS)
        return may_view_pii

    def write(self) -> None:
        """A new secret stays on the instance for the page that shows it."""
        if self.instance.pk is None:
            self.subscribe()
        else:
            self.change()

    def subscribe(self) -> None:
        subscription, secret = Subscription.objects.subscribe(
            **self.cleaned_data, created_by=self.caller.get_username()
        )
        self.instance.pk = subscription.pk
        self.instance.refresh_from_db()
        self.instance.secret = secret

    def change(self) -> None:
        changed: dict[str, Any] = {name: self.cleaned_data[name] for name in self.changed_data}
        if changed.get("is_active"):
            # It gets another chance, and as long as a new one.
            changed |= {"problem": "", "failing_since": None}
        Subscription.objects.filter(pk=self.instance.pk).update(**changed)
        if changed.get("is_active"):
            self.instance.deliveries.filter(status="waiting").update(due_at=timezone.now())
