import pytest
from django.utils import timezone

from customers.conversations.linking import link_conversation
from customers.labelling.label_merge import merge_labels
from customers.models import (
    AttributeValue,
    ChannelIdentity,
    Conversation,
    Customer,
    CustomerLabel,
    Operation,
)
from customers.profiles.lifecycle import (
    CustomerChanged,
    create_customer,
    delete_customer,
    label_customer,
    update_customer,
)
from customers.undo.conflicts import UndoConflict
from customers.undo.merged_labels import CROWDED
from customers.undo.undo import TAKEN, AlreadyUndone, UndoConflictError
from labels.models import Label, LabelGroup
from schema_builder.models import ChannelType
from schema_changes.field_deletion import retire_field
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    UserFactory,
    ValueFactory,
    WornLabelFactory,
)
from tests.support.operations import (
    SAM,
    conversations_of,
    everything,
    identifiers_of,
    labels_of,
    last_operation,
    linked,
    merged,
    relinked,
    resolved,
    split,
    undone,
    values_of,
)

pytestmark = pytest.mark.django_db
NUMBER = "+923001234567"
OTHER = "+923007654321"


def edit(customer, **body):
    update_customer(customer, body, caller=SAM, partial=True)
    return last_operation()


def refused(operation):
    """Expect the undo to be refused, and nothing to have changed; answers the collisions."""
    before, operations = everything(), Operation.objects.count()
    with pytest.raises(UndoConflictError) as caught:
        undone(operation)
    assert (everything(), Operation.objects.count()) == (before, operations)
    return caught.value.collisions


def reasons(collisions):
    return sorted({(collision.table, collision.reason) for collision in collisions})


@pytest.mark.parametrize(
    "body",
    [
        {"firstName": "Amina"},
        {"isAnonymous": False},
        {"city": "Karachi"},
        {"city": ""},
        {"age": "12345.678"},
        {"phoneNumber": []},
        {"phoneNumber": [NUMBER, OTHER]},
        {"phoneNumber": ["0092 300 1234567"]},
        {"labels": []},
        {"firstName": "Amina", "city": "Quetta", "phoneNumber": [OTHER], "labels": []},
    ],
)
def test_an_edit_is_taken_back_and_back_again(body):
    FieldFactory(key="age", type="number")
    field = FieldFactory(key="city")
    customer = ValueFactory(
        field=field, text="Lahore", customer__is_anonymous=True, customer__first_name="Jane Doe"
    ).customer
    IdentityFactory(customer=customer, value=NUMBER)
    WornLabelFactory(customer=customer)
    before = everything()
    operation = edit(customer, **body)
    after = everything()
    assert after != before

    undone(operation)
    assert everything() == before

    undone()
    assert everything() == after


def test_labels_are_taken_back():
    customer, vip = CustomerFactory(), LabelFactory(name="VIP")
    label_customer(customer, caller=SAM, add=[vip])

    undone()
    assert labels_of(customer) == []

    undone()
    assert labels_of(customer) == ["VIP"]


def test_an_undo_is_recorded():
    customer = CustomerFactory(first_name="Jane Doe")
    operation = edit(customer, firstName="Amina")

    answer = undone(operation, reason="Wrong person.")

    assert (answer.operation.kind, answer.operation.actor) == ("undo", "sam")
    assert (answer.operation.reason, answer.operation.takes_back) == ("Wrong person.", operation)
    operation.refresh_from_db()
    assert operation.undone_by == answer.operation
    assert answer.left == []


def test_an_undo_of_an_undo_lets_the_first_be_undone_again():
    customer = CustomerFactory(first_name="Jane Doe")
    operation = edit(customer, firstName="Amina")

    for name in ("Jane Doe", "Amina", "Jane Doe"):
        undone(operation if name == "Jane Doe" else last_operation())
        assert Customer.objects.get(pk=customer.pk).first_name == name


