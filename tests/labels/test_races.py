import pytest
from rest_framework.exceptions import ValidationError

from labels.api.serializers import LabelSerializer
from labels.models import Label
from tests.contract.shapes import invalid
from tests.support.actors import logged_in
from tests.support.factories import LabelFactory, UserFactory


def checked(label=None, **body):
    serializer = LabelSerializer(label, data=body, partial=True, context={"caller": UserFactory()})
    serializer.is_valid(raise_exception=True)
    return serializer


@pytest.mark.django_db
def test_name_taken_after_it_was_checked_is_a_duplicate():
    silver = LabelFactory(name="Silver")
    created, changed = checked(name="Gold"), checked(silver, name="Gold")
    LabelFactory(name="Gold")

    for serializer in (created, changed):
        with pytest.raises(ValidationError) as error:
            serializer.save()
        assert error.value.detail == {"name": ["is duplicate"]}
    assert {*Label.objects.values_list("name", flat=True)} == {"Gold", "Silver"}


def test_crowd_with_one_name_makes_one_label(in_threads):
    clients = [logged_in("Agent") for _ in range(4)]

    answers = in_threads(
        lambda number: clients[number].post("/cim-customer/label", {"name": "Gold"}), 4
    )

    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]
    refused = [answer.json() for answer in answers if answer.status_code == 400]
    assert refused == [invalid(name=["is duplicate"])] * 3
    assert Label.objects.filter(name="Gold").count() == 1
