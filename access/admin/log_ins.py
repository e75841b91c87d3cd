"""Log-ins as they were recorded; for those who manage users."""

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.utils.html import format_html

from access.delegation import may_unlock
from access.log_ins import matching_log_ins
from access.user_agents import browser_in_words
from foundation.admin import RecordAdmin, display
from foundation.date_filters import PeriodFilter


class TriedFilter(PeriodFilter):
    column = "attempt_time"


class LogInRecordAdmin(RecordAdmin):
    """The tables have no index but on name and address, and grow for good."""

    # What a refusal names: the records have no permission of their own.
    needed_permission = "auth.change_user"
    list_filter = (TriedFilter,)
    # Only says that there is a search: `get_search_results` does it.
    search_fields = ("username",)
    search_help_text = "Whole username or IP address"

    @display(description="Browser")
    def browser(self, record):
        return format_html(
            '<span title="{}">{}</span>', record.user_agent, browser_in_words(record.user_agent)
        )

    def get_search_results(self, request, queryset, search_term):
        text = search_term.strip()
        return (matching_log_ins(queryset, text) if text else queryset), False

    def has_module_permission(self, request):
        return request.user.has_perm(self.needed_permission)

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm(self.needed_permission)


@admin.register(AccessAttempt)
class AccessAttemptAdmin(LogInRecordAdmin):
    """Failed log-ins that count towards a lock-out; deleting one unlocks the account."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time", "browser")
    fields = ("username", "ip_address", "user_agent", "failures_since_start", "attempt_time")

    def has_delete_permission(self, request, obj=None):
        allowed = request.user.has_perm("auth.change_user")
        return allowed and (obj is None or may_unlock(request.user, obj.username))


@admin.register(AccessFailureLog)
class AccessFailureLogAdmin(LogInRecordAdmin):
    list_display = ("username", "ip_address", "attempt_time", "locked_out", "browser")
    fields = ("username", "ip_address", "user_agent", "attempt_time", "locked_out")


@admin.register(AccessLog)
class AccessLogAdmin(LogInRecordAdmin):
    list_display = ("username", "ip_address", "attempt_time", "logout_time", "browser")
    fields = ("username", "ip_address", "user_agent", "attempt_time", "logout_time")
