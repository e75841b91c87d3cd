import time

import pytest

from foundation.public_ids import is_public_id, new_public_id


def test_public_ids_are_ids_and_differ():
    ids = {new_public_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert all(is_public_id(public_id) for public_id in ids)


def test_public_id_begins_with_its_second():
    before = int(time.time())

    assert before <= int(new_public_id()[:8], 16) <= int(time.time())


@pytest.mark.parametrize(
    "text",
    ["", "0" * 23, "0" * 25, "A" * 24, "g" * 24, "0" * 24 + "\n", "١" * 24, None, 5, ["0" * 24]],
    ids=repr,
)
def test_anything_else_is_no_public_id(text):
    assert not is_public_id(text)
