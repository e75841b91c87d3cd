"""Requests that wait for the database or for a client, and those beside them."""

import socket
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

DRIPPING = 200
REFUSED = {
    "error": {"msg": "Temporarily unavailable, try again."},
    "msg": "Temporarily unavailable, try again.",
}


def median_ms(service, count=60):
    """Milliseconds of a lookup, each of which has to find the customer."""
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        assert service.lookup().json()["identification"]["outcome"] == "matched"
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


@contextmanager
def held_customer(service, public_id):
    """A transaction of somebody else that holds the row of the customer."""
    with service.connect() as connection:
        connection.execute(
            "SELECT 1 FROM customers_customer WHERE public_id = %s FOR UPDATE", [public_id]
        )
        yield
        connection.rollback()


def test_a_held_customer_refuses_writes_and_holds_up_nothing_else(service):
    customer = service.lookup().json()["customer"]
    path = f"customers/{customer['_id']}"
    alone = median_ms(service)

    with held_customer(service, customer["_id"]), ThreadPoolExecutor(8) as threads:
        writes = [
            threads.submit(service.api, "PUT", path, '{"firstName": "Other"}') for _ in range(8)
        ]
        time.sleep(0.5)
        beside = median_ms(service)
        live = service.call("GET", "/health/live").status
        ready = service.call("GET", "/health/ready").status
        page = service.call("GET", "/admin/login/").status
        still_waiting = not any(write.done() for write in writes)
        replies = [write.result() for write in writes]

    print(f"\nlookup: {alone:.1f} ms alone, {beside:.1f} ms beside 8 writes that wait")
    assert still_waiting
    assert (live, ready, page) == (200, 200, 200)
    assert [reply.status for reply in replies] == [503] * 8
    assert all(reply.json() == REFUSED for reply in replies)
    assert {reply.headers["retry-after"] for reply in replies} == {"1"}
    assert service.lookup().json()["customer"] == customer


def test_bodies_that_drip_cost_no_thread(service):
    alone = median_ms(service)
    head = (
        b"POST /cim-customer/customers HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    )

    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", service.port)))
            for _ in range(DRIPPING)
        ]
        for client in clients:
            client.sendall(head)
        for client in clients:
            client.sendall(b" ")
        beside = median_ms(service)
        created = service.api("POST", "customers", '{"firstName": "Beside"}')
        answer = clients[0].recv(1000)

    print(f"\nlookup: {alone:.1f} ms alone, {beside:.1f} ms beside {DRIPPING} dripping bodies")
    assert created.status == 201
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert service.lookup().status == 200


def test_headers_that_drip_are_ended(service):
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        client.settimeout(60)
        answer = client.recv(1000)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")
