from ipaddress import ip_network

import pytest

from tests.webhooks.receivers import receiving


@pytest.fixture(autouse=True)
def own_network(settings):
    """Let this machine be called, as an installation lets its own network."""
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]


@pytest.fixture
def receiver():
    with receiving() as server:
        yield server
