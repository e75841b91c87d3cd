import pytest

from customers.models import Customer, Operation
from schema_builder.editing import change_field
from tests.contract.shapes import invalid, refused, without
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    field_of,
)
from tests.support.operations import (
    edit,
    everything,
    last_operation,
    linked,
    merged,
    relinked,
    split,
    undone,
)

pytestmark = pytest.mark.django_db
NUMBER = "+923001234567"
OTHER = "+923007654321"
URL = "/api/operations"


def post(client, operation, values=None, query=""):
    return client.post(f"{URL}/{operation.public_id}/undo{query}", values or {}, format="json")


def changed(client, operation):
    return client.get(f"{URL}/{operation.public_id}").json()["changes"]


def change(what, field, before, after, customer):
    """A change within one customer, as the API tells it."""
    whose = {"from": before and customer, "to": after and customer}
    return {"what": what, "field": field, "before": before, "after": after, **whose}


def test_an_operation_tells_what_changed(supervisor):
    customer = CustomerFactory(first_name="Jane Doe")
    ValueFactory(customer=customer, field=FieldFactory(key="city"), text="Lahore")
    gold = LabelFactory(name="Gold")
    operation = edit(
        customer,
        firstName="Amina",
        city="Karachi",
        phoneNumber=[NUMBER],
        labels=[gold.public_id],
    )

    response = supervisor.get(f"{URL}/{operation.public_id}")

    me = customer.public_id
    assert response.status_code == 200
    assert without(response.json(), "at") == {
        "_id": operation.public_id,
        "kind": "edit",
        "actor": "sam",
        "reason": "",
        "undoneBy": None,
        "job": None,
        "customers": [me],
        "changes": [
            change("customer", "firstName", "Jane Doe", "Amina", me),
            change("identity", "phoneNumber", None, NUMBER, me),
            change("label", None, None, "Gold", me),
            change("value", "city", "Lahore", "Karachi", me),
        ],
    }


def test_personal_data_is_masked(agent, supervisor):
    change_field(field_of("phoneNumber"), may_clear_pii=False, is_pii=True)
    field = FieldFactory(key="city", is_pii=True)
    customer = ValueFactory(field=field, text="Lahore", customer__first_name="Jane Doe").customer
    operation = edit(customer, city="Karachi", phoneNumber=[NUMBER], firstName="Amina")

    masked = agent.get(f"{URL}/{operation.public_id}").content.decode()
    listed = agent.get(URL).content.decode()
    plain = supervisor.get(f"{URL}/{operation.public_id}").content.decode()

    for text in ("Lahore", "Karachi", NUMBER):
        assert text not in masked + listed
        assert text in plain


def test_values_of_a_field_that_is_gone_are_masked(supervisor):
    field = FieldFactory(key="city")
    customer = ValueFactory(field=field, text="Lahore").customer
    operation = edit(customer, city="Karachi")
    customer.values.all().delete()
    field.delete()

    assert changed(supervisor, operation) == []


def test_a_relink_tells_whose_it_was_and_is(supervisor):
    source, target = CustomerFactory(), CustomerFactory()
    linked("c1", source)
    relinked("c1", target)

    assert changed(supervisor, last_operation()) == [
        {
            "what": "conversation",
            "field": None,
            "before": "c1",
            "after": "c1",
            "from": source.public_id,
            "to": target.public_id,
        }
    ]


def test_operations_are_listed_newest_first(supervisor):
    customer, other = CustomerFactory(), CustomerFactory()
    first, second = edit(customer, firstName="Amina"), edit(other, firstName="Zoë")
    third = edit(customer, firstName="Oliver")

    everybody = supervisor.get(f"{URL}?limit=2").json()
    one = supervisor.get(f"/api/customers/{customer.public_id}/operations").json()

    ids = [operation.public_id for operation in (third, second, first)]
    assert [row["_id"] for row in everybody["docs"]] == ids[:2]
    assert without(everybody, "docs") == {"totalDocs": 3, "limit": 2, "offset": 0}
    assert [row["_id"] for row in one["docs"]] == [ids[0], ids[2]]
    assert one["totalDocs"] == 2


def test_m32_the_history_of_a_merged_customer_is_the_survivors(supervisor):
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    edit(duplicate, firstName="Amina")
    merged(survivor, duplicate)

    for customer in (survivor, duplicate):
        rows = supervisor.get(f"/api/customers/{customer.public_id}/operations").json()["docs"]
        assert [row["kind"] for row in rows] == ["merge", "edit"]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_whatever_its_length(
    supervisor, django_assert_max_num_queries, rows
):
    for number in range(rows):
        edit(IdentityFactory().customer, firstName=f"Amina {number}", phoneNumber=[])

    with django_assert_max_num_queries(13):
        response = supervisor.get(URL)

    assert len(response.json()["docs"]) == rows


def test_undo_takes_back_and_back_again(supervisor):
    customer = CustomerFactory(first_name="Jane Doe")
    operation = edit(customer, firstName="Amina")

    first = post(supervisor, operation, {"reason": "Wrong person."})

    undo = last_operation()
    assert first.status_code == 200
    assert first.json() == {"operation": undo.public_id, "left": []}
    assert (undo.actor, undo.reason) == (supervisor.user.username, "Wrong person.")
    assert supervisor.get(f"{URL}/{operation.public_id}").json()["undoneBy"] == undo.public_id
    assert post(supervisor, undo).status_code == 200
    assert Customer.objects.get(pk=customer.pk).first_name == "Amina"


