"""Webhooks for who manages integrations: where events go, and how each of them fared."""

from urllib.parse import urlsplit

from django.contrib import admin, messages
from django.db.models import OuterRef, Subquery
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.timezone import localtime

from foundation.admin import ChangeActions, SavedByForm, action, chip, confirmation, display
from webhooks.models import OVERLAP, Delivery, Subscription
from webhooks.outbox import AT_ONCE, publish_test, send_again

from .forms import WebhookForm

NEWEST = 10
ROTATE = (
    "For {hours} hours, what is sent is signed with both secrets, so that nothing is lost while the"
    " receiver learns the new one."
)
SWITCHED_OFF = "It is switched off: nothing is sent there."
OFTEN = "It was rotated within the last day: the oldest secret would be of no use at once."


def shown_moment(at) -> str:
    return date_format(localtime(at), "DATETIME_FORMAT") if at else "Never"


def visible_columns(viewer, fields) -> tuple[str, ...]:
    """The fields, without addresses for who may not change them: they are often a secret, too."""
    may_change = viewer.has_perm("webhooks.change_subscription")
    return tuple(fields) if may_change else tuple("host" if f == "url" else f for f in fields)


def deliveries_url(**asked) -> str:
    return f"{reverse('admin:webhooks_delivery_changelist')}?{urlencode(asked)}"


def failed_url(days: int) -> str:
    """The deliveries that were given up in the last days."""
    return deliveries_url(status__exact=Delivery.Status.FAILED, when=f"{days}d")


@admin.register(Subscription)
class SubscriptionAdmin(ChangeActions, SavedByForm):
    form = WebhookForm
    list_display = ("name", "url", "events", "role", "may_view_pii", "state", "last_attempt")
    list_select_related = ("role",)
    list_per_page = 50
    search_fields = ("name", "url")
    ordering = ("name",)
    actions = None
    actions_detail = ("send_test", "send_failed_again", "rotate_secret")

    def get_queryset(self, request):
        tried = Delivery.objects.filter(subscription=OuterRef("pk"), attempted_at__isnull=False)
        attempted = tried.order_by("-attempted_at").values("attempted_at")[:1]
        return super().get_queryset(request).annotate(newest_attempt=Subquery(attempted))

    def get_list_display(self, request):
        return visible_columns(request.user, super().get_list_display(request))

    @display(description="Host")
    def host(self, subscription):
        return urlsplit(subscription.url).netloc

    @display(description="Events")
    def events(self, subscription):
        return ", ".join(subscription.event_types)

    @display(description="State")
    def state(self, subscription):
        if not subscription.is_active:
            return chip("Off", "danger" if subscription.problem else "strong")
        if subscription.failing_since:
            since = date_format(localtime(subscription.failing_since), "DATETIME_FORMAT")
            return chip(f"Failing since {since}", "danger")
        return chip("Active", "success")

    @display(description="Last attempt")
    def last_attempt(self, subscription):
        return shown_moment(subscription.newest_attempt)

    @display(description="Newest deliveries")
    def newest(self, subscription):
        rows = subscription.deliveries.order_by("-id").select_related("event")[:NEWEST]
        shown = [(row, status_chip(row)) for row in rows]
        every = deliveries_url(subscription__id__exact=subscription.pk)
        context = {"deliveries": shown, "all_deliveries": every}
        return render_to_string("supervisors/webhooks/_newest.html", context)

    def get_fields(self, request, obj=None):
        asked = ("name", "url", "event_types", "role", "may_view_pii", "is_active")
        if obj is None:
            return asked
        problem = ("problem",) if obj.problem else ()
        shown = visible_columns(request.user, asked)
        return ("state", *problem, *shown, "newest", "created_by", "created_at")

    def get_readonly_fields(self, request, obj=None):
        return ("state", "problem", "host", "newest", "created_by", "created_at")

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.caller = request.user
        return form

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_add(self, request, obj, post_url_continue=None):
        return self.secret_page(request, obj, obj.secret, "Webhook created")

    def secret_page(self, request, subscription, secret, title):
        """The only page that shows it: no redirect, so that nothing keeps it."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "subscription": subscription,
            "secret": secret,
        }
        return TemplateResponse(request, "supervisors/webhooks/secret.html", context)

    def off_notice(self, request, subscription):
        """A word where nothing is sent anyway, else None."""
        if subscription.is_active:
            return None
        messages.error(request, SWITCHED_OFF)
        return redirect(self.page_of(subscription))

    @action(description="Send a test", url_path="test", icon="send")
    def send_test(self, request, object_id):
        subscription = self.changeable(request, object_id)
        back = self.page_of(subscription)
        asked = self.off_notice(request, subscription) or confirmation(
            request,
            title=f"Send a test to {subscription}?",
            warning="An event of the type webhook.test is sent there, signed like any other. It"
            " says nothing of any customer.",
            button="Send a test",
            cancel=back,
            is_harmless=True,
        )
        if asked:
            return asked
        delivery = publish_test(subscription, asked_by=request.user.get_username())
        messages.success(request, "The test is on its way: this page tells what came of it.")
        return redirect("admin:webhooks_delivery_change", delivery.pk)

    @action(description="Send failed ones again", url_path="again", icon="replay")
    def send_failed_again(self, request, object_id):
        subscription = self.changeable(request, object_id)
        back = self.page_of(subscription)
        asked = self.off_notice(request, subscription) or confirmation(
            request,
            title=f"Send again to {subscription}?",
            warning=f"What was given up there is tried anew, the oldest first and {AT_ONCE:,} at"
            " the most. Events are kept for 30 days.",
            button="Send again",
            cancel=back,
            is_harmless=True,
        )
        if asked:
            return asked
        count = send_again(subscription.deliveries.filter(status=Delivery.Status.FAILED))
        messages.success(request, f"Deliveries that are tried anew: {count:,}.")
        return redirect(back)

    @action(description="Rotate the secret", url_path="rotate", icon="key")
    def rotate_secret(self, request, object_id):
        subscription = self.changeable(request, object_id)
        hours = round(OVERLAP.total_seconds() / 3600)
        is_overlapping = (
            subscription.previous_until and subscription.previous_until > timezone.now()
        )
        asked = confirmation(
            request,
            title=f"Rotate the secret of {subscription}?",
            warning=ROTATE.format(hours=hours) + (f" {OFTEN}" if is_overlapping else ""),
            button="Rotate the secret",
            cancel=self.page_of(subscription),
        )
        if asked:
            return asked
        secret = subscription.rotate(timezone.now())
        self.log_change(request, subscription, "Secret rotated.")
        return self.secret_page(request, subscription, secret, "Secret rotated")

    def lookup_allowed(self, lookup, value, request=None):
        return False

    def get_deleted_objects(self, objs, request):
        """Deliveries go with it, later and uncounted."""
        allowed = self.has_delete_permission(request)
        names = [str(one) for one in objs]
        return names, {"webhooks": len(names)}, set() if allowed else {"webhook"}, []

    def delete_model(self, request, obj):
        obj.remove()


STATUS_CHIPS = {
    Delivery.Status.WAITING: "info",
    Delivery.Status.DELIVERED: "success",
    Delivery.Status.FAILED: "danger",
}


def status_chip(delivery: Delivery):
    return chip(delivery.get_status_display(), STATUS_CHIPS[Delivery.Status(delivery.status)])
