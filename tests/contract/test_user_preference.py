import pytest

from customers.models import UserPreference
from schema_builder.schema import current_schema

from .shapes import invalid, lacking, refused, without

URL = "/cim-customer/userPreference"
SAVED = {
    "pageSize": None,
    "columns": [
        {"field": "firstName", "header": "First Name", "type": "string"},
        {"field": "web", "header": "Web", "type": "string"},
    ],
    "sortOption": [{"field": "", "sortOption": ""}],
}


def own_id(client):
    return str(client.user.pk)


def test_get_answers_every_column_to_a_user_without_preference(agent):
    response = agent.get(f"{URL}?user_Id={own_id(agent)}")

    (preference,) = response.json()["docs"]
    assert response.status_code == 200
    assert list(response.json()) == ["docs"]
    assert without(preference, "_id") == {
        "user_Id": own_id(agent),
        "pageSize": None,
        "columns": [
            {"field": field.key, "header": field.label, "type": field.type}
            for field in current_schema().fields
            if field.key not in ("labels", "isAnonymous")
        ],
        "sortOption": [{"field": "", "sortOption": ""}],
    }
    assert UserPreference.objects.count() == 0


def test_put_to_the_id_of_the_default_keeps_the_preference(agent):
    (default,) = agent.get(f"{URL}?user_Id={own_id(agent)}").json()["docs"]

    response = agent.put(f"{URL}/{default['_id']}", {"user_Id": own_id(agent), **SAVED})

    kept = {"_id": default["_id"], "user_Id": own_id(agent), **SAVED}
    assert response.status_code == 200
    assert response.json() == kept
    assert agent.get(f"{URL}?user_Id={own_id(agent)}").json() == {"docs": [kept]}


def test_post_keeps_the_preference_once(agent):
    first = agent.post(URL, {"user_Id": own_id(agent), **SAVED})
    second = agent.post(URL, {"user_Id": own_id(agent), **SAVED, "pageSize": 50})

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == {**first.json(), "pageSize": 50}
    assert UserPreference.objects.count() == 1


def test_put_accepts_what_dragging_a_column_adds(agent):
    (default,) = agent.get(f"{URL}?user_Id={own_id(agent)}").json()["docs"]
    dragged = [{**SAVED["columns"][0], "channelTypes": ["WEB"], "isPii": False, "key": "web"}]

    response = agent.put(
        f"{URL}/{default['_id']}", {"user_Id": own_id(agent), "columns": dragged, "new": 1}
    )

    assert response.status_code == 200
    assert response.json()["columns"] == dragged


def test_put_to_the_id_of_nobody_is_not_found(agent):
    response = agent.put(f"{URL}/{'0' * 24}", {"user_Id": own_id(agent), **SAVED})

    assert response.status_code == 404
    assert response.json() == refused("Not found.")


def test_user_may_be_named_by_username(agent):
    response = agent.post(URL, {"user_Id": agent.user.username, **SAVED})

    assert response.status_code == 201


def test_only_a_supervisor_touches_the_preference_of_others(agent, supervisor):
    other = own_id(supervisor)

    read = agent.get(f"{URL}?user_Id={other}")
    written = agent.post(URL, {"user_Id": other, **SAVED})

    assert (read.status_code, written.status_code) == (403, 403)
    assert read.json() == written.json()
    assert read.json() == refused(
        lacking("Change what others chose in their client", "see or change settings of other users")
    )
    assert UserPreference.objects.count() == 0
    assert supervisor.post(URL, {"user_Id": own_id(agent), **SAVED}).status_code == 201


def test_gateway_states_whose_preference_it_is(settings, gateway):
    response = gateway.post(URL, {"user_Id": "amy", **SAVED})

    assert response.status_code == 201


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("", "This parameter is required."),
        ("?user_Id=", "This parameter is required."),
        ("?user_id=5", "This parameter is required."),
        ("?user_Id=" + "x" * 151, "Ensure this field has no more than 150 characters."),
    ],
    ids=["missing", "empty", "misspelt", "long"],
)
def test_get_asks_for_a_user(agent, query, problem):
    response = agent.get(URL + query)

    assert response.status_code == 400
    assert response.json() == invalid(user_Id=[problem])


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"user_Id": None}, {"user_Id": ["This field may not be null."]}),
        ({"user_Id": ""}, {"user_Id": ["This field may not be blank."]}),
        ({"user_Id": {}}, {"user_Id": ["Not a valid string."]}),
        ({"columns": 3}, {"columns": ['Expected a list of items but got type "int".']}),
        (
            {"columns": [3]},
            {"columns.0": ['Expected a dictionary of items but got type "int".']},
        ),
        ({"columns": None}, {"columns": ["This field may not be null."]}),
        (
            {"columns": [{}] * 201},
            {"columns": ["Ensure this field has no more than 200 elements."]},
        ),
        ({"pageSize": "many"}, {"pageSize": ["A valid integer is required."]}),
        ({"pageSize": 0}, {"pageSize": ["Ensure this value is greater than or equal to 1."]}),
        ({"pageSize": 201}, {"pageSize": ["Ensure this value is less than or equal to 200."]}),
        ({"sortOption": "up"}, {"sortOption": ['Expected a list of items but got type "str".']}),
        (
            {"pageSize": [], "columns": "x"},
            {
                "pageSize": ["A valid integer is required."],
                "columns": ['Expected a list of items but got type "str".'],
            },
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_post_refuses_what_is_no_preference(agent, changes, problems):
    response = agent.post(URL, {"user_Id": own_id(agent), **SAVED, **changes})

    assert response.status_code == 400
    assert response.json() == invalid(**problems)
    assert UserPreference.objects.count() == 0
