import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from access.actors import Actor
from customers.identities.ownership import add_identity, claim_identity, share_identity
from customers.models import Customer
from customers.profiles.lifecycle import create_customer, stored_fields, update_customer
from customers.profiles.validation import MASKED
from schema_builder.editing import change_field
from schema_builder.models import FieldDefinition
from tests.support.factories import FieldFactory, LabelFactory, field_of

pytestmark = pytest.mark.django_db

SUPERVISOR = Actor(name="sue", user_id="1", is_superuser=True)
AGENT = Actor(name="amy", user_id="2")


def make_pii(*keys):
    for key in keys:
        change_field(FieldDefinition.objects.get(key=key), may_clear_pii=False, is_pii=True)


def held(customer):
    stored = stored_fields(customer)
    return stored.first_name, [row.value for row in stored.identities], stored.values


@pytest.fixture
def customer():
    FieldFactory(key="town")
    return create_customer(
        {"firstName": "Amina Siddiqui", "town": "Lahore", "web": ["visitor-1"]}, caller=SUPERVISOR
    )


@pytest.mark.parametrize(
    "change",
    [
        {"town": "Kar****"},
        {"web": ["vis*****"]},
        {"firstName": "Mas*******"},
    ],
)
def test_mask_of_an_older_value_is_refused(customer, change):
    make_pii("town", "web", "firstName")
    before = held(customer)
    body = {"firstName": "Ami***********", "town": "Lah***", "web": ["vis******"]} | change

    with pytest.raises(ValidationError) as refused:
        update_customer(customer, body, caller=AGENT)

    assert refused.value.message_dict == {
        next(iter(change)): [
            "Hidden from you, and changed meanwhile: reload it, or type a new value."
        ]
    }
    assert held(customer) == before


@pytest.mark.parametrize(
    "change",
    [
        # Another length, all stars, a mask within a value, and that of another customer.
        {"town": "Lah**"},
        {"town": "Lah****"},
        {"town": "******"},
        {"town": "Lahore **"},
        {"town": "Mul***"},
        {"web": ["vis*******"]},
        {"web": ["gue****"]},
        {"web": ["vis******", "vis******"]},
        {"firstName": "Ben********"},
    ],
)
@pytest.mark.parametrize("partial", [True, False])
def test_forged_mask_is_refused(customer, change, partial):
    make_pii("town", "web", "firstName")
    create_customer(
        {"firstName": "Ben Ali Reza", "town": "Multan", "web": ["guest-1"]}, caller=SUPERVISOR
    )
    before = held(customer)
    body = {"firstName": "Ami***********", "town": "Lah***", "web": ["vis******"]} | change

    with pytest.raises(ValidationError) as refused:
        update_customer(customer, body, caller=AGENT, partial=partial)

    assert refused.value.message_dict == {next(iter(change)): [MASKED]}
    assert held(customer) == before


@pytest.mark.parametrize("write", [add_identity, claim_identity, share_identity])
@pytest.mark.parametrize("mask", ["vis******", "gue****", "*******"])
def test_mask_is_not_added_as_an_identifier(customer, write, mask):
    make_pii("web")
    before = held(customer)

    with pytest.raises(ValidationError) as refused:
        write(customer.public_id, "web", mask, caller=AGENT)

    assert refused.value.message_dict == {"identifier": [MASKED]}
    assert held(customer) == before


def test_stars_are_an_identifier_for_who_sees_the_field(customer):
    add_identity(customer.public_id, "web", "a**b", caller=AGENT)

    assert held(customer)[1] == ["visitor-1", "a**b"]


def test_masks_that_come_back_unchanged_leave_everything_alone(customer):
    make_pii("town", "web", "firstName")
    before = held(customer)

    update_customer(
        customer,
        {"firstName": "Ami***********", "town": "Lah***", "web": ["vis******"]},
        caller=AGENT,
    )

    customer.refresh_from_db()
    assert held(customer) == before
    assert customer.version == 0


