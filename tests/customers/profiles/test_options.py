"""Options that a field no longer offers, of customers who have chosen them."""

import pytest
from django.core.exceptions import ValidationError

from access.actors import Actor
from customers.models import Operation
from customers.profiles.lifecycle import update_customer
from schema_builder.editing import change_field
from tests.support.factories import FieldFactory, ValueFactory
from tests.support.operations import edit, values_of
from tests.support.staff import errors_of, sent, staff

pytestmark = pytest.mark.django_db
OPTIONS = [{"value": "small"}, {"value": "enterprise", "label": "Enterprise"}, {"value": "music"}]
HTMX = {"HX-Request": "true"}
LEFT = "enterprise (no longer offered)"


@pytest.fixture
def customer():
    segment = FieldFactory(key="segment", label="Segment", type="choice", options=OPTIONS)
    tags = FieldFactory(key="tags", label="Tags", type="multichoice", options=OPTIONS)
    FieldFactory(key="city", label="City")
    customer = ValueFactory(field=segment, text="enterprise").customer
    ValueFactory(field=tags, text="enterprise\nmusic", customer=customer)
    for field in (segment, tags):
        change_field(field, may_clear_pii=True, options_may_go=True, options=OPTIONS[:1])
    return customer


@pytest.fixture
def agent():
    return staff("Agent")


@pytest.fixture
def kept(customer):
    return values_of(customer)


def filled(page):
    """What the form of the page sends, as a browser that shows its choices would."""
    found = {}
    for bound in page.context["form"]:
        shown = bound.value()
        offered = {str(value) for value, _ in getattr(bound.field.widget, "choices", ())}
        if offered:
            shown = (
                [one for one in shown if one in offered]
                if isinstance(shown, list)
                else shown
                if shown in offered
                else ""
            )
        found[bound.html_name] = shown if shown is not None else ""
        if bound.field.show_hidden_initial:
            found[bound.html_initial_name] = bound.value()
    return found


def test_form_keeps_what_is_no_longer_offered(agent, customer, kept):
    address = f"/customers/{customer.public_id}/edit"
    page = agent.get(address)

    response = agent.post(address, filled(page) | {"city": "Ulm"})

    assert page.content.decode().count(LEFT) == 2
    assert response.status_code == 302
    assert values_of(customer) == kept | {"city": "Ulm"}


def test_field_edited_in_place_keeps_what_is_no_longer_offered(agent, customer, kept):
    for key in ("segment", "tags"):
        address = f"/customers/{customer.public_id}/fields/{key}"
        page = agent.get(f"{address}?edit=1", headers=HTMX)

        assert LEFT in page.content.decode()
        assert agent.post(address, filled(page), headers=HTMX).status_code == 200
    assert values_of(customer) == kept
    assert not Operation.objects.exists()


def test_form_of_the_admin_keeps_what_is_no_longer_offered(customer, kept):
    client = staff("Supervisor")
    address = f"/admin/customers/customer/{customer.pk}/change/"

    page = client.get(address)
    response = client.post(address, sent(client, address, city="Ulm"))

    assert page.content.decode().count(LEFT) == 2
    assert response.status_code == 302
    assert values_of(customer) == kept | {"city": "Ulm"}


def test_what_is_no_longer_offered_may_stay_beside_a_new_choice(customer):
    client = staff("Supervisor")
    address = f"/admin/customers/customer/{customer.pk}/change/"

    client.post(address, sent(client, address, tags=["enterprise", "small"]))
    assert values_of(customer)["tags"] == "enterprise\nsmall"
    refused = client.post(address, sent(client, address, tags=["music", "small"]))

    problem = '"music" is not one of the options: small, enterprise.'
    assert errors_of(refused) == {"tags": [problem]}
    assert values_of(customer)["tags"] == "enterprise\nsmall"


def test_value_that_comes_back_as_it_was_read_is_left_alone(customer, kept):
    edit(customer, segment="enterprise", tags=["enterprise", "music"], city="Ulm")

    assert values_of(customer) == kept | {"city": "Ulm"}


def test_what_was_once_chosen_is_no_choice_for_who_changed_it(customer):
    edit(customer, segment="small", tags=["small"])

    for body in ({"segment": "enterprise"}, {"tags": ["small", "music"]}):
        with pytest.raises(ValidationError):
            edit(customer, **body)
    assert values_of(customer) == {"segment": "small", "tags": "small"}


def test_who_sees_a_mask_cannot_find_out_what_is_no_longer_offered():
    field = FieldFactory(key="tier", type="choice", options=OPTIONS, is_pii=True)
    customer = ValueFactory(field=field, text="enterprise").customer
    change_field(field, may_clear_pii=True, options_may_go=True, options=OPTIONS[:1])
    ann = Actor("ann", "2", permissions=frozenset({"customers.change_customer"}))

    for option in ("enterprise", "music"):
        with pytest.raises(ValidationError) as refused:
            update_customer(customer, {"tier": option}, caller=ann, partial=True)
        problem = f'"{option}" is not one of the options: small.'
        assert refused.value.message_dict == {"tier": [problem]}
