"""What tests of relink, merge, split and undo share."""

from access.actors import Actor
from customers.conversations.linking import link_conversation
from customers.conversations.relinking import RelinkRequest, relink_conversation
from customers.history.recording import content, images
from customers.merging.merge import MergeRequest, merge_customers
from customers.merging.split import SplitRequest, split_customer
from customers.models import Conversation, Customer, Operation
from customers.profiles.lifecycle import update_customer
from customers.undo.undo import undo
from schema_builder.models import ChannelType

SAM = Actor(name="sam", user_id="1", is_superuser=True)


def everything():
    """All rows of all customers, without what only says that something changed."""
    rows = images(Customer.objects.values_list("pk", flat=True))
    return {place: content(place[0], image) for place, image in rows.items()}


def last_operation():
    return Operation.objects.order_by("id").last()


def edit(customer, **body):
    update_customer(customer, body, caller=SAM, partial=True)
    return last_operation()


def linked(conversation_id, customer, identifier="", channel="SMS"):
    conversation, _ = link_conversation(
        conversation_id,
        customer=customer.public_id,
        channel_type=ChannelType.objects.get(name=channel),
        details={"identifier": identifier},
    )
    return conversation


def merged(survivor, *duplicates, dry_run=False, **request):
    ids = [duplicate.public_id for duplicate in duplicates]
    return merge_customers(
        MergeRequest(survivor.public_id, ids, **request), caller=SAM, dry_run=dry_run
    )


def relinked(conversation_id, target, dry_run=False, **request):
    return relink_conversation(
        conversation_id, RelinkRequest(target.public_id, **request), caller=SAM, dry_run=dry_run
    )


def split(customer, dry_run=False, **request):
    return split_customer(SplitRequest(customer.public_id, **request), caller=SAM, dry_run=dry_run)


def undone(operation=None, **options):
    return undo(operation or last_operation(), caller=SAM, **options)


def resolved(public_id):
    """Ids of the customers that answer to this one."""
    return list(Customer.objects.known_as(public_id).values_list("public_id", flat=True))


def conversations_of(customer):
    found = Conversation.objects.filter(customer=customer).order_by("conversation_id")
    return list(found.values_list("conversation_id", flat=True))


def identifiers_of(customer):
    """(field, value) of the live identities."""
    rows = customer.identities.filter(is_retired=False).order_by("id")
    return list(rows.values_list("field__key", "value"))


def values_of(customer):
    return dict(customer.values.values_list("field__key", "text"))


def labels_of(customer):
    return sorted(customer.labels.values_list("name", flat=True))