def test_u04_twice_is_refused(supervisor):
    operation = edit(CustomerFactory(), firstName="Amina")
    undone(operation)

    response = post(supervisor, operation)

    expected = f"This was undone already, by operation undo {last_operation().public_id}."
    assert (response.status_code, response.json()) == (409, refused(expected))


def test_collisions_are_named_and_may_be_skipped(supervisor):
    customer = CustomerFactory(first_name="Jane Doe")
    ValueFactory(customer=customer, field=FieldFactory(key="city"), text="Lahore")
    operation = edit(customer, firstName="Amina", city="Karachi")
    later = edit(customer, city="Quetta")
    before = everything()
    collision = {
        "what": "value",
        "reason": "The value was changed again since.",
        "operation": later.public_id,
    }

    refusal = post(supervisor, operation)

    expected = refused("The value was changed again since.") | {"collisions": [collision]}
    assert (refusal.status_code, refusal.json()) == (409, expected)
    assert everything() == before
    partly = post(supervisor, operation, {"skipCollisions": True})
    assert (partly.status_code, partly.json()["left"]) == (200, [collision])
    assert Customer.objects.get(pk=customer.pk).first_name == "Jane Doe"


@pytest.mark.parametrize(
    ("values", "attribute"),
    [
        ({"planet": 1}, "planet"),
        ({"skipCollisions": []}, "skipCollisions"),
        ({"skipCollisions": None}, "skipCollisions"),
        ({"reason": {}}, "reason"),
        ({"reason": "x" * 201}, "reason"),
    ],
)
def test_a_bad_body_is_refused(supervisor, values, attribute):
    operation = edit(CustomerFactory(), firstName="Amina")
    before = everything()

    response = post(supervisor, operation, values)

    assert (response.status_code, list(response.json()["errors"])) == (400, [attribute])
    assert everything() == before


def test_unknown_parameters_are_refused(supervisor):
    operation = edit(CustomerFactory(), firstName="Amina")

    for response in (
        post(supervisor, operation, query="?skipCollisions=true"),
        supervisor.get(f"{URL}?skipCollisions=true"),
        supervisor.get(f"{URL}/{operation.public_id}?skipCollisions=true"),
    ):
        assert response.status_code == 400
        assert response.json() == invalid(skipCollisions=["Unknown parameter."])
    assert Operation.objects.count() == 1


def test_unknown_operations_are_not_found(supervisor):
    unknown = Operation(public_id="f" * 24)

    assert supervisor.get(f"{URL}/{unknown.public_id}").status_code == 404
    assert post(supervisor, unknown).status_code == 404


# Who may what: the status for each kind of caller, of a request that is in order.
CALLERS = ["anonymous", "read_token", "write_token", "agent", "supervisor", "administrator"]
TABLE = {
    "read conversation": [401, 200, 200, 200, 200, 200],
    "link conversation": [401, 403, 200, 200, 200, 200],
    "list conversations": [401, 200, 200, 200, 200, 200],
    "relink": [401, 403, 200, 200, 200, 200],
    "merge": [401, 403, 403, 403, 200, 200],
    "split": [401, 403, 403, 403, 200, 200],
    "list operations": [401, 403, 200, 200, 200, 200],
    "read operation": [401, 403, 200, 200, 200, 200],
    "history of a customer": [401, 403, 200, 200, 200, 200],
    "undo edit": [401, 403, 200, 200, 200, 200],
    "undo relink": [401, 403, 200, 200, 200, 200],
    "undo merge": [401, 403, 403, 403, 200, 200],
    "undo split": [401, 403, 403, 403, 200, 200],
    "undo undo of a merge": [401, 403, 403, 403, 200, 200],
}


def request_for(action, customer, other):
    """(method, path, body) of a request that is in order."""
    here = f"/api/customers/{customer.public_id}"
    if action.startswith("undo "):
        operation = done(action, customer, other)
        return "post", f"{URL}/{operation.public_id}/undo", {}
    if action == "read operation":
        return "get", f"{URL}/{edit(customer, firstName='Amina').public_id}", None
    return {
        "read conversation": ("get", "/api/conversations/c1", None),
        "link conversation": ("put", "/api/conversations/c1", {"direction": "inbound"}),
        "list conversations": ("get", f"{here}/conversations", None),
        "relink": ("post", "/api/conversations/c1/relink", {"target": other.public_id}),
        "merge": ("post", f"{here}/merge", {"duplicates": [other.public_id]}),
        "split": ("post", f"{here}/split", {"conversations": ["c1"]}),
        "list operations": ("get", URL, None),
        "history of a customer": ("get", f"{here}/operations", None),
    }[action]


def done(action, customer, other):
    if action == "undo edit":
        edit(customer, firstName="Amina")
    elif action == "undo relink":
        relinked("c1", other)
    elif action == "undo split":
        split(customer, conversations=["c1"])
    else:
        merged(customer, other)
        if action == "undo undo of a merge":
            undone()
    return last_operation()


@pytest.mark.parametrize(
    ("action", "caller", "status"),
    [
        (action, caller, status)
        for action, row in TABLE.items()
        for caller, status in zip(CALLERS, row, strict=True)
    ],
)
def test_who_may_what(request, action, caller, status):
    client = request.getfixturevalue(caller)
    customer, other = CustomerFactory(), CustomerFactory()
    linked("c1", customer)
    method, path, values = request_for(action, customer, other)
    before = everything()

    response = getattr(client, method)(path, values, format="json" if values is not None else None)

    assert response.status_code == status
    if status != 200 or method == "get":
        assert everything() == before
