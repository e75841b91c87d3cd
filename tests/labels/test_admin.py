import pytest

from labels.models import Label
from tests.support.factories import LabelFactory
from tests.support.staff import errors_of, staff

pytestmark = pytest.mark.django_db

LIST = "/admin/labels/label/"


def test_label_knows_who_created_and_changed_it():
    supervisor, colleague = staff("Supervisor"), staff("Supervisor")
    supervisor.post(
        f"{LIST}add/", {"name": "Loyal", "color": "#112233", "priority": "5", "description": "10 y"}
    )
    label = Label.objects.get(name="Loyal")

    colleague.post(
        f"{LIST}{label.pk}/change/", {"name": "Loyal", "color": "#112233", "priority": "6"}
    )

    label.refresh_from_db()
    assert (label.color, label.priority, label.description) == ("#112233", 6, "")
    assert label.created_by == supervisor.user.get_username()
    assert label.updated_by == colleague.user.get_username()


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({"name": "Taken"}, {"name": ["Another label has this name."]}),
        ({"color": "red"}, {"color": ["Not a colour: use #rrggbb."]}),
        ({"priority": "11"}, {"priority": ["Ensure this value is less than or equal to 10."]}),
    ],
)
def test_refusals_land_at_their_fields(values, problems):
    LabelFactory(name="Taken")
    client = staff("Supervisor")

    response = client.post(
        f"{LIST}add/", {"name": "New", "color": "#112233", "priority": "5"} | values
    )

    assert errors_of(response) == problems
    assert not Label.objects.filter(name="New").exists()


@pytest.mark.parametrize(
    ("color", "background", "text"),
    [
        ("#ffe000", "#ffe000", "#000000"),
        ("#102030", "#102030", "#ffffff"),
        ("#10203040", "#102030", "#ffffff"),
    ],
)
def test_chips_are_readable(color, background, text):
    LabelFactory(name="Chip", color=color)
    client = staff("Supervisor")

    page = client.get(LIST).content.decode()

    assert f'style="background:{background};color:{text}">Chip</span>' in page


def test_colour_with_transparency_is_typed_not_chosen():
    opaque = LabelFactory(color="#112233")
    clear = LabelFactory(color="#11223344")
    client = staff("Supervisor")

    kinds = [
        client.get(f"{LIST}{label.pk}/change/").context["adminform"].form["color"].field.widget
        for label in (opaque, clear)
    ]

    assert [widget.input_type for widget in kinds] == ["color", "text"]


def test_agent_adds_labels_and_changes_none():
    label = LabelFactory()
    client = staff("Agent")

    added = client.post(f"{LIST}add/", {"name": "New", "color": "#112233", "priority": "1"})
    changed = client.post(f"{LIST}{label.pk}/change/", {"name": "Other"})
    deleted = client.post(f"{LIST}{label.pk}/delete/", {"post": "yes"})

    assert (added.status_code, changed.status_code, deleted.status_code) == (302, 403, 403)
    assert set(Label.objects.values_list("name", flat=True)) == {"New", label.name}


def test_agent_gives_no_priority():
    client = staff("Agent")

    page = client.get(f"{LIST}add/").content.decode()
    client.post(f"{LIST}add/", {"name": "First", "color": "#112233", "priority": "10"})

    assert 'name="priority"' not in page
    assert Label.objects.get(name="First").priority == 1


@pytest.mark.parametrize("key", ["x", "-1", "9" * 30])
def test_action_on_what_is_no_row_is_refused(key):
    client = staff("Supervisor")

    response = client.post(
        LIST, {"action": "delete_selected", "_selected_action": [key], "post": "yes"}
    )

    assert response.status_code == 400


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_for_more_labels(count, django_assert_num_queries):
    LabelFactory.create_batch(count)
    client = staff("Supervisor")

    with django_assert_num_queries(9):
        response = client.get(LIST)

    assert response.context["cl"].result_count == count
