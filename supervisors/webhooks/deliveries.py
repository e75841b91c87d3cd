"""Deliveries of webhooks: what was sent, how it fared, and sending it again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html

from access.actors import Caller
from access.denials import check_permissions
from customers.history.webhook_payloads import describe_event
from customers.models import Customer
from foundation.admin import RecordAdmin, action, confirmation, display
from foundation.date_filters import PeriodFilter
from webhooks.delivering import body_of
from webhooks.models import Delivery, Event
from webhooks.outbox import send_again

from .subscriptions import shown_moment, status_chip

VIEW_WEBHOOK = "webhooks.view_subscription"
CHANGE_WEBHOOK = "webhooks.change_subscription"
SENT_AGAIN = "Deliveries that are tried anew: {count:,}."


class HappenedFilter(PeriodFilter):
    column = "event__occurred_at"


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    # What a refusal names: deliveries have no permission of their own.
    needed_permission = VIEW_WEBHOOK
    list_display = (
        "what",
        "subject",
        "webhook",
        "state",
        "attempts",
        "outcome",
        "took",
        "happened",
    )
    list_filter = ("status", "subscription", HappenedFilter)
    list_select_related = ("event", "subscription")
    # Only says that there is a search: `get_search_results` does it.
    search_fields = ("event__subject",)
    search_help_text = "Id of a customer, an operation or a message"
    fields = (
        ("what", "about"),
        ("webhook", "state"),
        ("attempts", "attempted", "next_attempt"),
        ("outcome", "took"),
        "message_id",
        "payload",
    )
    readonly_fields = (
        "what", "about", "webhook", "state", "attempted", "next_attempt", "outcome", "took",
        "message_id", "payload",
    )  # fmt: skip
    actions = ("send_selected_again",)
    actions_detail = ("send_this_again",)

    @display(description="What")
    def what(self, delivery):
        return delivery.event.type

    @display(description="About")
    def subject(self, delivery):
        return format_html("<code>{}</code>", delivery.event.subject)

    @display(description="About")
    def about(self, delivery):
        return delivery.about

    @display(description="Webhook")
    def webhook(self, delivery):
        return delivery.subscription.name

    @display(description="State")
    def state(self, delivery):
        return status_chip(delivery)

    @display(description="Outcome")
    def outcome(self, delivery):
        return delivery.problem or delivery.answer or "None yet"

    @display(description="Took")
    def took(self, delivery):
        if delivery.milliseconds is None:
            return ""
        return format_html('<span class="cxc-nowrap">{} ms</span>', f"{delivery.milliseconds:,}")

    @display(description="When it happened")
    def happened(self, delivery):
        return shown_moment(delivery.event.occurred_at)

    @display(description="Last attempt")
    def attempted(self, delivery):
        return shown_moment(delivery.attempted_at)

    @display(description="Next attempt")
    def next_attempt(self, delivery):
        return (
            shown_moment(delivery.due_at) if delivery.status == Delivery.Status.WAITING else "None"
        )

    @display(description="Message id")
    def message_id(self, delivery):
        return format_html("<code>{}</code>", delivery.event.public_id)

    @display(description="Body, as you may see it")
    def payload(self, delivery):
        return format_html('<pre class="cxc-payload" tabindex="0">{}</pre>', delivery.body)

    def get_search_results(self, request, queryset, search_term):
        text = search_term.strip()
        named = Q(event__subject=text) | Q(event__public_id=text)
        return (queryset.filter(named) if text else queryset), False

    def get_object(self, request, object_id, from_field=None) -> Any:
        delivery = super().get_object(request, object_id, from_field)
        if delivery is not None:
            # The theme asks for each field several times.
            delivery.about = SimpleLazyObject(lambda: about(delivery.event))
            delivery.body = SimpleLazyObject(lambda: body_for(delivery.event, request.user))
        return delivery

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm(self.needed_permission)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_send_permission(self, request):
        return request.user.has_perm(CHANGE_WEBHOOK)

    def lookup_allowed(self, lookup, value, request=None):
        return lookup in ("status__exact", "subscription__id__exact", HappenedFilter.parameter_name)

    def get_actions_detail(self, request, object_id):
        return (
            super().get_actions_detail(request, object_id)
            if self.has_send_permission(request)
            else []
        )

    @admin.action(description="Send again", permissions=["send"])
    def send_selected_again(self, request, queryset):
        count = send_again(Delivery.objects.filter(pk__in=queryset.values("pk")))
        messages.success(request, SENT_AGAIN.format(count=count))

    @action(description="Send again", url_path="again", icon="replay")
    def send_this_again(self, request, object_id):
        delivery = self.get_object(request, str(object_id))
        if delivery is None:
            raise Http404
        check_permissions(request.user, CHANGE_WEBHOOK, action="send deliveries again")
        back = reverse("admin:webhooks_delivery_change", args=[delivery.pk])
        asked = confirmation(
            request,
            title="Send this again?",
            warning="The receiver gets it once more, with the same message id.",
            button="Send again",
            cancel=back,
            is_harmless=True,
        )
        if asked:
            return asked
        count = send_again(Delivery.objects.filter(pk=delivery.pk))
        messages.success(request, SENT_AGAIN.format(count=count))
        return redirect(back)


def about(event: Event) -> str:
    """Whom the event is about, with a link where that customer is still there."""
    customer = Customer.objects.filter(pk=event.facts.get("customer")).first()
    if customer is None:
        return event.subject or "Nobody"
    link = reverse("admin:customers_customer_change", args=[customer.pk])
    return format_html('<a class="cxc-link" href="{}">{}</a>', link, customer.public_id)


def body_for(event: Event, viewer: Caller) -> str:
    """What is sent of the event, as the viewer may see it."""
    said = event.facts if event.is_test else describe_event([event], viewer)[event.pk]
    return body_of(event, said, is_spaced=True).decode()
