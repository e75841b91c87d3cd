from customers.conversations.display import shown_identifier
from customers.masking import visible_schema_and_mask
from customers.models import ChannelIdentity, Conversation
from foundation.admin import TabularInline, display

from .forms import IdentityForm


class ReadMaskedInline(TabularInline):
    """Rows of a customer that come into being elsewhere, as this reader may see them."""

    extra = 0
    can_delete = False
    hide_title = True

    def get_formset(self, request, obj=None, **kwargs):
        # An inline lives for one request.
        self.schema, self.mask = visible_schema_and_mask(request.user)
        return super().get_formset(request, obj, **kwargs)

    def has_add_permission(self, request, obj=None):
        return False


class IdentityInline(ReadMaskedInline):
    model = ChannelIdentity
    form = IdentityForm
    verbose_name_plural = "channel identities"
    fields = (
        "field_label",
        "shown_value",
        "is_shared",
        "is_retired",
        "trust",
        "verified",
        "source",
    )
    readonly_fields = ("field_label", "shown_value", "verified", "source")
    ordering = ("field__sort_order", "id")

    def get_formset(self, request, obj=None, **kwargs):
        self.schema, self.mask = visible_schema_and_mask(request.user)
        kwargs["form"] = type("IdentityForm", (IdentityForm,), {"mask": self.mask})
        return super().get_formset(request, obj, **kwargs)

    def get_queryset(self, request):
        known = self.schema.by_id
        return super().get_queryset(request).filter(field__in=known).select_related("field")

    @display(description="Field")
    def field_label(self, identity):
        return identity.field.label

    @display(description="Identifier")
    def shown_value(self, identity):
        return self.mask(identity.field, identity.value)

    @display(description="Verified")
    def verified(self, identity):
        if not identity.verified_at:
            return "-"
        return f"{identity.verified_at:%Y-%m-%d} by {identity.verified_by}"


class ConversationInline(ReadMaskedInline):
    model = Conversation
    per_page = 10
    ordering = ("-last_activity_at", "-id")
    fields = (
        "conversation_id",
        "channel_type",
        "shown_identifier",
        "direction",
        "opened",
        "closed",
    )
    readonly_fields = fields

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("channel_type")

    def has_change_permission(self, request, obj=None):
        return False

    @display(description="Identifier")
    def shown_identifier(self, conversation):
        return shown_identifier(conversation, self.schema, self.mask)

    @display(description="Opened")
    def opened(self, conversation):
        return f"{conversation.opened_at:%Y-%m-%d %H:%M}"

    @display(description="Closed")
    def closed(self, conversation):
        return f"{conversation.closed_at:%Y-%m-%d %H:%M}" if conversation.closed_at else "-"
