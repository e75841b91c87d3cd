"""The form of a webhook: nobody lets others see what they may not see themselves."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from access.delegation import grantable_groups
from customers.history.events import EVENT_TYPES
from customers.history.webhook_payloads import VIEW
from foundation.admin import CheckboxSelectMultiple
from webhooks.claiming import LEASE
from webhooks.models import Subscription
from webhooks.ssrf import check_url

# What says how much is sent, and where.
REACH = {"url", "event_types", "role", "may_view_pii"}
PII_IS_NOT_YOURS = "You may not see personal data yourself."
ROLE_IS_NOT_YOURS = "This role may do more than you."


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
            # One that others gave stays possible: what is new is checked by `check_reach`.
            role.queryset = Group.objects.filter(
                Q(pk__in=self.fit_roles().values("pk")) | Q(pk=self.instance.role_id)
            ).order_by("name")

    def fit_roles(self):
        """The roles that see customers and may do nothing that the caller may not."""
        app_label, codename = VIEW.split(".")
        return grantable_groups(self.caller).filter(
            permissions__content_type__app_label=app_label, permissions__codename=codename
        )

    def clean_name(self):
        name = self.cleaned_data["name"]
        if Subscription.objects.filter(name=name).exclude(pk=self.instance.pk).exists():
            raise ValidationError("There is a webhook with this name already.")
        return name

    def clean_url(self):
        return self.cleaned_data["url"].strip()

    def clean_event_types(self):
        chosen = set(self.cleaned_data["event_types"])
        return [one.name for one in EVENT_TYPES if one.name in chosen]

    def clean(self):
        super().clean()
        if self.reaches_further() and not self.errors:
            self.check_reach(self.cleaned_data)
        return self.cleaned_data

    def reaches_further(self) -> bool:
        """Whether more is sent than before, or elsewhere; switching off must always be possible."""
        is_switched_on = bool(self.cleaned_data.get("is_active")) and not self.instance.is_active
        return self.instance.pk is None or is_switched_on or bool({*self.changed_data} & REACH)

    def check_reach(self, cleaned: dict[str, Any]) -> None:
        try:
            check_url(cleaned["url"])
        except ValidationError as error:
            self.add_error("url", error)
        if not self.fit_roles().filter(pk=cleaned["role"].pk).exists():
            self.add_error("role", ROLE_IS_NOT_YOURS)
        if cleaned["may_view_pii"] and not self.caller.has_perm(settings.PII_PERMISSION):
            self.add_error("may_view_pii", PII_IS_NOT_YOURS)

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
            now = timezone.now()
            # Sooner than that, somebody may be trying it.
            later = self.instance.deliveries.filter(status="waiting", due_at__gt=now + LEASE)
            later.update(due_at=now)
