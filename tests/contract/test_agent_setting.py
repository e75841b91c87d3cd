import pytest

from customers.models import AgentSetting

from .shapes import invalid, lacking, refused

URL = "/cim-customer/agentSetting"


def test_get_answers_an_empty_object_to_a_new_user(agent):
    response = agent.get(f"{URL}?user_Id={agent.user.pk}")

    assert response.status_code == 200
    assert response.json() == {}
    assert AgentSetting.objects.count() == 0


def test_put_writes_and_merges(agent):
    first = agent.put(f"{URL}/{agent.user.pk}", {"language": "en"})
    second = agent.put(f"{URL}/{agent.user.pk}", {"theme": "dark"})
    third = agent.put(f"{URL}/{agent.user.pk}", {"language": "fr"})

    assert (first.status_code, first.json()) == (200, {"language": "en"})
    assert second.json() == {"language": "en", "theme": "dark"}
    assert third.json() == {"language": "fr", "theme": "dark"}
    assert agent.get(f"{URL}?user_Id={agent.user.pk}").json() == third.json()


def test_put_takes_any_user_id_of_an_identity_provider(supervisor):
    user_id = "0b0d9c2e-6b4a-4a55-9d3a-6f2c7a1e9d10"

    supervisor.put(f"{URL}/{user_id}", {"theme": "dark"})

    assert supervisor.get(f"{URL}?user_Id={user_id}").json() == {"theme": "dark"}


def test_only_a_supervisor_touches_the_settings_of_others(agent, supervisor):
    other = supervisor.user.pk

    read = agent.get(f"{URL}?user_Id={other}")
    written = agent.put(f"{URL}/{other}", {"theme": "dark"})

    assert (read.status_code, written.status_code) == (403, 403)
    assert read.json() == refused(
        lacking("Change what others chose in their client", "see or change settings of other users")
    )
    assert AgentSetting.objects.count() == 0
    assert supervisor.put(f"{URL}/{agent.user.pk}", {"theme": "dark"}).status_code == 200


def test_put_bounds_what_a_user_keeps(agent):
    mine = f"{URL}/{agent.user.pk}"
    agent.put(mine, {f"key{number}": 1 for number in range(50)})

    response = agent.put(mine, {"one": "more"})

    assert response.status_code == 400
    assert response.json() == invalid(body=["Holds at most 50 settings."])
    assert len(agent.get(f"{URL}?user_Id={agent.user.pk}").json()) == 50


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ([], "Invalid data. Expected a dictionary, but got list."),
        ("dark", "Invalid data. Expected a dictionary, but got str."),
        (5, "Invalid data. Expected a dictionary, but got int."),
    ],
)
def test_put_refuses_what_is_no_object(agent, body, problem):
    response = agent.put(f"{URL}/{agent.user.pk}", body)

    assert response.status_code == 400
    assert response.json() == invalid(body=[problem])
