"""A relation nobody has thought of would lose rows in a merge: adding one fails here."""

from customers.history.recording import OWNED
from customers.models import (
    AttributeValue,
    ChannelIdentity,
    Conversation,
    Customer,
    CustomerAlias,
    CustomerLabel,
)

# What merge, split and undo carry along, row by row.
CARRIED = {
    (ChannelIdentity, "customer"): "identity",
    (AttributeValue, "customer"): "value",
    (CustomerLabel, "customer"): "label",
    (Conversation, "customer"): "conversation",
    (CustomerAlias, "customer"): "alias",
}
# What follows from other rows, and is found anew.
DERIVED = {("DuplicatePair", "first"), ("DuplicatePair", "second")}


def incoming():
    """(model, field) of everything that refers to a customer."""
    return {
        (relation.related_model, relation.field.name)
        for relation in Customer._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete
    }


def test_m26_every_relation_to_a_customer_is_carried_along():
    derived = {(model, name) for model, name in incoming() if (model.__name__, name) in DERIVED}

    assert incoming() - derived == CARRIED.keys()
    assert len(derived) == len(DERIVED)


def test_m26_every_carried_relation_is_recorded():
    recorded = {
        (model, owner.removesuffix("_id")): table
        for table, (model, owner) in OWNED.items()
        if table != "customer"
    }

    assert recorded == CARRIED
    assert OWNED["customer"] == (Customer, "id")
    assert next(iter(OWNED)) == "customer"


def test_m26_a_customer_refers_to_labels_and_a_placeholder_to_its_channel_type():
    outgoing = [f.name for f in Customer._meta.get_fields() if f.is_relation and not f.auto_created]

    assert outgoing == ["placeholder_for", "labels"]
    assert Customer._meta.get_field("labels").remote_field.through is CustomerLabel
