import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from access.actors import Actor
from customers.models import AttributeValue, ChannelIdentity, Customer, CustomerLabel
from customers.profiles.lifecycle import (
    AnonymousHolderExists,
    CustomerChanged,
    create_customer,
    delete_customer,
    label_customer,
    update_customer,
)
from schema_builder.editing import FieldIsProtected
from schema_builder.models import FieldDefinition, SchemaVersion
from schema_changes.field_deletion import FieldHoldsValues, retire_field
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    WornLabelFactory,
    field_of,
)

pytestmark = pytest.mark.django_db

RIGHTS = frozenset(
    {"customers.view_pii", "customers.add_customerlabel", "customers.delete_customerlabel"}
)
AMY = Actor("amy", "1", RIGHTS)
BOB = Actor("bob", "2", RIGHTS)


def held(customer, key="web"):
    return [
        *customer.identities.filter(field__key=key).order_by("id").values_list("value", flat=True)
    ]


def values(customer):
    return dict(customer.values.values_list("field__key", "text"))


def test_created_customer_has_all_its_rows():
    FieldFactory(key="town")
    gold = LabelFactory()

    customer = create_customer(
        {"firstName": "Zed", "web": ["w1"], "town": "Ulm", "labels": [gold.public_id]}, caller=AMY
    )

    assert (customer.first_name, customer.folded_name, customer.version) == ("Zed", "zed", 0)
    assert (customer.created_by, customer.updated_by) == ("amy", "amy")
    assert customer.created_at == customer.updated_at
    assert (held(customer), values(customer)) == (["w1"], {"town": "Ulm"})
    assert [*customer.worn_labels.values_list("label", "assigned_by")] == [(gold.pk, "amy")]


def test_refused_customer_leaves_no_row():
    IdentityFactory(of="web", value="w1", customer=CustomerFactory(is_anonymous=True))

    with pytest.raises(AnonymousHolderExists):
        create_customer({"web": ["w1", "w2"]}, caller=AMY)

    assert (Customer.objects.count(), ChannelIdentity.objects.count()) == (1, 1)


def test_update_replaces_and_counts_one_version():
    FieldFactory(key="town"), FieldFactory(key="street")
    gold, iron = LabelFactory(), LabelFactory()
    customer = create_customer(
        {"firstName": "Zed", "web": ["w1", "w2"], "town": "Ulm", "labels": [gold.public_id]},
        caller=AMY,
    )

    changed = update_customer(
        customer,
        {"firstName": "Zoe", "web": ["w2", "w3"], "street": "Main", "labels": [iron.public_id]},
        caller=BOB,
    )

    assert (changed.first_name, changed.folded_name, changed.version) == ("Zoe", "zoe", 1)
    assert (changed.created_by, changed.updated_by) == ("amy", "bob")
    assert changed.updated_at > customer.updated_at
    assert (held(customer), values(customer)) == (["w2", "w3"], {"street": "Main"})
    assert [*customer.labels.all()] == [iron]


def test_partial_update_touches_what_it_names():
    FieldFactory(key="town")
    customer = create_customer({"firstName": "Zed", "web": ["w1"], "town": "Ulm"}, caller=AMY)

    update_customer(customer, {"town": "Bonn"}, caller=BOB, partial=True)

    assert (held(customer), values(customer)) == (["w1"], {"town": "Bonn"})


def test_update_that_changes_nothing_writes_nothing():
    worn = WornLabelFactory(customer__first_name="Zed", customer__updated_by="amy")
    customer = worn.customer
    IdentityFactory(of="web", value="w1", customer=customer)
    before = Customer.objects.values().get()

    update_customer(
        customer,
        {"firstName": "Zed", "web": ["w1"], "labels": [worn.label.public_id]},
        caller=BOB,
    )

    assert Customer.objects.values().get() == before
    assert CustomerLabel.objects.get() == worn


def test_refused_update_changes_nothing():
    customer = create_customer({"firstName": "Zed", "web": ["w1"]}, caller=AMY)

    with pytest.raises(ValidationError):
        update_customer(customer, {"firstName": "Zoe", "web": ["w2"], "nope": 1}, caller=BOB)

    customer.refresh_from_db()
    assert (customer.first_name, customer.version, held(customer)) == ("Zed", 0, ["w1"])


def test_stale_update_is_refused_and_says_where_it_stands():
    customer = CustomerFactory(first_name="Zed", version=3)

    with pytest.raises(CustomerChanged) as error:
        update_customer(customer, {"firstName": "Zoe"}, caller=BOB, known_version=2)

    assert str(error.value) == "The customer was changed meanwhile: it is at version 3."
    assert error.value.version == 3


