from axes.models import AccessAttempt, AccessLog
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as StockGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from foundation.adminkit import (
    ActionVariant,
    AdminPasswordChangeForm,
    ModelAdmin,
    SavedByForm,
    UserChangeForm,
    UserCreationForm,
    action,
    chip,
    chips,
    display,
    searchable,
)

from .forms import ApiTokenForm
from .grants import grantable_groups, grantable_permissions, may_manage_group, may_manage_user
from .models import ApiToken

STAFF_HELP = "Supervisors and administrators need this: it lets them into these pages."

# The name of the button that revokes a token.
REVOKE = "access_apitoken_revoke"

admin.site.unregister([User, Group])


@admin.register(User)
class UserAdmin(StockUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "full_name", "roles", "is_staff", "is_active", "last_login")
    list_filter = ("is_active", "is_staff", "groups")
    list_per_page = 50
    ordering = ("username",)
    filter_horizontal = ()

    @display(description="Name", ordering="first_name")
    def full_name(self, user):
        return user.get_full_name()

    @display(description="Roles")
    def roles(self, user):
        names = [chip(group.name, "info") for group in user.groups.all()]
        return chips([chip("Superuser", "danger"), *names] if user.is_superuser else names)

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        if request.user.is_superuser:
            return fields
        return (*fields, "is_superuser", "user_permissions", "last_login", "date_joined")

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name == "is_staff":
            field.help_text = STAFF_HELP
        return field

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "groups":
            kwargs["queryset"] = grantable_groups(request.user).order_by("name")
        return searchable(super().formfield_for_manytomany(db_field, request, **kwargs))

    def has_change_permission(self, request, obj=None):
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_manage_user(request.user, obj))

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or may_manage_user(request.user, obj))


@admin.register(Group)
class GroupAdmin(StockGroupAdmin, ModelAdmin):
    filter_horizontal = ()
    list_display = ("name", "accounts")

    @display(description="Accounts", ordering="accounts")
    def accounts(self, group):
        return group.accounts

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(accounts=Count("user"))

    def formfield_for_manytomany(self, db_field, request=None, **kwargs):
        if db_field.name == "permissions":
            kwargs["queryset"] = grantable_permissions(request.user)
        return searchable(super().formfield_for_manytomany(db_field, request, **kwargs))

    def has_change_permission(self, request, obj=None):
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_manage_group(request.user, obj))

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or may_manage_group(request.user, obj))


@admin.register(ApiToken)
class ApiTokenAdmin(SavedByForm):
    """A token is created and revoked; nothing in between, and its secret is shown once."""

    form = ApiTokenForm
    list_display = ("name", "prefix_shown", "group", "may_view_pii", "state", "last_used_at")
    list_filter = ("group",)
    list_select_related = ("group",)
    list_per_page = 50
    search_fields = ("name", "prefix")
    ordering = ("name",)
    actions = ("revoke_selected",)
    actions_submit_line = ("revoke",)

    @display(description="Prefix")
    def prefix_shown(self, token):
        return format_html("<code>{}…</code>", token.prefix)

    @display(description="State", ordering="expires_at")
    def state(self, token):
        if token.revoked_at:
            return chip("Revoked", "danger")
        if token.expires_at and token.expires_at <= timezone.now():
            return chip("Expired", "strong")
        until = f"Until {date_format(token.expires_at)}" if token.expires_at else "Active"
        return chip(until, "success")

    def get_fields(self, request, obj=None):
        fields = ("name", "group", "may_view_pii", "expires_at")
        if obj is None:
            return fields
        return (*fields, "state", "prefix_shown", "created_by", "created_at", "last_used_at")

    def get_readonly_fields(self, request, obj=None):
        return () if obj is None else self.get_fields(request, obj)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.caller = request.user
        return form

    def save_model(self, request, obj, form, change):
        if not change:
            form.write()
        elif REVOKE in request.POST:
            obj.revoke()

    def construct_change_message(self, request, form, formsets, add=False):
        if REVOKE in request.POST:
            return "Revoked."
        return super().construct_change_message(request, form, formsets, add)

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

    def get_actions_submit_line(self, request, object_id):
        token = self.get_object(request, str(object_id))
        if token is None or token.revoked_at or not self.has_change_permission(request):
            return []
        return super().get_actions_submit_line(request, object_id)

    @action(description="Revoke this token", variant=ActionVariant.DANGER)
    def revoke(self, request, token):
        token.revoke()

    @admin.action(description="Revoke selected tokens", permissions=["change"])
    def revoke_selected(self, request, queryset):
        tokens = list(queryset.filter(revoked_at=None))
        for token in tokens:
            token.revoke()
            self.log_change(request, token, "Revoked.")
        messages.success(request, f"Revoked {len(tokens)} of the tokens, for good.")

    def has_delete_permission(self, request, obj=None):
        return False


class LogInRecordAdmin(ModelAdmin):
    """Log-ins as they were recorded; for those who manage users."""

    list_per_page = 50
    search_fields = ("username", "ip_address")
    ordering = ("-attempt_time",)

    def has_module_permission(self, request):
        return request.user.has_perm("auth.change_user")

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("auth.change_user")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(AccessAttempt)
class AccessAttemptAdmin(LogInRecordAdmin):
    """Failed log-ins that count towards a lock-out; deleting one unlocks the account."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time")
    fields = ("username", "ip_address", "user_agent", "failures_since_start", "attempt_time")

    def has_delete_permission(self, request, obj=None):
        return request.user.has_perm("auth.change_user")


@admin.register(AccessLog)
class AccessLogAdmin(LogInRecordAdmin):
    list_display = ("username", "ip_address", "attempt_time", "logout_time")
    fields = ("username", "ip_address", "user_agent", "attempt_time", "logout_time")
