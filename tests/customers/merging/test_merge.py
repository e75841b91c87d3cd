from datetime import UTC, datetime
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError

from customers.documents import document
from customers.history.descriptions import operations_of
from customers.identification.identify import identify
from customers.locking import CustomerMerged, UnknownCustomer
from customers.masking import UNMASKED
from customers.merging.merge import MergeRefused
from customers.models import Customer, CustomerAlias, Operation
from customers.profiles.lifecycle import CustomerChanged, label_customer, update_customer
from schema_builder.schema import current_schema
from tests.support.factories import (
    AliasFactory,
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    WornLabelFactory,
)
from tests.support.operations import (
    SAM,
    conversations_of,
    everything,
    identifiers_of,
    labels_of,
    linked,
    merged,
    resolved,
    undone,
    values_of,
)

pytestmark = pytest.mark.django_db
NUMBER = "+923001234567"


def shown(customer):
    row = Customer.objects.filter(pk=customer.pk).documents().get()
    return document(row, current_schema(), UNMASKED)


def refused(problem, survivor, *duplicates, **request):
    """Expect the merge to be refused, and nothing to have changed; answers the error."""
    before, operations = everything(), Operation.objects.count()
    with pytest.raises(problem) as caught:
        merged(survivor, *duplicates, **request)
    assert (everything(), Operation.objects.count()) == (before, operations)
    return caught.value


def test_m01_everything_moves_and_adds_up():
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    IdentityFactory(customer=survivor, value=NUMBER)
    IdentityFactory(customer=duplicate, value="+923009999999")
    ValueFactory(customer=duplicate, field=FieldFactory(key="city"), text="Lahore")
    WornLabelFactory(customer=duplicate, label=LabelFactory(name="VIP"))
    linked("c1", survivor)
    linked("c2", duplicate)
    AliasFactory(customer=duplicate, public_id="a" * 24)

    answer = merged(survivor, duplicate)

    assert answer.moved == {"values": 1, "identities": 1, "labels": 1, "conversations": 1}
    assert identifiers_of(survivor) == [
        ("phoneNumber", NUMBER),
        ("phoneNumber", "+923009999999"),
    ]
    assert values_of(survivor) == {"city": "Lahore"}
    assert labels_of(survivor) == ["VIP"]
    assert conversations_of(survivor) == ["c1", "c2"]
    assert resolved(duplicate.public_id) == resolved("a" * 24) == [survivor.public_id]
    assert not Customer.objects.filter(public_id=duplicate.public_id).exists()


def test_m02_the_survivors_values_win():
    field = FieldFactory(key="city")
    survivor = ValueFactory(field=field, text="Lahore").customer
    duplicate = ValueFactory(field=field, text="Karachi").customer

    merged(survivor, duplicate)

    assert values_of(survivor) == {"city": "Lahore"}
    assert Customer.objects.get(pk=survivor.pk).first_name == survivor.first_name


def test_m03_gaps_are_filled_in_the_order_of_the_duplicates():
    survivor, field = CustomerFactory(first_name="Jane Doe"), FieldFactory(key="city")
    first = ValueFactory(field=field, text="Lahore", customer__first_name="Amina").customer
    second = ValueFactory(field=field, text="Karachi", customer__first_name="Oliver").customer

    merged(survivor, first, second)

    assert values_of(survivor) == {"city": "Lahore"}
    assert Customer.objects.get(pk=survivor.pk).first_name == "Amina"


def test_m04_an_empty_name_is_a_gap():
    survivor, duplicate = CustomerFactory(first_name=""), CustomerFactory(first_name="Amina")

    merged(survivor, duplicate)

    row = Customer.objects.get(pk=survivor.pk)
    assert (row.first_name, row.folded_name) == ("Amina", "amina")


def test_m05_nobody_is_merged_with_itself():
    customer, other = CustomerFactory(), CustomerFactory()

    for duplicates in ([customer], [other, other]):
        error = refused(ValidationError, customer, *duplicates)
        assert error.message_dict == {"duplicates": ["A customer cannot be merged with itself."]}


def test_m06_a_repeat_writes_nothing():
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    versions = {survivor.public_id: 0, duplicate.public_id: 0}
    first = merged(survivor, duplicate, versions=versions)
    before = everything()

    again = merged(survivor, duplicate, versions=versions)

    assert (again.merged, again.operation, again.moved) == ([], None, {})
    assert again.customer == first.customer
    assert everything() == before
    assert Operation.objects.count() == 1


