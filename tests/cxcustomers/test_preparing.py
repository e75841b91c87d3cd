from threading import Event, Thread

import pytest
from django.db import connections

from cxcustomers.preparing import alone

pytestmark = pytest.mark.django_db(transaction=True)


def test_alone_lets_another_instance_wait_and_says_so():
    order = []
    waits = Event()

    def announce():
        order.append("waits")
        waits.set()

    def other():
        with alone(announce):
            order.append("other")
        connections.close_all()

    with alone(lambda: order.append("never")):
        thread = Thread(target=other)
        thread.start()
        waits.wait(20)
        order.append("one")
    thread.join(20)

    assert order == ["waits", "one", "other"]


def test_alone_is_free_again_after_an_error():
    with pytest.raises(ValueError), alone(lambda: None):  # noqa: PT011 - any error
        raise ValueError

    with alone(lambda: pytest.fail("waits")):
        pass
