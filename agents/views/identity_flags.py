"""What is said of an identity: shared, retired, primary, verified."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from agents.decorators import needs, tells_refusals
from agents.undo_messages import offer_undo
from customers.identities.flags import IdentityFlags, check_flags
from customers.identities.ownership import flag_identity
from customers.locking import customer_to_write
from customers.models import ChannelIdentity
from customers.models.identity import Trust
from customers.permissions import CHANGE

TOLD = {
    "shared": ("is_shared", "Marked as shared.", "No longer shared."),
    "retired": ("is_retired", "Retired: it matches nobody any more.", "In use again."),
    "primary": ("is_primary", "Marked as primary.", "No longer primary."),
}


@require_POST
@needs(CHANGE, "change customers")
@tells_refusals
def identity_mark(request, public_id, identity_id):
    """Turn one mark over."""
    identities = customer_to_write(public_id).identities.select_related("field")
    identity = get_object_or_404(identities, pk=identity_id)
    wanted = wanted_marks(identity, request.POST.get("mark", ""))
    if wanted:
        marks, text = wanted
        try:
            check_flags(
                identity,
                IdentityFlags(
                    marks.get("is_shared", identity.is_shared),
                    marks.get("is_retired", identity.is_retired),
                    marks.get("trust", identity.trust),
                ),
            )
            operation = flag_identity(
                public_id, identity.field.key, identity.value, marks, caller=request.user
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            offer_undo(request, text, operation, back=public_id)
    return redirect(identity.customer)


def wanted_marks(identity: ChannelIdentity, mark: str) -> tuple[dict, str] | None:
    """(model fields, message) of a mark turned over."""
    if mark == "verified":
        verified = identity.trust == Trust.VERIFIED
        trust = Trust.SELF_ASSERTED if verified else Trust.VERIFIED
        return {"trust": trust}, "No longer verified." if verified else "Marked as verified."
    if mark not in TOLD:
        return None
    column, on, off = TOLD[mark]
    is_on = getattr(identity, column)
    return {column: not is_on}, off if is_on else on
