import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.cells import is_shortened, joined, quoted_items, separated

ITEMS = st.lists(st.text(st.sampled_from('ab"|;, \n:=+1E.'), min_size=1).map(str.strip), max_size=4)


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        ("a; b|c\nd, e ::: f", ["a", "b", "c", "d", "e", "f"]),
        ("a,b", ["a,b"]),
        (" ; ", []),
    ],
)
def test_cells_are_cut_at_each_separator(cell, items):
    assert separated(cell) == items


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        ('"a|b"; "c ""d"""', ["a|b", 'c "d"']),
        ('"a"\n"b","c"', ["a", "b", "c"]),
        ('"Ada" <sip:1@example.com>', None),
        ('a; "b"', None),
        ('"a""', None),
    ],
)
def test_items_in_quotes_are_a_list_where_all_are_quoted(cell, items):
    assert quoted_items(cell) == items


@pytest.mark.parametrize("read", [separated, lambda cell: [cell]])
@given(items=ITEMS)
def test_joined_items_are_read_back(read, items):
    items = [item for item in items if item]
    if not items:
        return

    cell = joined(items, read)

    found = quoted_items(cell)
    assert (read(cell) if found is None else found) == items
    assert not is_shortened(cell)


@pytest.mark.parametrize(
    ("cell", "shortened"),
    [("4.41632E+11", True), ("4,4e12", True), ("-1E+9", True), ("E+11", False), ("12E", False)],
)
def test_numbers_that_a_spreadsheet_shortened_are_known(cell, shortened):
    assert is_shortened(cell) is shortened
