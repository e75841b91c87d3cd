"""An API client for every kind of caller, as fixtures."""

from ipaddress import ip_network

import pytest
from rest_framework.test import APIClient

from .factories import TokenFactory, UserFactory

GATEWAY_SECRET = "only-for-tests-" + "0" * 32


def logged_in(role):
    client = APIClient()
    client.user = UserFactory(role=role)
    client.force_login(client.user)
    return client


def with_token(role, **values):
    token, secret = TokenFactory(role=role, **values)
    client = APIClient(headers={"Authorization": f"Bearer {secret}"})
    client.token = token
    return client


def behind_gateway(settings, role="supervisor", user="amy"):
    settings.GATEWAY_ADDRESSES = [ip_network("127.0.0.0/8")]
    settings.GATEWAY_SECRET = GATEWAY_SECRET
    stated = {"X-Gateway-Secret": GATEWAY_SECRET, "X-Gateway-Role": role, "X-Gateway-User": user}
    return APIClient(headers=stated)


@pytest.fixture
def anonymous():
    return APIClient()


@pytest.fixture
def agent(db):
    return logged_in("Agent")


@pytest.fixture
def supervisor(db):
    return logged_in("Supervisor")


@pytest.fixture
def administrator(db):
    return logged_in("Administrator")


@pytest.fixture
def read_token(db):
    return with_token("Integration (read)")


@pytest.fixture
def write_token(db):
    return with_token("Integration (read/write)")


@pytest.fixture
def gateway(db, settings):
    return behind_gateway(settings)
