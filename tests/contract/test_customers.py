import re

import pytest

from customers.models import AttributeValue, ChannelIdentity, Customer, CustomerLabel
from schema_builder.schema import current_schema
from tests.support.factories import (
    AliasFactory,
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    WornLabelFactory,
    field_of,
)

from .shapes import fields_of, invalid, refused

URL = "/cim-customer/customers"
CREATE_FORM = {
    "firstName": "Zed Test",
    "phoneNumber": ["+15550001"],
    "web": ["w1"],
    "voice": ["+15550001"],
    "email": "zed@example.com",
    "age": "42",
    "vip": True,
    "labels": [],
    "isAnonymous": False,
}
UNTOUCHED_FORM = {
    "firstName": "Jane Doe",
    "phoneNumber": [""],
    "web": [""],
    "voice": [""],
    "email": "",
    "age": "",
    "vip": "",
    "labels": [],
    "isAnonymous": False,
}
EDIT_FORM = {
    "firstName": "Was Anonymous",
    "phoneNumber": ["+92300001009"],
    "web": [""],
    "voice": ["+92300001009"],
    "email": "c10@example.com",
    "age": "29",
    "vip": False,
    "labels": [],
    "isAnonymous": True,
}
LISTED_SAMPLE = {
    "_id": "65a4e1a1075b878141d932c1",
    "firstName": "Raza Ellahi",
    "phoneNumber": [""],
    "isAnonymous": False,
    "__v": 0,
    "voice": [""],
    "web": ["+923324806049"],
    "labels": [],
}


def url_of(customer):
    return f"{URL}/{customer.public_id}"


def counts():
    models = (Customer, ChannelIdentity, AttributeValue, CustomerLabel)
    return [model.objects.count() for model in models]


@pytest.mark.usefixtures("sample_schema")
def test_post_answers_the_create_form_as_it_came(agent):
    response = agent.post(URL, CREATE_FORM)

    assert response.status_code == 201
    assert fields_of(response.json()) == {**CREATE_FORM, "labelNames": [], "priority": 1, "__v": 0}


@pytest.mark.usefixtures("sample_schema")
def test_post_answers_the_untouched_form_with_empty_values(agent):
    response = agent.post(URL, UNTOUCHED_FORM)

    assert response.status_code == 201
    assert fields_of(response.json()) == {
        **UNTOUCHED_FORM,
        "phoneNumber": [],
        "web": [],
        "voice": [],
        "labelNames": [],
        "priority": 1,
        "__v": 0,
    }
    assert ChannelIdentity.objects.count() == AttributeValue.objects.count() == 0


@pytest.mark.usefixtures("sample_schema")
def test_post_accepts_the_listed_sample_under_an_id_of_its_own(agent):
    response = agent.post(URL, LISTED_SAMPLE)

    assert response.status_code == 201
    assert response.json()["_id"] != LISTED_SAMPLE["_id"]
    assert fields_of(response.json()) == {
        "firstName": "Raza Ellahi",
        "phoneNumber": [],
        "isAnonymous": False,
        "__v": 0,
        "voice": [],
        "web": ["+923324806049"],
        "labels": [],
        "email": "",
        "age": "",
        "vip": "",
        "labelNames": [],
        "priority": 1,
    }


def test_post_says_when_and_by_whom_it_was_created(agent):
    body = agent.post(URL, {"firstName": "Zed"}).json()

    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert re.fullmatch(r"[0-9a-f]{24}", body["_id"])
    assert re.fullmatch(moment, body["createdAt"])
    assert body["createdAt"] == body["updatedAt"]
    assert (body["createdBy"], body["updatedBy"]) == (agent.user.username, agent.user.username)


def test_post_ignores_what_is_read_only(agent):
    read_only = {
        "_id": "0" * 24,
        "__v": 7,
        "createdAt": "2001-01-01T00:00:00Z",
        "updatedAt": 5,
        "createdBy": "somebody",
        "updatedBy": None,
        "labelNames": ["Gold"],
        "priority": 9,
    }

    body = agent.post(URL, {"firstName": "Zed", **read_only}).json()

    assert (body["__v"], body["labelNames"], body["priority"]) == (0, [], 1)
    assert body["createdBy"] == agent.user.username
    assert body["_id"] != "0" * 24


