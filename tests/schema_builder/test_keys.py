import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from schema_builder.keys import check_key, derived_key, is_free, is_made_of

LABELS = st.text(min_size=1, max_size=50)


@given(LABELS)
def test_derived_key_is_valid_and_free(label):
    first = derived_key(label, taken=())
    second = derived_key(label, taken={first})

    check_key(first)
    check_key(second)
    assert first != second


@pytest.mark.parametrize(
    ("key", "is_wanted"),
    [("age", True), ("2ndPhone", False), ("priority", False), ("voice", False), ("Voice", True)],
)
def test_key_is_free_where_it_is_valid_and_of_no_other_field(key, is_wanted):
    assert is_free(key, taken={"voice"}) is is_wanted


@pytest.mark.parametrize(
    ("key", "label", "is_so"),
    [
        ("2ndPhone", "2nd phone", True),
        ("homePhone", " Home  Phone", True),
        ("phone2", "2nd phone", False),
        ("", "", True),
    ],
)
def test_key_is_made_of_its_label(key, label, is_so):
    assert is_made_of(key, label) is is_so


def test_reserved_key_is_refused():
    with pytest.raises(ValidationError):
        check_key("priority")
