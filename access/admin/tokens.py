from datetime import timedelta

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from access.forms import ApiTokenForm
from access.models import ApiToken
from access.permission_labels import (
    permission_name,
    permission_named,
    permissions_of_role,
    sentences_of,
)
from foundation.admin import (
    ActionVariant,
    ChangeActions,
    SavedByForm,
    action,
    chip,
    confirmation,
    display,
)

# So long before a token expires somebody should think of the next one.
SOON = timedelta(days=14)
FOR_GOOD = (
    "Whatever system uses {} is refused within seconds. It cannot be undone: "
    "the system then needs a new token."
)


@admin.register(ApiToken)
class ApiTokenAdmin(ChangeActions, SavedByForm):
    """A token is created and revoked; nothing in between, and its secret is shown once."""

    form = ApiTokenForm
    list_display = ("name", "prefix_shown", "group", "may_view_pii", "state", "last_used_at")
    list_filter = ("group",)
    list_select_related = ("group",)
    list_per_page = 50
    search_fields = ("name", "prefix")
    ordering = ("name",)
    actions = ("revoke_selected",)
    actions_detail = ("revoke",)

    @display(description="Prefix")
    def prefix_shown(self, token):
        return format_html("<code>{}…</code>", token.prefix)

    @display(description="State", ordering="expires_at")
    def state(self, token):
        if token.revoked_at:
            return chip("Revoked", "danger")
        if token.expires_at is None:
            return chip("Active", "success")
        left = token.expires_at - timezone.now()
        if left <= timedelta():
            return chip("Expired", "danger")
        return chip(
            f"Until {date_format(token.expires_at)}", "strong" if left < SOON else "success"
        )

    @display(description="May")
    def scopes(self, token):
        sight = settings.PII_PERMISSION
        permissions = [
            row for row in permissions_of_role(token.group) if permission_name(row) != sight
        ]
        if token.may_view_pii and (own := permission_named(sight)):
            permissions.append(own)
        context = {"rights": sentences_of(permissions)}
        return render_to_string("admin/access/_rights.html", context)

    @display(description="What a role may do")
    def roles_in_words(self, token):
        """Of every role in the choice above. Read once: the theme asks for it several times."""
        if not hasattr(token, "told"):
            roles = token.roles.prefetch_related("permissions__content_type")
            told = [(role, sentences_of(role.permissions.all())) for role in roles]
            token.told = render_to_string("admin/access/_roles.html", {"roles": told})
        return token.told

    @display(description="Last used")
    def last_use(self, token):
        return date_format(token.last_used_at, "DATETIME_FORMAT") if token.last_used_at else "Never"

    def get_fields(self, request, obj=None):
        if obj is None:
            return ("name", "group", "roles_in_words", "may_view_pii", "expires_at")
        created = ("prefix_shown", "created_by", "created_at")
        return ("name", "state", "group", "scopes", "last_use", "expires_at", *created)

    def get_readonly_fields(self, request, obj=None):
        return ("roles_in_words",) if obj is None else self.get_fields(request, obj)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.caller = request.user
        return form

    def save_model(self, request, obj, form, change):
        if not change:
            form.write()

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        if change:
            context["show_save"] = False
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_add(self, request, obj, post_url_continue=None):
        """The only page that ever shows the secret: no redirect, so that nothing keeps it."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "API token created",
            "token": obj,
        }
        return TemplateResponse(request, "admin/access/apitoken/created.html", context)

    def get_actions_detail(self, request, object_id):
        token = self.get_object(request, str(object_id))
        revoked = token is not None and token.revoked_at
        return [] if revoked else super().get_actions_detail(request, object_id)

    @action(description="Revoke this token", url_path="revoke", variant=ActionVariant.DANGER)
    def revoke(self, request, object_id):
        token = self.changeable(request, object_id)
        back = self.page_of(token)
        asked = confirmation(
            request,
            title=f"Revoke {token}?",
            warning=FOR_GOOD.format("this token"),
            button="Revoke for good",
            cancel=back,
        )
        if asked:
            return asked
        self.revoke_all(request, [token])
        return redirect(back)

    @admin.action(description="Revoke selected tokens", permissions=["change"])
    def revoke_selected(self, request, queryset):
        tokens = list(queryset.filter(revoked_at=None))
        kept = [(ACTION_CHECKBOX_NAME, str(token.pk)) for token in tokens]
        asked = confirmation(
            request,
            title=f"Revoke {len(tokens)} of the tokens?",
            warning=FOR_GOOD.format("one of them"),
            button="Revoke for good",
            cancel=reverse("admin:access_apitoken_changelist"),
            kept=[("action", "revoke_selected"), *kept],
        )
        if asked:
            return asked
        self.revoke_all(request, tokens)
        return None

    def revoke_all(self, request, tokens):
        """Revoke those that are not yet, and say how many they were."""
        living = [token for token in tokens if token.revoked_at is None]
        for token in living:
            token.revoke()
            self.log_change(request, token, "Revoked.")
        messages.success(request, f"Revoked {len(living)} of the tokens, for good.")

    def lookup_allowed(self, lookup, value, request=None):
        return not lookup.startswith("digest") and super().lookup_allowed(lookup, value, request)

    def has_delete_permission(self, request, obj=None):
        return False