@pytest.mark.usefixtures("sample_schema")
@pytest.mark.parametrize("empty", ["", None, [], [""]], ids=repr)
def test_post_takes_every_empty_value_for_no_value(agent, empty):
    keys = [field.key for field in current_schema().fields if field.key != "labels"]

    response = agent.post(URL, dict.fromkeys(keys, empty))

    assert response.status_code == 201
    assert fields_of(response.json()) == {
        **UNTOUCHED_FORM,
        "phoneNumber": [],
        "web": [],
        "voice": [],
        "isAnonymous": True,
        "labelNames": [],
        "priority": 1,
        "__v": 0,
    }


@pytest.mark.usefixtures("sample_schema")
def test_post_answers_strings_for_numbers(agent):
    body = agent.post(URL, {"firstName": "Zed", "age": 42}).json()

    assert body["age"] == "42"


@pytest.mark.parametrize(("raw", "stored"), [("42", "42"), ("42.50", "42.50"), (-3, "-3")])
def test_post_keeps_numbers_as_they_were_entered(agent, raw, stored):
    FieldFactory(key="age", type="number")

    assert agent.post(URL, {"firstName": "Zed", "age": raw}).json()["age"] == stored


def test_post_reports_every_problem_at_once(agent):
    FieldFactory(key="age", type="number")
    before = counts()

    response = agent.post(
        URL,
        {
            "nickname": "Z",
            "firstName": [],
            "phoneNumber": ["abc"],
            "age": "many",
            "labels": 5,
            "isAnonymous": "maybe",
        },
    )

    assert response.status_code == 400
    assert response.json() == invalid(
        nickname=["Unknown field."],
        phoneNumber=[
            'Not a phone number: it holds the letters "abc". Write the number in international'
            " form, such as +92 300 1234567."
        ],
        labels=["Must be a list of label ids."],
        isAnonymous=["Must be true or false."],
        age=["A valid number is required."],
    )
    assert counts() == before


def test_post_refuses_an_eleventh_identifier(agent):
    before = counts()

    response = agent.post(
        URL, {"firstName": "Zed", "phoneNumber": [f"+9230000000{n:02}" for n in range(11)]}
    )

    assert response.status_code == 400
    assert response.json() == invalid(phoneNumber=["Holds at most 10 values."])
    assert counts() == before


def test_post_keeps_ten_identifiers_in_their_order(agent):
    numbers = [f"+9230000000{n:02}" for n in reversed(range(10))]

    body = agent.post(URL, {"firstName": "Zed", "phoneNumber": numbers}).json()

    assert body["phoneNumber"] == numbers


def test_post_accepts_a_single_identifier_outside_a_list(agent):
    body = agent.post(URL, {"firstName": "Zed", "phoneNumber": "+923001234567"}).json()

    assert body["phoneNumber"] == ["+923001234567"]


def test_post_wears_labels_with_names_and_priority(agent):
    gold, silver = LabelFactory(name="Gold", priority=8), LabelFactory(name="Silver", priority=6)

    body = agent.post(
        URL, {"firstName": "Zed", "labels": [silver.public_id, gold.public_id]}
    ).json()

    assert body["labels"] == [gold.public_id, silver.public_id]
    assert body["labelNames"] == ["Gold", "Silver"]
    assert body["priority"] == 8