def test_new_customer_takes_no_mask_for_a_value():
    make_pii("web")

    with pytest.raises(ValidationError):
        create_customer({"firstName": "Zed", "web": ["vis******"]}, caller=AGENT)

    assert not Customer.objects.exists()


def test_one_of_several_values_that_look_alike_cannot_be_removed():
    make_pii("phoneNumber")
    numbers = ["+923001230101", "+923001230201", "+923001239999"]
    customer = create_customer({"firstName": "Zed", "phoneNumber": numbers}, caller=SUPERVISOR)
    alike, other = "***********01", "***********99"

    with pytest.raises(ValidationError) as refused:
        update_customer(customer, {"phoneNumber": [alike, other]}, caller=AGENT, partial=True)

    assert refused.value.message_dict == {
        "phoneNumber": [
            "Several values look alike to you. Ask somebody who may see them to remove one."
        ]
    }
    assert held(customer)[1] == numbers


def test_masked_list_stays_a_list(customer, agent):
    FieldFactory(key="hobbies", type="multichoice", options=[{"value": "travel"}], is_pii=True)
    update_customer(customer, {"hobbies": ["travel"]}, caller=SUPERVISOR, partial=True)

    shown = agent.get(f"/cim-customer/customers/{customer.public_id}").json()

    assert shown["hobbies"] == ["***"]


def test_masked_list_that_comes_back_unchanged_leaves_the_value_alone(customer):
    field = FieldFactory(
        key="hobbies", type="multichoice", options=[{"value": "travel"}], is_pii=True
    )
    update_customer(customer, {"hobbies": ["travel"]}, caller=SUPERVISOR, partial=True)

    update_customer(customer, {"hobbies": ["***"]}, caller=AGENT, partial=True)

    assert held(customer)[2][field.pk] == "travel"


def test_field_that_became_required_blocks_nobody_who_never_had_a_value(customer):
    change_field(field_of("email"), may_clear_pii=False, is_required=True)
    FieldFactory(key="age", type="number", is_required=True)

    customer = update_customer(
        customer, {"firstName": "Amina", "town": "Multan"}, caller=SUPERVISOR
    )

    assert held(customer)[0] == "Amina"


def test_required_value_cannot_be_emptied(customer):
    change_field(field_of("town"), may_clear_pii=False, is_required=True)

    with pytest.raises(ValidationError) as refused:
        update_customer(customer, {"firstName": "Amina"}, caller=SUPERVISOR)

    assert refused.value.message_dict == {"town": ["This field is required."]}


def test_changed_default_name_identifies_nobody():
    customer = create_customer({"web": ["visitor-1"]}, caller=SUPERVISOR)
    change_field(field_of("firstName"), may_clear_pii=False, default_value="Unknown Caller")

    update_customer(
        customer,
        {"firstName": "Jane Doe", "web": ["visitor-1", "visitor-2"], "isAnonymous": True},
        caller=SUPERVISOR,
    )

    customer.refresh_from_db()
    assert customer.is_anonymous


@pytest.mark.parametrize("deed", ["put on", "take off"])
def test_labels_need_their_own_rights(customer, deed):
    gold = LabelFactory()
    worn, wanted = ([], [gold.public_id]) if deed == "put on" else ([gold.public_id], [])
    update_customer(customer, {"labels": worn}, caller=SUPERVISOR, partial=True)

    with pytest.raises(PermissionDenied):
        update_customer(customer, {"labels": wanted}, caller=AGENT, partial=True)

    assert [label.public_id for label in customer.labels.all()] == worn


def test_value_that_was_there_before_a_rule_is_not_judged_again(customer):
    change_field(field_of("town"), may_clear_pii=False, length=3)

    customer = update_customer(
        customer, {"firstName": "Amina", "town": "Lahore"}, caller=SUPERVISOR
    )

    assert (customer.first_name, held(customer)[2][field_of("town").pk]) == ("Amina", "Lahore")