def test_a_version_known_before_the_undo_is_stale():
    customer = CustomerFactory()
    operation = edit(customer, firstName="Amina")
    undone(operation)

    with pytest.raises(CustomerChanged):
        update_customer(customer, {}, caller=SAM, known_version=1)


def test_u02_identities_that_came_later_stay_with_the_survivor():
    survivor, duplicate = CustomerFactory(), IdentityFactory(value=NUMBER).customer
    merged(survivor, duplicate)
    merge = last_operation()
    edit(survivor, phoneNumber=[NUMBER, OTHER])

    undone(merge)

    assert identifiers_of(duplicate) == [("phoneNumber", NUMBER)]
    assert identifiers_of(survivor) == [("phoneNumber", OTHER)]


def test_u03_edits_that_came_later_stay():
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    ValueFactory(customer=survivor, field=FieldFactory(key="city"), text="Lahore")
    merged(survivor, duplicate)
    merge = last_operation()
    edit(survivor, city="Karachi", firstName="Amina")

    undone(merge)

    assert values_of(survivor) == {"city": "Karachi"}
    assert Customer.objects.get(pk=survivor.pk).first_name == "Amina"
    assert resolved(duplicate.public_id) == [duplicate.public_id]


def test_u04_twice_is_refused():
    operation = edit(CustomerFactory(), firstName="Amina")
    undone(operation)
    before = everything()

    with pytest.raises(AlreadyUndone) as caught:
        undone(operation)

    undo = last_operation()
    assert str(caught.value) == f"This was undone already, by operation undo {undo.public_id}."
    assert everything() == before


def test_u05_what_was_done_on_top_is_named():
    first, second, third = CustomerFactory.create_batch(3)
    merged(second, first)
    merge = last_operation()
    merged(third, second)
    on_top = last_operation()

    collisions = refused(merge)

    assert reasons(collisions) == [
        ("alias", "The old id was changed again since."),
        ("customer", "The customer was removed since."),
        ("customer", "The id of the customer leads to another one since."),
    ]
    assert {c.operation for c in collisions if c.operation} == {on_top.public_id}
    undone(on_top)
    undone(merge)
    assert [resolved(c.public_id) for c in (first, second)] == [
        [first.public_id],
        [second.public_id],
    ]


def test_u06_what_went_elsewhere_is_named_and_left():
    survivor, duplicate, third = CustomerFactory.create_batch(3)
    linked("c1", duplicate)
    linked("c2", duplicate)
    merged(survivor, duplicate)
    merge = last_operation()
    relinked("c1", third)
    relink = last_operation()
    row = Conversation.objects.get(conversation_id="c1").pk
    collision = UndoConflict(
        "conversation", row, "The conversation was changed again since.", relink.public_id
    )
    assert refused(merge) == [collision]

    answer = undone(merge, skip_collisions=True)

    assert answer.left == [collision]
    assert (conversations_of(duplicate), conversations_of(third)) == (["c2"], ["c1"])


def test_every_column_that_was_edited_again_is_named():
    customer = CustomerFactory()
    ValueFactory(customer=customer, field=FieldFactory(key="city"), text="Lahore")
    first = edit(customer, city="Karachi", firstName="Amina")
    second = edit(customer, city="Quetta")
    third = edit(customer, firstName="Zoë")

    collisions = refused(first)

    assert [(c.table, c.reason, c.operation) for c in collisions] == [
        ("customer", "The customer was changed again since.", third.public_id),
        ("value", "The value was changed again since.", second.public_id),
    ]


def test_the_rest_is_undone_where_asked():
    customer = CustomerFactory(first_name="Jane Doe")
    ValueFactory(customer=customer, field=FieldFactory(key="city"), text="Lahore")
    first = edit(customer, city="Karachi", firstName="Amina")
    edit(customer, city="Quetta")

    answer = undone(first, skip_collisions=True)

    assert [collision.table for collision in answer.left] == ["value"]
    assert Customer.objects.get(pk=customer.pk).first_name == "Jane Doe"
    assert values_of(customer) == {"city": "Quetta"}