def test_post_refuses_what_is_no_id_of_a_label(agent):
    response = agent.post(URL, {"firstName": "Zed", "labels": ["Gold"]})

    assert response.status_code == 400
    assert response.json() == invalid(labels=['"Gold" is not the id of a label.'])


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        (["deleted"], ["Gold"]),
        (["deleted", None], ["Gold"]),
        (["deleted", "silver"], ["Silver"]),
        (["gold", "silver", "deleted"], ["Gold", "Silver"]),
        ([], []),
    ],
)
def test_label_that_was_deleted_meanwhile_is_ignored(supervisor, named, kept):
    labels = {name: LabelFactory(name=name.title()) for name in ("gold", "silver", "deleted")}
    ids = {name: label.public_id for name, label in labels.items()} | {None: None}
    made = supervisor.post(URL, {"firstName": "Zed", "labels": [ids["gold"]]}).json()
    labels["deleted"].delete()

    body = {"firstName": "Zoe", "labels": [ids[name] for name in named]}
    response = supervisor.put(f"{URL}/{made['_id']}", body)

    assert response.status_code == 200
    assert (response.json()["firstName"], response.json()["labelNames"]) == ("Zoe", kept)


@pytest.mark.parametrize(
    ("body", "anonymous"),
    [
        ({}, True),
        ({"isAnonymous": True}, True),
        ({"firstName": "Jane Doe", "isAnonymous": True}, True),
        ({"firstName": "Jane Doe", "isAnonymous": False}, False),
        ({"isAnonymous": False}, False),
        ({"firstName": "Zed", "isAnonymous": True}, False),
        ({"firstName": "Zed"}, False),
        ({"firstName": "jane doe", "isAnonymous": True}, False),
    ],
    ids=str,
)
def test_post_decides_who_is_anonymous(agent, body, anonymous):
    assert agent.post(URL, {"web": ["w1"], **body}).json()["isAnonymous"] is anonymous


def test_post_of_a_second_anonymous_holder_conflicts(agent):
    IdentityFactory(of="web", value="w1", customer=CustomerFactory(is_anonymous=True))
    before = counts()

    response = agent.post(URL, {"web": ["w1"], "isAnonymous": True})

    assert response.status_code == 409
    assert response.json() == refused(
        "An anonymous customer with one of these identifiers exists already; "
        "give the customer a name, or write to that one."
    )
    assert counts() == before


def test_post_of_an_identifier_that_others_hold_goes_through(agent):
    IdentityFactory(of="web", value="w1")

    response = agent.post(URL, {"firstName": "Zed", "web": ["w1"]})

    assert response.status_code == 201
    assert response.json()["web"] == ["w1"]


def test_get_answers_the_bare_customer(agent):
    created = agent.post(URL, {"firstName": "Zed", "web": ["w1"]}).json()

    response = agent.get(f"{URL}/{created['_id']}")

    assert response.status_code == 200
    assert response.json() == created


def test_get_leaves_retired_identities_out(agent):
    customer = CustomerFactory()
    IdentityFactory(of="web", value="old", customer=customer, is_retired=True)
    IdentityFactory(of="web", value="new", customer=customer)

    assert agent.get(url_of(customer)).json()["web"] == ["new"]


def test_get_of_a_merged_id_answers_the_survivor(agent):
    survivor = CustomerFactory()
    alias = AliasFactory(customer=survivor)

    response = agent.get(f"{URL}/{alias.public_id}")

    assert response.status_code == 200
    assert response.json()["_id"] == survivor.public_id


@pytest.mark.parametrize(
    "path", ["0" * 24, "abc", "0" * 23, "0" * 25, "A" * 24, "١" * 24, "..", "0" * 24 + "/", ""]
)
@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_customer_that_is_not_there_is_not_found(supervisor, method, path):
    response = getattr(supervisor, method)(f"{URL}/{path}")

    assert response.status_code == 404
    assert response.json() == refused("Not found.")


@pytest.mark.usefixtures("sample_schema")
def test_put_replaces_all_fields(agent):
    created = agent.post(URL, {**CREATE_FORM, "isAnonymous": True}).json()

    response = agent.put(f"{URL}/{created['_id']}", EDIT_FORM)

    assert response.status_code == 200
    assert fields_of(response.json()) == {
        **EDIT_FORM,
        "web": [],
        "isAnonymous": False,
        "labelNames": [],
        "priority": 1,
        "__v": 1,
    }
    assert agent.get(f"{URL}/{created['_id']}").json() == response.json()


