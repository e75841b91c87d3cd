"""Failed log-ins are limited for an account, and for an address with whatever accounts."""

from ipaddress import ip_network

import pytest
from django.test import Client

from access.client_address import client_address
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def limits(settings):
    settings.AXES_ENABLED = True
    settings.LOG_IN_FAILURES_PER_ADDRESS = 6
    settings.PROXY_ADDRESSES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


def amy():
    user = UserFactory(username="amy")
    user.set_password(PASSWORD)
    user.save()


def log_in(username, password="wrong", address="192.0.2.7", **headers):
    return Client(REMOTE_ADDR=address).post(
        "/login", {"username": username, "password": password}, headers=headers
    )


def fail(times, first=0, **options):
    return [
        log_in(f"user{number}", **options).status_code for number in range(first, first + times)
    ]


def test_address_that_tries_many_accounts_is_locked():
    assert fail(6) == [200] * 5 + [429]
    response = log_in("never-tried")

    assert (response.status_code, response["Retry-After"]) == (429, "900")
    assert "from your address" in response.content.decode()


def test_locked_address_refuses_the_right_password():
    amy()
    fail(6)

    assert log_in("amy", PASSWORD).status_code == 429


def test_other_addresses_are_not_locked():
    amy()
    fail(6)

    assert log_in("amy", PASSWORD, address="192.0.2.8").status_code == 302


def test_success_takes_back_the_failures_of_its_account_alone():
    amy()
    fail(4)
    log_in("amy")

    assert log_in("amy", PASSWORD).status_code == 302
    assert fail(2, first=4) == [200, 429]


def test_no_limit_where_none_is_set(settings):
    settings.LOG_IN_FAILURES_PER_ADDRESS = 0

    assert fail(8) == [200] * 8


def test_proxy_is_not_the_client():
    for number in range(6):
        log_in(f"user{number}", address="10.1.1.1", x_forwarded_for=f"192.0.2.{number}, 10.2.2.2")

    assert log_in("amy", address="10.1.1.1", x_forwarded_for="192.0.2.99").status_code == 200


def test_client_cannot_hide_behind_a_header():
    for number in range(6):
        log_in(f"user{number}", x_forwarded_for=f"198.51.100.{number}")

    assert log_in("amy", x_forwarded_for="198.51.100.99").status_code == 429


def test_client_cannot_hide_behind_what_it_tells_the_proxy():
    for number in range(6):
        forwarded = f"198.51.100.{number}, 192.0.2.7"
        log_in(f"user{number}", address="10.1.1.1", x_forwarded_for=forwarded)

    assert log_in("amy", address="10.1.1.1", x_forwarded_for="192.0.2.7").status_code == 429


def test_network_of_a_line_is_one_address():
    for number in range(6):
        log_in(f"user{number}", address=f"2001:db8:1:2::{number}")

    assert log_in("amy", address="2001:db8:1:2:ffff::1").status_code == 429
    assert log_in("amy", address="2001:db8:1:3::1").status_code == 200


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("198.51.100.9, 192.0.2.7", "192.0.2.7"),
        ("198.51.100.9, 192.0.2.7:5312", "192.0.2.7"),
        ("198.51.100.9, [2001:db8:1:2::9]:5312", "2001:db8:1:2::"),
        ("198.51.100.9, [2001:db8:1:2::9]", "2001:db8:1:2::"),
        ("198.51.100.9, ::ffff:192.0.2.7", "192.0.2.7"),
        # What stands before an entry that is no address may be forged.
        ("198.51.100.9, unknown", "10.1.1.1"),
        ("198.51.100.9, unknown, 10.2.2.2", "10.2.2.2"),
        ("198.51.100.9, 10.2.2.2, 10.3.3.3", "198.51.100.9"),
        ("198.51.100.9,", "10.1.1.1"),
    ],
)
def test_client_is_the_last_address_that_is_no_proxy(rf, forwarded, address):
    request = rf.get("/", REMOTE_ADDR="10.1.1.1", headers={"X-Forwarded-For": forwarded})

    assert client_address(request) == address


@pytest.mark.parametrize("forwarded", ["", "unknown", ",,", "10.3.3.3"])
def test_header_without_a_client_leaves_the_proxy(forwarded):
    assert log_in("amy", address="10.1.1.1", x_forwarded_for=forwarded).status_code == 200