def test_m07_opposite_merges_end_in_one_customer():
    one, other = CustomerFactory(), CustomerFactory()
    merged(one, other)

    error = refused(MergeRefused, other, one)

    assert str(error) == f"Customer {other.public_id} was merged into {one.public_id} meanwhile."


def test_m08_a_chain_resolves_in_one_hop():
    chain = CustomerFactory.create_batch(5)
    for duplicate, survivor in pairwise(chain):
        merged(survivor, duplicate)

    assert [resolved(customer.public_id) for customer in chain] == [[chain[-1].public_id]] * 5
    assert set(CustomerAlias.objects.values_list("customer", flat=True)) == {chain[-1].pk}


def test_m09_a_duplicate_that_went_elsewhere_is_refused():
    survivor, duplicate, third = CustomerFactory.create_batch(3)
    merged(third, duplicate)

    error = refused(MergeRefused, survivor, duplicate)

    expected = f"Customer {duplicate.public_id} was merged into {third.public_id} meanwhile."
    assert str(error) == expected


def test_m10_unknown_customers_are_refused():
    survivor, unsaved = CustomerFactory(), CustomerFactory.build()

    for parties in ((survivor, unsaved), (unsaved, survivor)):
        error = refused(UnknownCustomer, *parties)
        assert str(error) == f'There is no customer "{unsaved.public_id}".'


def test_m13_a_stale_version_is_refused():
    survivor, duplicate = CustomerFactory(version=3), CustomerFactory(version=5)

    for stale in ({survivor.public_id: 2}, {duplicate.public_id: 4}):
        refused(CustomerChanged, survivor, duplicate, versions=stale)

    known = {survivor.public_id: 3, duplicate.public_id: 5}
    assert merged(survivor, duplicate, versions=known).merged == [duplicate.public_id]


def test_versions_of_others_are_refused():
    survivor, duplicate, other = CustomerFactory.create_batch(3)

    error = refused(ValidationError, survivor, duplicate, versions={other.public_id: 0})

    assert error.message_dict == {"versions": ["Name only customers that take part."]}


@pytest.mark.parametrize("count", [1, 24])
def test_m17_two_to_twenty_five_customers_are_merged(count):
    survivor, *duplicates = CustomerFactory.create_batch(count + 1)

    assert len(merged(survivor, *duplicates).merged) == count


@pytest.mark.parametrize("count", [0, 25])
def test_m17_fewer_or_more_are_refused(count):
    survivor, *duplicates = CustomerFactory.create_batch(count + 1)

    error = refused(ValidationError, survivor, *duplicates)

    assert error.message_dict == {"duplicates": ["Merge 2 to 25 customers at a time."]}


def test_m18_more_than_ten_values_are_refused():
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    IdentityFactory.create_batch(10, customer=survivor)
    IdentityFactory(customer=duplicate)

    error = refused(MergeRefused, survivor, duplicate)

    assert str(error) == '"Phone number" would hold 11 values; 10 are possible.'


def test_m18_retired_values_do_not_count():
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    IdentityFactory.create_batch(10, customer=survivor)
    IdentityFactory(customer=duplicate, is_retired=True)

    merged(survivor, duplicate)

    assert survivor.identities.count() == 11


def test_m24_a_merge_that_fails_late_leaves_nothing():
    field = FieldFactory(key="age", type="number")
    survivor, duplicate = CustomerFactory(), ValueFactory(field=field, text="7").customer
    linked("c1", duplicate)

    error = refused(ValidationError, survivor, duplicate, choices={"age": {"value": "old"}})

    assert list(error.message_dict) == ["age"]


def test_m25_what_both_have_is_there_once():
    survivor, duplicate, vip = CustomerFactory(), CustomerFactory(), LabelFactory(name="VIP")
    for customer in (survivor, duplicate):
        IdentityFactory(customer=customer, value=NUMBER)
        WornLabelFactory(customer=customer, label=vip)

    merged(survivor, duplicate)

    assert identifiers_of(survivor) == [("phoneNumber", NUMBER)]
    assert labels_of(survivor) == ["VIP"]


