import re

import pytest
from django.contrib.auth.models import Group

from customers.models import CustomerLabel
from labels.models import Label, LabelGroup
from tests.support.factories import LabelFactory, WornLabelFactory

from .shapes import invalid, refused, without

URL = "/cim-customer/label"
NO_RULES = {
    "group": None,
    "expiresAfterDays": None,
    "assignableBy": [],
    "requiresReason": False,
    "doNotContact": [],
    "isArchived": False,
}
COLORS = [
    "#f34f1b",
    "#f58231",
    "#bfef45",
    "#3cb44b",
    "#42d4f4",
    "#039be6",
    "#7c87ce",
    "#f032e6",
    "#f6bf26",
    "#9A6324",
    "#a9a9a9",
    "#000000b5",
]


def url_of(label):
    return f"{URL}?_id={label.public_id}"


def test_labels_are_a_bare_array_by_name(agent):
    gold, amber = LabelFactory(name="Gold", priority=8), LabelFactory(name="Amber")

    response = agent.get(URL)

    assert response.status_code == 200
    assert [without(label, "createdAt", "updatedAt") for label in response.json()] == [
        {
            "_id": amber.public_id,
            "name": "Amber",
            "colorCode": "#a9a9a9",
            "priority": 1,
            "description": "",
            **NO_RULES,
            "createdBy": "",
            "updatedBy": "",
        },
        {
            "_id": gold.public_id,
            "name": "Gold",
            "colorCode": "#a9a9a9",
            "priority": 8,
            "description": "",
            **NO_RULES,
            "createdBy": "",
            "updatedBy": "",
        },
    ]


@pytest.mark.parametrize("rows", [1, 3])
def test_labels_take_two_queries_at_any_length(write_token, rows, django_assert_num_queries):
    LabelFactory.create_batch(rows)
    write_token.get(URL)

    with django_assert_num_queries(2):
        write_token.get(URL)


def test_post_answers_the_created_label(agent):
    response = agent.post(URL, {"name": "Vip", "colorCode": "#a9a9a9", "createdBy": "amy"})

    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
    assert response.status_code == 201
    assert without(response.json(), "createdAt", "updatedAt") == {
        "_id": Label.objects.get(name="Vip").public_id,
        "name": "Vip",
        "colorCode": "#a9a9a9",
        "priority": 1,
        "description": "",
        **NO_RULES,
        "createdBy": "amy",
        "updatedBy": "amy",
    }
    assert re.fullmatch(moment, response.json()["createdAt"])
    assert re.fullmatch(moment, response.json()["updatedAt"])


@pytest.mark.parametrize("stated", [{}, {"createdBy": ""}, {"createdBy": None}], ids=str)
def test_post_names_the_caller_where_the_client_names_nobody(agent, stated):
    response = agent.post(URL, {"name": "Vip", **stated})

    assert response.status_code == 201
    assert response.json()["createdBy"] == agent.user.username
    assert response.json()["colorCode"] == "#a9a9a9"


@pytest.mark.parametrize("color", COLORS)
def test_post_takes_every_colour_of_the_client(agent, color):
    assert agent.post(URL, {"name": "Vip", "colorCode": color}).json()["colorCode"] == color


@pytest.mark.parametrize("name", ["gold", "Gold ⭐", "<b>Gold</b>", "x" * 100])
def test_post_takes_any_other_name(agent, name):
    LabelFactory(name="Gold")

    response = agent.post(URL, {"name": name})

    assert response.status_code == 201
    assert response.json()["name"] == name


def test_post_stores_a_name_without_direction_characters(agent):
    assert agent.post(URL, {"name": "\u202edlog"}).json()["name"] == "dlog"


