import pytest
from rest_framework import serializers

from foundation.serializers import StrictBody


class Pet(StrictBody):
    name = serializers.CharField(max_length=3)
    age = serializers.IntegerField(required=False)


def problems(body, **options):
    pet = Pet(data=body, **options)
    return {} if pet.is_valid() else pet.errors


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"name": "Rex"}, {}),
        ({"name": "Rex", "_id": "x", "__v": 1, "createdAt": "x", "updatedBy": None}, {}),
        ({"name": "Rex", "Age": 4}, {"Age": ["Unknown field."]}),
        (
            {"name": "Rexy", "": 1},
            {
                "name": ["Ensure this field has no more than 3 characters."],
                "": ["Unknown field."],
            },
        ),
        ({}, {"name": ["This field is required."]}),
        (
            ["name"],
            {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]},
        ),
    ],
    ids=str,
)
def test_body_is_read_strictly(body, found):
    assert problems(body) == found


def test_partial_body_has_to_name_something():
    assert problems({}, partial=True) == {"non_field_errors": ["No data provided"]}
    assert problems({"age": 4}, partial=True) == {}


def test_what_clients_send_back_is_dropped():
    pet = Pet(data={"name": "Rex", "__v": 1})

    assert pet.is_valid()
    assert pet.validated_data == {"name": "Rex"}
