"""A database that does not answer is a 503 on every way into the product."""

import json

import pytest
from django.db import InterfaceError, InternalError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from customers.locking import CustomersContended
from tests.contract.shapes import refused
from tests.support.staff import staff

PAGES = [
    "/",
    "/customers/6b0b8184448254f906ec6768",
    "/duplicates",
    "/admin/",
    "/admin/customers/customer/",
    "/admin/schema/",
]
CALLS = [
    "/cim-customer/customers",
    "/cim-customer/customers?channelType=SMS&customerChannelIdentifier=%2B4915112345001",
    "/cim-customer/label",
    "/api/operations",
]
MESSAGE = "Temporarily unavailable, try again."


@pytest.fixture
def signed_in(db):
    client = staff(is_superuser=True)
    client.raise_request_exception = False
    return client


@pytest.fixture(params=[OperationalError, InterfaceError, InternalError])
def database_away(request, signed_in):
    def refuse(*args, **options):
        raise request.param("the connection was refused")

    # Undone before the transaction of the test is rolled back.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "cursor", refuse)
        yield


@pytest.mark.parametrize("path", PAGES)
def test_page_says_that_the_product_is_unavailable(signed_in, database_away, path):
    response = signed_in.get(path)

    assert response.status_code == 503
    assert response["Retry-After"] == "1"
    assert MESSAGE in response.content.decode()


@pytest.mark.parametrize("path", ["/login", "/admin/login/"])
def test_log_in_says_that_the_product_is_unavailable(signed_in, database_away, path):
    client = Client(raise_request_exception=False)

    response = client.post(path, {"username": "raza", "password": "wrong"})

    assert response.status_code == 503
    assert response["Retry-After"] == "1"


@pytest.mark.parametrize("path", CALLS)
def test_call_of_a_session_is_refused_in_the_shape_of_the_contract(signed_in, database_away, path):
    response = signed_in.get(path)

    assert response.status_code == 503
    assert response["Retry-After"] == "1"
    assert json.loads(response.content) == refused(MESSAGE)


@pytest.mark.parametrize("path", CALLS)
def test_call_with_a_token_is_refused_in_the_shape_of_the_contract(database_away, path):
    client = Client(raise_request_exception=False)

    response = client.get(path, headers={"Authorization": "Bearer cxc_unknown"})

    assert response.status_code == 503
    assert response["Retry-After"] == "1"
    assert json.loads(response.content) == refused(MESSAGE)


def test_cookie_of_the_session_is_kept(signed_in, database_away):
    response = signed_in.get("/")

    assert "sessionid" not in response.cookies


def test_page_of_contended_customers_is_a_503(signed_in, monkeypatch):
    def contended(*args, **options):
        raise CustomersContended

    monkeypatch.setattr("agents.views.customers.search_page", contended)

    response = signed_in.get("/?q=Amina")

    assert (response.status_code, response["Retry-After"]) == (503, "1")