def test_a_value_that_was_edited_back_is_no_collision():
    customer = CustomerFactory(first_name="Jane Doe")
    first = edit(customer, firstName="Amina")
    edit(customer, firstName="Zoë")
    edit(customer, firstName="Amina")

    undone(first)

    assert Customer.objects.get(pk=customer.pk).first_name == "Jane Doe"


def test_a_row_that_moved_to_another_customer_is_not_touched_there():
    customer = CustomerFactory()
    ValueFactory(customer=customer, field=FieldFactory(key="city"), text="Lahore")
    first = edit(customer, city="Karachi")
    split(customer, fields=["city"])

    collisions = refused(first)

    assert reasons(collisions) == [("value", "The value was changed again since.")]


def test_a_taken_place_is_named():
    customer = CustomerFactory()
    ValueFactory(customer=customer, field=FieldFactory(key="city"), text="Lahore")
    first = edit(customer, city="")
    edit(customer, city="Karachi")

    assert reasons(refused(first)) == [("value", "Another value has taken its place since.")]


def test_a_new_customer_keeps_what_cannot_go_back():
    customer = CustomerFactory()
    ValueFactory(customer=customer, field=FieldFactory(key="city"), text="Lahore")
    linked("c1", customer)
    new = Customer.objects.get(
        public_id=split(customer, fields=["city"], conversations=["c1"]).customer
    )
    operation = last_operation()
    edit(customer, city="Karachi")
    assert reasons(refused(operation)) == [
        ("customer", "The customer still has another value."),
        ("value", "Another value has taken its place since."),
    ]

    undone(operation, skip_collisions=True)

    assert (values_of(new), values_of(customer)) == ({"city": "Lahore"}, {"city": "Karachi"})
    assert (conversations_of(new), conversations_of(customer)) == ([], ["c1"])


def test_a_new_customer_keeps_what_came_later():
    customer = CustomerFactory()
    linked("c1", customer)
    new = Customer.objects.get(public_id=split(customer, conversations=["c1"]).customer)
    operation = last_operation()
    linked("c2", new)

    assert reasons(refused(operation)) == [
        ("customer", "The customer still has another conversation.")
    ]
    undone(operation, skip_collisions=True)
    assert (conversations_of(new), conversations_of(customer)) == (["c2"], ["c1"])


def test_a_deleted_survivor_takes_its_rows_along():
    field = FieldFactory(key="city")
    survivor = ValueFactory(field=field, text="Lahore").customer
    duplicate = ValueFactory(field=field, text="Karachi").customer
    merged(survivor, duplicate, choices={"city": {"customer": duplicate.public_id}})
    merge = last_operation()
    delete_customer(survivor, caller=SAM)

    assert reasons(refused(merge)) == [
        ("alias", "The old id was removed since."),
        ("customer", "The customer was removed since."),
        ("value", "The customer of the value is gone."),
        ("value", "The value was removed since."),
    ]
    undone(merge, skip_collisions=True)
    assert resolved(duplicate.public_id) == [duplicate.public_id]
    assert values_of(duplicate) == {}


def test_a_deleted_customers_edit_cannot_be_undone():
    customer = IdentityFactory().customer
    operation = edit(customer, phoneNumber=[], firstName="Amina")
    delete_customer(customer, caller=SAM)

    assert reasons(refused(operation)) == [
        ("customer", "The customer was removed since."),
        ("identity", "The customer of the identity is gone."),
    ]
    assert len(undone(operation, skip_collisions=True).left) == 2


def test_a_label_that_was_deleted_is_named():
    worn = WornLabelFactory()
    edit(worn.customer, labels=[])
    operation = last_operation()
    worn.label.delete()

    assert reasons(refused(operation)) == [("label", "The label was deleted since.")]