@pytest.mark.usefixtures("sample_schema")
def test_put_empties_what_is_absent(agent):
    created = agent.post(URL, CREATE_FORM).json()

    body = agent.put(f"{URL}/{created['_id']}", {"firstName": "Zed Test"}).json()

    assert fields_of(body) == {
        **UNTOUCHED_FORM,
        "firstName": "Zed Test",
        "phoneNumber": [],
        "web": [],
        "voice": [],
        "labelNames": [],
        "priority": 1,
        "__v": 1,
    }


def test_put_of_the_same_again_writes_nothing(agent):
    created = agent.post(URL, {"firstName": "Zed", "web": ["w1"]}).json()

    again = agent.put(f"{URL}/{created['_id']}", {"firstName": "Zed", "web": ["w1"]}).json()

    assert again == created


def test_put_without_a_required_field_is_refused(agent):
    customer = CustomerFactory(first_name="Zed")

    response = agent.put(url_of(customer), {"web": ["w1"]})

    assert response.status_code == 400
    assert response.json() == invalid(firstName=["This field is required."])
    assert ChannelIdentity.objects.count() == 0


@pytest.mark.parametrize("labels", [[None], [None, None], None, "", [""]], ids=repr)
def test_put_of_labels_that_are_none_leaves_them_alone(agent, labels):
    worn = WornLabelFactory(customer__first_name="Zed")

    body = agent.put(url_of(worn.customer), {"firstName": "Zed", "labels": labels}).json()

    assert body["labels"] == [worn.label.public_id]


def test_put_without_labels_leaves_them_alone(agent):
    worn = WornLabelFactory(customer__first_name="Zed")

    assert agent.put(url_of(worn.customer), {"firstName": "Zed"}).json()["labels"] == [
        worn.label.public_id
    ]


def test_put_of_an_empty_list_takes_the_labels_off(agent):
    worn = WornLabelFactory(customer__first_name="Zed")

    body = agent.put(url_of(worn.customer), {"firstName": "Zed", "labels": []}).json()

    assert (body["labels"], body["labelNames"], body["priority"]) == ([], [], 1)


def test_put_ignores_nulls_among_labels(agent):
    worn, gold = WornLabelFactory(customer__first_name="Zed"), LabelFactory(name="Gold")

    body = agent.put(
        url_of(worn.customer), {"firstName": "Zed", "labels": [None, gold.public_id]}
    ).json()

    assert body["labels"] == [gold.public_id]


@pytest.mark.parametrize(
    ("body", "anonymous"),
    [
        ({"firstName": "Jane Doe", "isAnonymous": True}, True),
        ({"firstName": "Jane Doe"}, True),
        ({"firstName": "Jane Doe", "isAnonymous": False}, False),
        ({"firstName": "Zed", "isAnonymous": True}, False),
    ],
    ids=str,
)
def test_put_decides_who_stays_anonymous(agent, body, anonymous):
    customer = CustomerFactory(first_name="Jane Doe", is_anonymous=True)
    identity = IdentityFactory(of="web", value="w1", customer=customer)

    answer = agent.put(url_of(customer), {"web": ["w1"], **body}).json()

    identity.refresh_from_db()
    assert answer["isAnonymous"] is identity.is_anonymous is anonymous


def test_put_never_makes_an_identified_customer_anonymous(agent):
    customer = CustomerFactory(first_name="Zed", is_anonymous=False)

    body = agent.put(url_of(customer), {"firstName": "Jane Doe", "isAnonymous": True}).json()

    assert (body["firstName"], body["isAnonymous"]) == ("Jane Doe", False)


def test_put_may_give_two_customers_one_identifier(agent):
    IdentityFactory(of="web", value="w1", customer=CustomerFactory(is_anonymous=True))
    target = CustomerFactory(first_name="Zed")

    response = agent.put(url_of(target), {"firstName": "Zed", "web": ["w1"]})

    assert response.status_code == 200
    assert ChannelIdentity.objects.filter(value="w1").count() == 2