def test_post_stores_a_name_in_composed_form(agent):
    assert agent.post(URL, {"name": " Zoe\u0308 "}).json()["name"] == "Zo\u00eb"


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({"name": "Gold"}, {"name": ["is duplicate"]}),
        ({"name": " Gold "}, {"name": ["is duplicate"]}),
        ({"name": "Zoe\u0308"}, {"name": ["is duplicate"]}),
        ({}, {"name": ["This field is required."]}),
        ({"name": ""}, {"name": ["This field may not be blank."]}),
        ({"name": "  "}, {"name": ["This field may not be blank."]}),
        ({"name": "\u200b\u2060"}, {"name": ["This field may not be blank."]}),
        ({"name": None}, {"name": ["This field may not be null."]}),
        ({"name": ["x"]}, {"name": ["Not a valid string."]}),
        ({"name": True}, {"name": ["Not a valid string."]}),
        ({"name": "x" * 101}, {"name": ["Ensure this field has no more than 100 characters."]}),
        ({"name": "V", "colorCode": "red"}, {"colorCode": ["Not a colour."]}),
        ({"name": "V", "colorCode": "#ffff"}, {"colorCode": ["Not a colour."]}),
        ({"name": "V", "colorCode": "#a9a9a9;"}, {"colorCode": ["Not a colour."]}),
        ({"name": "V", "colorCode": "url(//x)"}, {"colorCode": ["Not a colour."]}),
        (
            {"name": "V", "priority": 0},
            {"priority": ["Ensure this value is greater than or equal to 1."]},
        ),
        (
            {"name": "V", "priority": 11},
            {"priority": ["Ensure this value is less than or equal to 10."]},
        ),
        ({"name": "V", "priority": "high"}, {"priority": ["A valid integer is required."]}),
        (
            {"name": "V", "createdBy": "x" * 151},
            {"createdBy": ["Ensure this field has no more than 150 characters."]},
        ),
        (
            {"name": "", "colorCode": 5, "description": []},
            {
                "name": ["This field may not be blank."],
                "colorCode": ["Not a colour."],
                "description": ["Not a valid string."],
            },
        ),
    ],
    ids=str,
)
def test_post_refuses_what_is_no_label(agent, body, problems):
    LabelFactory(name="Gold")
    LabelFactory(name="Zo\u00eb")

    response = agent.post(URL, body)

    assert response.status_code == 400
    assert response.json()["errors"] == problems
    assert Label.objects.count() == 2


@pytest.mark.parametrize("key", ["colorcode", "color", "prioritiy", "id"])
def test_post_and_put_refuse_a_misspelt_key(supervisor, key):
    label = LabelFactory(name="Gold")

    created = supervisor.post(URL, {"name": "Vip", key: "x"})
    changed = supervisor.put(url_of(label), {"name": "Vip", key: "x"})

    assert (created.status_code, changed.status_code) == (400, 400)
    assert created.json() == changed.json() == invalid(**{key: ["Unknown field."]})
    assert [*Label.objects.values_list("name", flat=True)] == ["Gold"]


def test_post_names_a_misspelt_key_beside_what_else_is_wrong(supervisor):
    response = supervisor.post(URL, {"name": "", "colour": "#a9a9a9"})

    assert response.json() == invalid(
        name=["This field may not be blank."], colour=["Unknown field."]
    )


def test_put_takes_what_get_answered(supervisor):
    label = LabelFactory(name="Gold", created_by="amy")
    shown = supervisor.get(URL).json()[0]

    response = supervisor.put(url_of(label), {**shown, "__v": 3, "name": "Gold2"})

    assert response.status_code == 200
    assert response.json() == {
        **shown,
        "name": "Gold2",
        "updatedBy": supervisor.user.username,
        "updatedAt": response.json()["updatedAt"],
    }


def test_only_who_changes_labels_sets_a_priority(agent, supervisor):
    refused_one = agent.post(URL, {"name": "First of all", "priority": 10})
    plain = agent.post(URL, {"name": "Plain", "priority": 1})
    weighty = supervisor.post(URL, {"name": "Weighty", "priority": 10})

    assert refused_one.status_code == 400
    assert refused_one.json() == invalid(priority=["You may not set a priority."])
    assert (plain.status_code, plain.json()["priority"]) == (201, 1)
    assert (weighty.status_code, weighty.json()["priority"]) == (201, 10)
    assert not Label.objects.filter(name="First of all").exists()


def test_a_duplicate_name_reads_well_in_the_client(agent):
    LabelFactory(name="Gold")

    assert agent.post(URL, {"name": "Gold"}).json() == invalid(name=["is duplicate"])


