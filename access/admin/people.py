"""Accounts and roles, in words that a supervisor understands."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as StockGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime

from access.delegation import grantable_groups, may_manage_group, may_manage_user
from access.forms import RoleForm
from access.log_ins import locks_of, log_ins_of, log_out_everywhere, unlock
from access.models import ApiToken
from access.permission_labels import permissions_of_role, permissions_of_user, sentences_of
from access.roles import is_called_by_name
from foundation.admin import (
    AdminPasswordChangeForm,
    ChangeActions,
    ModelAdmin,
    UserChangeForm,
    UserCreationForm,
    action,
    chip,
    chips,
    confirmation,
    display,
    searchable,
)

OWN_ROLES = "Nobody changes their own roles: ask somebody else who manages accounts."
STAFF_HELP = "Supervisors and administrators need this: it lets them into these pages."

admin.site.unregister([User, Group])


def describe_permissions(permissions):
    """The permissions as sentences, in groups."""
    return render_to_string("admin/access/_rights.html", {"rights": sentences_of(permissions)})


def is_own_account(request, user) -> bool:
    """Whether it is the account of the caller, whom nothing exempts from the roles."""
    return user is not None and user.pk == request.user.pk and not request.user.is_superuser


@admin.register(User)
class UserAdmin(StockUserAdmin, ChangeActions):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "full_name", "roles", "is_staff", "is_active", "last_login")
    list_filter = ("is_active", "is_staff", "groups")
    list_per_page = 50
    ordering = ("username",)
    filter_horizontal = ()
    actions_detail = ("unlock_account", "log_out_account")

    @display(description="Name", ordering="first_name")
    def full_name(self, user):
        return user.get_full_name()

    # Django's own line shows how it is hashed.
    @display(description="Password")
    def password_state(self, user):
        is_set = user.has_usable_password()
        said = "Set" if is_set else "None: nobody logs in with one."
        if not user.may_be_changed:
            return said
        link = reverse("admin:auth_user_password_change", args=[user.pk])
        offer = "Set another" if is_set else "Set one"
        return format_html('{} · <a class="cxc-link" href="{}">{}</a>', said, link, offer)

    @display(description="Roles")
    def roles(self, user):
        names = [chip(group.name, "info") for group in user.groups.all()]
        return chips([chip("Superuser", "danger"), *names] if user.is_superuser else names)

    @display(description="May do")
    def summary(self, user):
        if not user.is_active:
            return "Nothing: the account is not active."
        return (
            "Everything." if user.is_superuser else describe_permissions(permissions_of_user(user))
        )

    @display(description="State")
    def lock_state(self, user):
        locks = locks_of(user.get_username())
        lines = (
            (
                chip("Locked", "danger"),
                lock.ip_address or "an unknown address",
                date_format(localtime(lock.until), "H:i"),
            )
            for lock in locks
        )
        return format_html_join(
            "", '<span class="cxc-line">{} from {} until {}</span>', lines
        ) or chip("Not locked", "success")

    @display(description="Newest log-ins")
    def log_ins(self, user):
        username = user.get_username()
        context = {"log_ins": log_ins_of(username), "username": username}
        return render_to_string("admin/access/_log_ins.html", context)

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return super().get_fieldsets(request, obj)
        rights: dict[str, Any] = {"fields": ("is_active", "is_staff", "groups", "summary")}
        if is_own_account(request, obj):
            rights["description"] = OWN_ROLES
        shown = [
            (None, {"fields": ("username", "password_state", "first_name", "last_name", "email")}),
            ("Rights", rights),
        ]
        if request.user.is_superuser:
            beyond = {"fields": ("is_superuser", "user_permissions"), "classes": ["collapse"]}
            shown.append(("Beyond roles", beyond))
        obj.may_be_changed = self.has_change_permission(request, obj)
        if obj.may_be_changed:
            log_ins = ("lock_state", "log_ins", "last_login", "date_joined")
            shown.append(("Log-ins", {"fields": log_ins}))
        return shown

    def get_readonly_fields(self, request, obj=None):
        told_only = (
            "password_state",
            "summary",
            "lock_state",
            "log_ins",
            "last_login",
            "date_joined",
        )
        fields = (*super().get_readonly_fields(request, obj), *told_only)
        if request.user.is_superuser:
            return fields
        beyond = ("is_superuser", "user_permissions")
        # A role may limit its people, who would otherwise take it off themselves.
        return (*fields, *beyond, "groups") if is_own_account(request, obj) else (*fields, *beyond)

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

    @action(description="Unlock", url_path="unlock", icon="lock_open")
    def unlock_account(self, request, object_id):
        user = self.changeable(request, object_id)
        back = self.page_of(user)
        asked = confirmation(
            request,
            title=f"Unlock {user}?",
            warning="Failed log-ins of this account so far are forgiven, wherever they came from.",
            button="Unlock",
            cancel=back,
            is_harmless=True,
        )
        if asked:
            return asked
        unlock(user.get_username())
        self.log_change(request, user, "Unlocked.")
        messages.success(request, f"{user} can log in again.")
        return redirect(back)

    @action(description="Log out everywhere", url_path="log-out", icon="logout")
    def log_out_account(self, request, object_id):
        user = self.changeable(request, object_id)
        back = self.page_of(user)
        asked = confirmation(
            request,
            title=f"Log {user} out everywhere?",
            warning="Every browser that is logged in to this account has to log in again. "
            "Whoever knows the password still can: change it, or make the account inactive.",
            button="Log out everywhere",
            cancel=back,
        )
        if asked:
            return asked
        ended = log_out_everywhere(user)
        self.log_change(request, user, "Logged out everywhere.")
        messages.success(request, f"Ended {ended} session{'' if ended == 1 else 's'} of {user}.")
        return redirect(back)


@admin.register(Group)
class GroupAdmin(StockGroupAdmin, ModelAdmin):
    form = RoleForm
    filter_horizontal = ()
    list_display = ("name", "accounts")
    list_per_page = 50

    @display(description="Accounts", ordering="accounts")
    def accounts(self, group):
        return group.accounts

    @display(description="May")
    def summary(self, group):
        return describe_permissions(permissions_of_role(group))

    @display(description="Held by")
    def holders(self, group):
        link = f"{reverse('admin:auth_user_changelist')}?groups__id__exact={group.pk}"
        tokens = ApiToken.objects.filter(group=group, revoked_at=None).count()
        return format_html(
            '<a class="cxc-link" href="{}">{}</a>, {}',
            link,
            pluralise(group.accounts, "account"),
            pluralise(tokens, "API token"),
        )

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(accounts=Count("user"))

    def get_form(self, request, obj=None, change=False, **kwargs):
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.caller = request.user
        return form

    def get_fields(self, request, obj=None):
        if obj is None:
            return ("name", "permissions")
        may_change = self.has_change_permission(request, obj)
        return ("name", "holders", "permissions" if may_change else "summary")

    def get_readonly_fields(self, request, obj=None):
        return () if obj is None else ("holders", "summary")

    def has_change_permission(self, request, obj=None):
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_manage_group(request.user, obj))

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        return allowed and (
            obj is None or (may_manage_group(request.user, obj) and not is_called_by_name(obj))
        )


def pluralise(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
