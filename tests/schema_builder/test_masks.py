import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema_builder.models import LONGEST_UNMASKED, FieldDefinition
from schema_builder.types import TYPES, looks_masked

# Values as they are stored, of each type that has a shape of its own; any text for the others.
STORED = {
    "boolean": st.sampled_from(["true", "false"]),
    "number": st.decimals(-2147483647, 2147483647, places=2).map(str),
    "date": st.dates().map(str),
    "datetime": st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='seconds')}Z"),
    "email": st.from_regex(r"\A[a-z*]{1,12}@[a-z]{1,12}\.(de|example)\Z"),
    "ip": st.ip_addresses().map(str),
    "phonenumber": st.integers(10**7, 10**15 - 1).map("+{}".format),
    "url": st.from_regex(r"\Ahttps://[a-z]{1,20}\.example(/[a-z*]{0,9})?\Z"),
}
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
READABLE = st.none() | st.integers(0, LONGEST_UNMASKED)


@st.composite
def masked_values(draw):
    """(type, a value of it as a caller without `view_pii` sees it in some field)."""
    kind = draw(st.sampled_from(sorted(TYPES)))
    field = FieldDefinition(type=kind, mask_start=draw(READABLE), mask_end=draw(READABLE))
    return kind, field.mask(draw(STORED.get(kind, WORDS)))


def python_pattern(kind):
    """The expression for the client, with what only JavaScript knows put into Python's words."""
    return TYPES[kind].client_regex.replace("[^]", r"[\s\S]")


@settings(max_examples=500, deadline=None, database=None, derandomize=True)
@given(masked_values())
def test_mask_passes_the_expression_of_its_type_and_is_recognised(masked):
    kind, text = masked

    assert re.fullmatch(python_pattern(kind), text)
    assert looks_masked(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", "12 items"),
        ("boolean", "maybe"),
        ("email", "zed"),
        ("ip", "host name"),
        ("url", "example.com"),
        ("alphanumeric", "A-1"),
        ("date", "31.12.2026"),
        ("datetime", "noon"),
        ("name", "two\nlines"),
    ],
)
def test_expression_still_refuses_what_is_neither_value_nor_mask(kind, text):
    assert not re.fullmatch(python_pattern(kind), text)