def test_put_changes_the_label_of_the_query(supervisor):
    label = LabelFactory(name="Gold", priority=8, description="Pays", created_by="amy")

    response = supervisor.put(
        url_of(label), {"name": "Gold2", "colorCode": "#f6bf26", "updatedBy": "bob"}
    )

    assert response.status_code == 200
    assert without(response.json(), "createdAt", "updatedAt") == {
        "_id": label.public_id,
        "name": "Gold2",
        "colorCode": "#f6bf26",
        "priority": 8,
        "description": "Pays",
        **NO_RULES,
        "createdBy": "amy",
        "updatedBy": "bob",
    }


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        ({"priority": 3}, {"priority": 3}),
        ({"colorCode": "#f6bf26"}, {"colorCode": "#f6bf26"}),
        ({"description": ""}, {"description": ""}),
        ({"name": "Gold2"}, {"name": "Gold2"}),
        ({"updatedBy": "bob"}, {"updatedBy": "bob"}),
    ],
    ids=str,
)
def test_put_changes_what_the_body_names(supervisor, body, changed):
    label = LabelFactory(name="Gold", color="#112233", priority=8, description="Pays")
    before = supervisor.get(URL).json()[0]

    response = supervisor.put(url_of(label), body)

    assert response.status_code == 200
    assert without(response.json(), "updatedAt") == without(
        {**before, "updatedBy": supervisor.user.username, **changed}, "updatedAt"
    )
    assert supervisor.get(URL).json() == [response.json()]


def test_put_of_nothing_is_refused(supervisor):
    label = LabelFactory(name="Gold")

    response = supervisor.put(url_of(label), {})

    assert response.status_code == 400
    assert response.json() == invalid(body=["No data provided"])


def test_put_never_changes_who_created_the_label(supervisor):
    label = LabelFactory(name="Gold", created_by="amy")

    body = supervisor.put(url_of(label), {"name": "Gold", "createdBy": "mallory"}).json()

    assert (body["createdBy"], body["updatedBy"]) == ("amy", supervisor.user.username)


def test_put_keeps_the_name_but_not_that_of_another(supervisor):
    label = LabelFactory(name="Gold")
    LabelFactory(name="Silver")

    same = supervisor.put(url_of(label), {"name": "Gold"})
    taken = supervisor.put(url_of(label), {"name": "Silver"})

    assert same.status_code == 200
    assert taken.status_code == 400
    assert taken.json() == invalid(name=["is duplicate"])


def test_delete_takes_the_label_off_its_customers(supervisor):
    label = LabelFactory()
    rows = WornLabelFactory.create_batch(2, label=label)
    other = WornLabelFactory()
    customers = [f"/cim-customer/customers/{row.customer.public_id}" for row in [*rows, other]]
    before = [supervisor.get(url).json() for url in customers]

    response = supervisor.delete(url_of(label))

    assert response.status_code == 200
    assert response.json() == {"customers": 2}
    assert [*CustomerLabel.objects.all()] == [other]
    after = [supervisor.get(url).json() for url in customers]
    assert [one["__v"] for one in after] == [1, 1, 0]
    assert [a["updatedAt"] > b["updatedAt"] for a, b in zip(after, before, strict=True)] == [
        True,
        True,
        False,
    ]


def test_delete_of_an_unused_label_changes_no_customer(supervisor):
    label, other = LabelFactory(), WornLabelFactory()

    response = supervisor.delete(url_of(label))

    other.customer.refresh_from_db()
    assert response.json() == {"customers": 0}
    assert other.customer.version == 0


@pytest.mark.parametrize("method", ["put", "delete"])
def test_label_of_the_query_has_to_be_there(supervisor, method):
    body = {"name": "Gold"}

    missing = getattr(supervisor, method)(URL, body)
    empty = getattr(supervisor, method)(f"{URL}?_id=", body)
    malformed = getattr(supervisor, method)(f"{URL}?_id=abc", body)
    unknown = getattr(supervisor, method)(f"{URL}?_id={'0' * 24}", body)

    assert missing.status_code == empty.status_code == malformed.status_code == 400
    assert missing.json() == empty.json() == invalid(_id=["This parameter is required."])
    assert malformed.json() == invalid(_id=['"abc" is not a valid id.'])
    assert unknown.status_code == 404
    assert unknown.json() == refused("Not found.")