def test_put_of_a_merged_id_spares_the_survivor(agent):
    survivor = CustomerFactory(first_name="Zed")
    alias = AliasFactory(customer=survivor)

    response = agent.put(f"{URL}/{alias.public_id}", {"firstName": "Zoe"})

    assert (response.status_code, response.json()["survivor"]) == (409, survivor.public_id)
    assert Customer.objects.get().first_name == "Zed"


@pytest.mark.parametrize(
    ("headers", "stated"),
    [({"If-Match": '"2"'}, {}), ({"If-Match": "W/2"}, {}), ({}, {"__v": 2})],
    ids=["If-Match", "weak", "__v"],
)
def test_put_of_a_stale_version_conflicts(agent, headers, stated):
    customer = CustomerFactory(first_name="Zed", version=3)

    response = agent.put(url_of(customer), {"firstName": "Zoe", **stated}, headers=headers)

    customer.refresh_from_db()
    assert response.status_code == 409
    assert response.json() == refused("The customer was changed meanwhile: it is at version 3.")
    assert (customer.first_name, customer.version) == ("Zed", 3)


@pytest.mark.parametrize(
    ("headers", "stated"),
    [({"If-Match": '"3"'}, {}), ({"If-Match": "*"}, {}), ({}, {"__v": 3}), ({}, {"__v": None})],
    ids=str,
)
def test_put_of_the_current_version_goes_through(agent, headers, stated):
    customer = CustomerFactory(first_name="Zed", version=3)

    response = agent.put(url_of(customer), {"firstName": "Zoe", **stated}, headers=headers)

    assert response.status_code == 200
    assert response.json()["__v"] == 4


def test_put_refuses_a_version_that_is_none(agent):
    customer = CustomerFactory(first_name="Zed")

    by_header = agent.put(url_of(customer), {"firstName": "Zoe"}, headers={"If-Match": "abc"})
    by_body = agent.put(url_of(customer), {"firstName": "Zoe", "__v": "abc"})

    assert by_header.json() == invalid(**{"If-Match": ["Must be a version number."]})
    assert by_body.json() == invalid(__v=["Must be a whole number, 0 or more."])


def test_delete_takes_everything_that_belongs_to_the_customer(supervisor):
    customer = CustomerFactory()
    IdentityFactory(customer=customer)
    ValueFactory(customer=customer)
    WornLabelFactory(customer=customer)

    response = supervisor.delete(url_of(customer))

    assert response.status_code == 204
    assert response.content == b""
    assert counts() == [0, 0, 0, 0]
    assert supervisor.get(url_of(customer)).status_code == 404


def test_delete_of_a_merged_id_spares_the_survivor(supervisor):
    alias = AliasFactory()

    response = supervisor.delete(f"{URL}/{alias.public_id}")

    assert response.status_code == 409
    assert Customer.objects.count() == 1


def test_linking_an_unknown_caller_ends_with_one_holder(supervisor):
    unknown = supervisor.get(f"{URL}?channelType=WEB&customerChannelIdentifier=ident-a").json()[
        "customer"
    ]
    target = CustomerFactory(first_name="Zed")
    web = field_of("web")

    supervisor.put(url_of(target), {"firstName": "Zed", "web": ["ident-a"], "isAnonymous": False})
    supervisor.delete(f"{URL}/{unknown['_id']}")

    assert [*ChannelIdentity.objects.filter(field=web).values_list("customer", "value")] == [
        (target.pk, "ident-a")
    ]


BLANKS = ["", " ", "\u00a0\u2003", "\t\n", "\u200b", "\u3164"]


@pytest.mark.parametrize("name", BLANKS, ids=ascii)
def test_name_of_blanks_is_none(agent, name):
    customer = CustomerFactory(first_name="Zed")

    created = agent.post(URL, {"firstName": name, "web": ["w1"]}).json()
    changed = agent.put(f"{URL}/{customer.public_id}", {"firstName": name})

    assert (created["firstName"], created["isAnonymous"]) == ("Jane Doe", True)
    assert changed.status_code == 400
    assert changed.json() == invalid(firstName=["This field is required."])