def test_a_value_of_a_field_that_was_deleted_waits_for_the_field():
    field = FieldFactory(key="city")
    customer = ValueFactory(field=field, text="Lahore").customer
    IdentityFactory(customer=customer, value=NUMBER)
    operation = edit(customer, city="", phoneNumber=[])
    retire_field(field, force=True, caller=SAM)

    undone(operation)

    assert identifiers_of(customer) == [("phoneNumber", NUMBER)]
    assert [*customer.values.values_list("field", "text")] == [(field.pk, "Lahore")]


def test_an_anonymous_customer_who_got_the_identifier_is_named():
    stranger = IdentityFactory(value=NUMBER, customer__is_anonymous=True).customer
    operation = edit(stranger, isAnonymous=False)
    IdentityFactory(value=NUMBER, customer__is_anonymous=True)

    for options in ({}, {"skip_collisions": True}):
        with pytest.raises(UndoConflictError) as caught:
            undone(operation, **options)
        assert caught.value.collisions == [UndoConflict("identity", 0, TAKEN)]
    assert not Customer.objects.get(pk=stranger.pk).is_anonymous


def test_an_edit_that_took_an_identifier_from_another_is_taken_back():
    rival = IdentityFactory(value=NUMBER, customer__is_anonymous=True).customer
    customer = CustomerFactory(is_anonymous=True, first_name="Jane Doe")
    before = everything()
    edit(customer, phoneNumber=[NUMBER], isAnonymous=True, firstName="Jane Doe")
    assert (identifiers_of(rival), identifiers_of(customer)) == ([], [("phoneNumber", NUMBER)])

    undone()

    assert everything() == before


def test_a_merge_after_a_partial_undo_goes_through():
    first, second, third = CustomerFactory.create_batch(3)
    merged(second, first)
    merge = last_operation()
    merged(third, second)
    undone(merge, skip_collisions=True)

    linked("c1", third)
    merged(CustomerFactory(), third)

    assert len(resolved(first.public_id)) == 1


def test_fields_beyond_the_recorded_columns_keep_their_defaults():
    identity = IdentityFactory(value=NUMBER)
    operation = edit(identity.customer, phoneNumber=[])
    change = operation.changes.get(table="identity")
    change.before = {n: v for n, v in change.before.items() if n != "is_primary"} | {"gone": 1}
    change.save()

    undone(operation)

    restored = ChannelIdentity.objects.get(pk=identity.pk)
    assert (restored.value, restored.is_primary) == (NUMBER, False)


def test_thousands_of_conversations_go_and_come_back(django_assert_max_num_queries):
    stranger = IdentityFactory(value=NUMBER, customer__is_anonymous=True).customer
    target, channel, now = CustomerFactory(), ChannelType.objects.get(name="SMS"), timezone.now()
    Conversation.objects.bulk_create(
        Conversation(
            conversation_id=f"c{number}",
            customer=stranger,
            channel_type=channel,
            identifier=NUMBER,
            opened_at=now,
            last_activity_at=now,
        )
        for number in range(2500)
    )
    before = everything()
    relinked("c0", target, add_identity=True)
    assert Conversation.objects.filter(customer=target).count() == 2500

    with django_assert_max_num_queries(80):
        undone()

    assert everything() == before


def test_what_was_created_through_the_api_survives_a_round_trip():
    FieldFactory(key="born", type="date")
    FieldFactory(key="vip", type="boolean")
    body = {
        "firstName": "Zoë 王 😀",
        "phoneNumber": [NUMBER],
        "born": "1882-12-31",
        "vip": True,
        "email": ["Zoe@Example.ORG"],
    }
    duplicate = create_customer(body, caller=SAM)
    link_conversation(
        "c1",
        customer=duplicate.public_id,
        channel_type=ChannelType.objects.get(name="SMS"),
        details={},
    )
    before = everything()

    for _ in range(3):
        merged(CustomerFactory(), duplicate)
        undone()

    after = everything()
    assert {place: after[place] for place in before} == before
    assert AttributeValue.objects.count() == 2
    assert not CustomerLabel.objects.exists()