RULES = {
    "group": "Tier",
    "expiresAfterDays": 30,
    "assignableBy": ["Administrator", "Supervisor"],
    "requiresReason": True,
    "doNotContact": ["SMS", "WHATSAPP"],
    "isArchived": True,
}


def test_rules_are_set_and_left_alone(supervisor):
    LabelGroup.objects.create(name="Tier")

    created = supervisor.post(URL, {"name": "Gold", **RULES})
    changed = supervisor.put(f"{URL}?_id={created.json()['_id']}", {"name": "Gold2"})

    assert created.status_code == 201
    assert changed.status_code == 200
    for response in (created, changed):
        assert {key: response.json()[key] for key in RULES} == RULES


def test_rules_are_taken_away(supervisor):
    group = LabelGroup.objects.create(name="Tier")
    label = LabelFactory(group=group, expires_after_days=3, do_not_contact=["*"])
    label.assignable_by.add(Group.objects.get(name="Supervisor"))

    response = supervisor.put(url_of(label), NO_RULES)

    assert {key: response.json()[key] for key in NO_RULES} == NO_RULES


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"group": "Nobody"}, "There is no group of this name."),
        ({"group": 5}, "There is no group of this name."),
        ({"group": ["Tier"]}, "There is no group of this name."),
        ({"group": {}}, "There is no group of this name."),
        ({"expiresAfterDays": 0}, "Ensure this value is greater than or equal to 1."),
        ({"expiresAfterDays": 3651}, "Ensure this value is less than or equal to 3650."),
        ({"expiresAfterDays": "soon"}, "A valid integer is required."),
        ({"assignableBy": ["Nobody"]}, 'There is no role "Nobody".'),
        ({"assignableBy": "Agent"}, 'Expected a list of items but got type "str".'),
        ({"assignableBy": [f"x{n}" for n in range(51)]}, "Holds at most 50 values."),
        ({"requiresReason": "maybe"}, "Must be a valid boolean."),
        ({"doNotContact": ["PIGEON"]}, 'Unknown channel type "PIGEON".'),
        ({"doNotContact": "SMS"}, 'Expected a list of items but got type "str".'),
        ({"doNotContact": ["SMS"] * 51}, "Ensure this field has no more than 50 elements."),
        ({"isArchived": None}, "This field may not be null."),
    ],
    ids=str,
)
def test_rules_that_make_no_sense(supervisor, rule, problem):
    label = LabelFactory(name="Gold")
    [name] = rule

    created = supervisor.post(URL, {"name": "Vip", **rule})
    changed = supervisor.put(url_of(label), rule)

    assert (created.status_code, changed.status_code) == (400, 400)
    assert created.json() == changed.json() == invalid(**{name: [problem]})
    assert [*Label.objects.values_list("name", flat=True)] == ["Gold"]


def test_only_who_changes_labels_sets_rules(agent):
    LabelGroup.objects.create(name="Tier")

    refused_one = agent.post(URL, {"name": "Vip", **RULES})
    echoed = agent.post(URL, {"name": "Plain", **NO_RULES})

    assert refused_one.status_code == 400
    assert refused_one.json()["errors"] == {name: ["You may not set this."] for name in RULES}
    assert echoed.status_code == 201
    assert not Label.objects.filter(name="Vip").exists()


def test_archived_labels_are_listed_while_somebody_wears_them(agent):
    """The client takes a label off that it does not find here when it saves the customer."""
    LabelFactory(name="Forgotten", is_archived=True)
    WornLabelFactory(label=LabelFactory(name="Worn", is_archived=True))
    LabelFactory(name="Usual")

    assert [label["name"] for label in agent.get(URL).json()] == ["Usual", "Worn"]


def test_delete_counts_customers_and_not_roles(supervisor):
    label = WornLabelFactory().label
    label.assignable_by.set(Group.objects.all())

    assert supervisor.delete(url_of(label)).json() == {"customers": 1}