@pytest.mark.parametrize(
    ("kept", "other", "result"), [(True, False, False), (False, True, False), (True, True, True)]
)
def test_an_identity_is_retired_only_if_both_were(kept, other, result):
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    IdentityFactory(customer=survivor, value=NUMBER, is_retired=kept)
    IdentityFactory(customer=duplicate, value=NUMBER, is_retired=other)

    merged(survivor, duplicate)

    assert [identity.is_retired for identity in survivor.identities.all()] == [result]


def test_an_identity_of_two_anonymous_customers_is_retired_only_if_both_were():
    survivor, duplicate = CustomerFactory.create_batch(2, is_anonymous=True)
    IdentityFactory(customer=survivor, value=NUMBER, is_retired=True)
    IdentityFactory(customer=duplicate, value=NUMBER)

    merged(survivor, duplicate)

    assert [identity.is_retired for identity in survivor.identities.all()] == [False]


def test_a_field_has_one_primary_identity_afterwards():
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    for customer in (survivor, duplicate):
        IdentityFactory(customer=customer, is_primary=True)
        IdentityFactory(customer=customer, of="web", value=customer.public_id)
    duplicate.identities.filter(field__key="web").update(is_primary=True)

    merged(survivor, duplicate)

    rows = survivor.identities.filter(is_primary=True).order_by("field__key")
    assert list(rows.values_list("field__key", flat=True)) == ["phoneNumber", "web"]


def test_m27_the_result_is_as_old_as_the_oldest():
    survivor = CustomerFactory(created_at=datetime(2025, 5, 1, tzinfo=UTC))
    duplicate = CustomerFactory(created_at=datetime(2024, 5, 1, tzinfo=UTC))

    merged(survivor, duplicate)

    assert Customer.objects.get(pk=survivor.pk).created_at == datetime(2024, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize("anonymous", ["survivor", "duplicate"])
def test_m28_the_result_is_identified_if_either_is(anonymous):
    survivor = CustomerFactory(is_anonymous=anonymous == "survivor")
    duplicate = CustomerFactory(is_anonymous=anonymous == "duplicate")
    for customer in (survivor, duplicate):
        IdentityFactory(customer=customer)

    merged(survivor, duplicate)

    assert not Customer.objects.get(pk=survivor.pk).is_anonymous
    assert [identity.is_anonymous for identity in survivor.identities.all()] == [False, False]


def test_two_anonymous_customers_stay_anonymous():
    survivor, duplicate = CustomerFactory.create_batch(2, is_anonymous=True)
    for customer in (survivor, duplicate):
        IdentityFactory(customer=customer)

    merged(survivor, duplicate)

    assert Customer.objects.get(pk=survivor.pk).is_anonymous
    assert [identity.is_anonymous for identity in survivor.identities.all()] == [True, True]


def test_m29_writes_to_the_old_id_are_refused():
    survivor, duplicate, vip = CustomerFactory(), CustomerFactory(), LabelFactory(name="VIP")
    merged(survivor, duplicate)

    with pytest.raises(CustomerMerged, match=survivor.public_id):
        update_customer(duplicate, {"firstName": "Amina"}, caller=SAM, partial=True)
    with pytest.raises(CustomerMerged, match=survivor.public_id):
        label_customer(duplicate, caller=SAM, add=[vip])

    assert Customer.objects.get(pk=survivor.pk).first_name == survivor.first_name
    assert labels_of(survivor) == []


def test_m36_the_version_is_above_both():
    survivor, duplicate = CustomerFactory(version=2), CustomerFactory(version=7)

    merged(survivor, duplicate)

    assert Customer.objects.get(pk=survivor.pk).version == 8
    with pytest.raises(CustomerChanged):
        update_customer(survivor, {}, caller=SAM, known_version=7)


def test_l24_a_channel_that_knew_the_duplicate_finds_the_survivor():
    survivor, duplicate = CustomerFactory(), IdentityFactory(value=NUMBER).customer
    merged(survivor, duplicate)

    answer = identify("SMS", NUMBER, caller=SAM)

    assert answer["customer"]["_id"] == survivor.public_id


def test_m32_the_history_of_the_duplicate_goes_on():
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    update_customer(duplicate, {"firstName": "Amina"}, caller=SAM, partial=True)
    update_customer(survivor, {"firstName": "Oliver"}, caller=SAM, partial=True)
    merged(survivor, duplicate)

    kinds = [operation.kind for operation in operations_of(survivor)]

    assert kinds == ["merge", "edit", "edit"]


NEWEST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("choice", "city"),
    [
        ("survivor", "Lahore"),
        ("newest", "Quetta"),
        ({"customer": 1}, "Karachi"),
        ({"customer": 2}, "Quetta"),
        ({"value": "Multan"}, "Multan"),
        ({"value": ""}, None),
    ],
)
def test_each_field_is_chosen(choice, city):
    field = FieldFactory(key="city")
    parties = [ValueFactory(field=field, text=t).customer for t in ("Lahore", "Karachi", "Quetta")]
    Customer.objects.filter(pk=parties[2].pk).update(updated_at=NEWEST.replace(year=2030))
    if "customer" in choice:
        choice = {"customer": parties[choice["customer"]].public_id}

    merged(*parties, choices={"city": choice})

    assert values_of(parties[0]).get("city") == city