def test_a_deleted_customer_comes_back_with_the_survivor_of_a_merged_label():
    worn = WornLabelFactory(label=LabelFactory(name="Loyal"), reason="Since 2010")
    gold = LabelFactory(name="Gold")
    operation = delete_customer(worn.customer, caller=SAM)
    merge_labels(gold, Label.objects.get(name="Loyal"), caller=SAM)
    merge_labels(LabelFactory(name="Best"), gold, caller=SAM)

    assert undone(operation).left == []

    row = CustomerLabel.objects.get()
    assert (row.label.name, row.reason) == ("Best", "Since 2010")


def test_labels_that_are_one_since_come_back_once():
    worn = WornLabelFactory(label=LabelFactory(name="Loyal"))
    gold = WornLabelFactory(label=LabelFactory(name="Gold"), customer=worn.customer).label
    operation = delete_customer(worn.customer, caller=SAM)
    merge_labels(gold, Label.objects.get(name="Loyal"), caller=SAM)

    undo = undone(operation)

    assert undo.left == []
    assert labels_of(Customer.objects.get()) == ["Gold"]
    undone(undone(undo.operation).operation)
    assert labels_of(Customer.objects.get()) == ["Gold"]


def test_label_that_was_added_and_merged_since_is_removed_by_its_survivor():
    customer = CustomerFactory()
    loyal = LabelFactory(name="Loyal")
    label_customer(customer, caller=SAM, add=[loyal])
    operation = last_operation()
    merge_labels(LabelFactory(name="Gold"), loyal, caller=SAM)

    assert undone(operation).left == []

    assert labels_of(customer) == []


def test_label_that_was_added_to_the_survivor_is_undone_without_it():
    customer = WornLabelFactory(label=LabelFactory(name="Gold")).customer
    loyal = LabelFactory(name="Loyal")
    label_customer(customer, caller=SAM, add=[loyal])
    operation = last_operation()
    merge_labels(Label.objects.get(name="Gold"), loyal, caller=SAM)

    assert undone(operation).left == []

    assert labels_of(customer) == ["Gold"]


def test_label_that_was_removed_is_there_by_its_survivor():
    loyal, gold = LabelFactory(name="Loyal"), LabelFactory(name="Gold")
    customer = WornLabelFactory(label=loyal, customer__first_name="Amina").customer
    WornLabelFactory(label=gold, customer=customer)
    update_customer(
        customer, {"firstName": "Ben", "labels": [gold.public_id]}, caller=SAM, partial=True
    )
    operation = last_operation()
    merge_labels(gold, loyal, caller=SAM)

    assert undone(operation).left == []

    customer.refresh_from_db()
    assert (customer.first_name, labels_of(customer)) == ("Amina", ["Gold"])


def test_survivor_that_another_label_of_its_group_excludes_is_named():
    tier = LabelGroup.objects.create(name="Tier")
    loyal, gold = LabelFactory(name="Loyal"), LabelFactory(name="Gold", group=tier)
    customer = WornLabelFactory(label=loyal).customer
    WornLabelFactory(label=LabelFactory(name="Silver", group=tier), customer=customer)
    operation = delete_customer(customer, caller=SAM)
    merge_labels(gold, loyal, caller=SAM)

    assert reasons(refused(operation)) == [("label", CROWDED.format("Gold"))]

    assert len(undone(operation, skip_collisions=True).left) == 1
    assert labels_of(Customer.objects.get()) == ["Silver"]


def test_page_of_an_undo_shows_the_survivor(client):
    user = UserFactory(role="Supervisor")
    client.force_login(user)
    loyal = LabelFactory(name="Loyal")
    operation = delete_customer(WornLabelFactory(label=loyal).customer, caller=SAM)
    merge_labels(LabelFactory(name="Gold"), loyal, caller=SAM)

    response = client.get(f"/operations/{operation.public_id}/undo")

    assert response.status_code == 200
    assert not response.context["collides"]