def test_another_spelling_of_an_identifier_keeps_its_row():
    customer = CustomerFactory(first_name="Zed")
    identity = IdentityFactory(value="+923001234567", customer=customer, is_shared=True)

    update_customer(customer, {"firstName": "Zed", "phoneNumber": ["+92 300 1234567"]}, caller=BOB)

    after = ChannelIdentity.objects.get()
    assert (after.pk, after.value, after.match_key, after.is_shared) == (
        identity.pk,
        "+92 300 1234567",
        "+923001234567",
        True,
    )


def test_retired_identity_stays_unless_it_is_written_again():
    customer = CustomerFactory(first_name="Zed")
    identity = IdentityFactory(of="web", value="w1", customer=customer, is_retired=True)

    update_customer(customer, {"firstName": "Zed", "web": []}, caller=BOB)
    identity.refresh_from_db()
    after_other = identity.is_retired
    update_customer(customer, {"firstName": "Zed", "web": ["w1"]}, caller=BOB)
    identity.refresh_from_db()

    assert (after_other, identity.is_retired) == (True, False)


def test_customer_that_becomes_known_frees_its_anonymous_place():
    customer = CustomerFactory(first_name="Jane Doe", is_anonymous=True)
    IdentityFactory(of="web", value="w1", customer=customer)

    update_customer(customer, {"firstName": "Zed"}, caller=BOB, partial=True)
    other = create_customer({"web": ["w1"]}, caller=AMY)

    assert ChannelIdentity.objects.get(customer=customer).is_anonymous is False
    assert other.is_anonymous is True


def test_identifier_moves_between_anonymous_customers():
    old = CustomerFactory(first_name="Jane Doe", is_anonymous=True)
    new = CustomerFactory(first_name="Jane Doe", is_anonymous=True)
    IdentityFactory(of="web", value="w1", customer=old)

    update_customer(new, {"web": ["w1"], "isAnonymous": True}, caller=BOB, partial=True)

    old.refresh_from_db()
    assert (held(old), held(new)) == ([], ["w1"])
    assert old.version == 1


def test_identifier_is_shared_between_known_customers():
    old, new = CustomerFactory(), CustomerFactory()
    IdentityFactory(of="web", value="w1", customer=old)

    update_customer(new, {"web": ["w1"]}, caller=BOB, partial=True)

    assert (held(old), held(new)) == (["w1"], ["w1"])


def test_labels_are_put_on_and_taken_off():
    worn, gold = WornLabelFactory(), LabelFactory()

    label_customer(worn.customer, caller=BOB, add=[gold], remove=[worn.label])
    again = label_customer(worn.customer, caller=BOB, add=[gold])

    assert [*worn.customer.labels.all()] == [gold]
    assert again.version == 1


def test_deleted_customer_takes_its_rows_along():
    customer = CustomerFactory()
    IdentityFactory(customer=customer), ValueFactory(customer=customer)
    worn = WornLabelFactory(customer=customer)

    delete_customer(customer, caller=AMY)

    models = (Customer, ChannelIdentity, AttributeValue, CustomerLabel)
    assert [model.objects.count() for model in models] == [0, 0, 0, 0]
    assert type(worn.label).objects.filter(pk=worn.label.pk).exists()


def test_field_in_use_is_not_retired_without_force():
    field = FieldFactory(key="town")
    ValueFactory.create_batch(3, field=field)

    with pytest.raises(FieldHoldsValues) as error:
        retire_field(field, force=False, caller=AMY)

    assert str(error.value) == '3 customers have a value of "town".'
    assert AttributeValue.objects.count() == 3


def test_field_is_retired_by_force_and_its_values_wait_for_it():
    field = FieldFactory(key="town")
    ValueFactory.create_batch(3, field=field)

    assert retire_field(field, force=True, caller=AMY) == 3
    assert not FieldDefinition.objects.filter(key="town").exists()
    assert AttributeValue.objects.filter(field=field.pk).count() == 3
    assert SchemaVersion.objects.latest("number").author == "amy"


def test_system_field_is_not_retired_by_force():
    IdentityFactory()

    with pytest.raises(FieldIsProtected):
        retire_field(field_of("phoneNumber"), force=True, caller=AMY)

    assert ChannelIdentity.objects.count() == 1


def test_database_itself_keeps_one_anonymous_holder():
    IdentityFactory(of="web", value="w1", customer=CustomerFactory(is_anonymous=True))

    with pytest.raises(IntegrityError), transaction.atomic():
        IdentityFactory(of="web", value="w1", customer=CustomerFactory(is_anonymous=True))


def test_database_itself_keeps_an_identifier_once_per_customer():
    identity = IdentityFactory(of="web", value="w1")

    with pytest.raises(IntegrityError), transaction.atomic():
        IdentityFactory(of="web", value="w1", customer=identity.customer)


def test_relations_of_a_customer_are_those_that_writes_know():
    relations = {field.name for field in Customer._meta.get_fields() if field.is_relation}

    assert relations == {
        "labels",
        "worn_labels",
        "aliases",
        "identities",
        "values",
        "conversations",
        "placeholder_for",
    }