@pytest.mark.parametrize(
    ("choice", "name"),
    [("survivor", "Jane Doe"), ("newest", "Amina"), ({"value": " Zoë "}, "Zoë")],
)
def test_the_name_is_chosen(choice, name):
    survivor = CustomerFactory(first_name="Jane Doe", updated_at=NEWEST)
    duplicate = CustomerFactory(first_name="Amina", updated_at=NEWEST.replace(year=2030))

    merged(survivor, duplicate, choices={"firstName": choice})

    assert Customer.objects.get(pk=survivor.pk).first_name == name


FORMS = 'Must be "survivor", "newest", {"customer": one of the ids} or {"value": …}.'
KEPT = "Everything of this field is kept, so there is nothing to choose."


@pytest.mark.parametrize(
    ("key", "choice", "problem"),
    [
        ("planet", "survivor", "Unknown field."),
        ("phoneNumber", "survivor", KEPT),
        ("labels", "survivor", KEPT),
        ("isAnonymous", "survivor", KEPT),
        ("firstName", "oldest", FORMS),
        ("firstName", None, FORMS),
        ("firstName", [], FORMS),
        ("firstName", {"customer": "f" * 24}, FORMS),
        ("firstName", {"customer": []}, FORMS),
        ("firstName", {"customer": {}, "value": 1}, FORMS),
        ("firstName", {"value": ""}, "Needs 1 to 200 characters."),
        ("firstName", {"value": "x" * 201}, "Ensure this field has no more than 200 characters."),
    ],
)
def test_a_choice_without_sense_is_refused(key, choice, problem):
    error = refused(ValidationError, CustomerFactory(), CustomerFactory(), choices={key: choice})

    assert error.message_dict == {key: [problem]}


def test_a_required_field_is_not_emptied():
    field = FieldFactory(key="city", is_required=True, default_value="Lahore")
    survivor, duplicate = ValueFactory(field=field).customer, CustomerFactory()

    error = refused(ValidationError, survivor, duplicate, choices={"city": {"value": ""}})

    assert error.message_dict == {"city": ["This field is required."]}


def test_a_dry_run_shows_exactly_what_will_happen():
    survivor, duplicate = CustomerFactory(first_name="Jane Doe"), CustomerFactory(version=4)
    IdentityFactory(customer=duplicate, value=NUMBER)
    ValueFactory(customer=duplicate, field=FieldFactory(key="city"), text="Lahore")
    WornLabelFactory(customer=duplicate)
    linked("c1", duplicate)
    before = everything()

    tried = merged(survivor, duplicate, dry_run=True)

    assert (everything(), Operation.objects.count()) == (before, 0)
    done = merged(survivor, duplicate)
    assert (tried.survivor, tried.merged, tried.moved) == (done.survivor, done.merged, done.moved)
    assert (tried.operation, done.operation) == (None, Operation.objects.get())
    assert tried.customer | {"updatedAt": None} == done.customer | {"updatedAt": None}
    assert done.customer == shown(survivor)


def test_u01_an_undo_brings_everybody_back():
    field = FieldFactory(key="city")
    survivor = ValueFactory(field=field, text="Lahore").customer
    duplicate = ValueFactory(field=field, text="Karachi").customer
    for customer in (survivor, duplicate):
        IdentityFactory(customer=customer, value=NUMBER)
        WornLabelFactory(customer=customer)
        linked(f"c{customer.pk}", customer)
    before = everything()
    merged(survivor, duplicate, choices={"city": {"customer": duplicate.public_id}})
    after = everything()

    undone()
    assert everything() == before
    assert resolved(duplicate.public_id) == [duplicate.public_id]

    undone()
    assert everything() == after
