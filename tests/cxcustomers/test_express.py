"""Lookups that are answered without Django's handler, and those that are not."""

import pytest
from django.contrib.auth.models import Group
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError
from django.test import RequestFactory

from access.models import ApiToken
from customers.models import Customer
from cxcustomers.express import LookupsFirst
from tests.support.factories import IdentityFactory

NUMBER = "+923001234567"
LOOKUP = f"channelType=CX_VOICE&customerChannelIdentifier={NUMBER}"


class Caller:
    """Calls a WSGI application, and knows how often it asked Django."""

    def __init__(self, secret):
        self.secret = secret
        self.asked_django = 0
        self.handler = WSGIHandler()
        self.application = LookupsFirst(self.django)

    def django(self, environ, start):
        self.asked_django += 1
        return self.handler(environ, start)

    def get(self, query=LOOKUP, path="/cim-customer/customers", **headers):
        """(status line, headers, body) of the answer."""
        answer = []
        headers = {
            "HTTP_AUTHORIZATION": f"Bearer {self.secret}",
            "SERVER_NAME": "localhost",
        } | headers
        environ = RequestFactory().get(path, **headers).environ | {"QUERY_STRING": query}
        body = b"".join(self.application(environ, lambda *found: answer.extend(found)))
        return answer[0], dict(answer[1]), body


@pytest.fixture
def caller(transactional_db):
    """A caller that has asked for a customer before, so that the headers are known."""
    role = Group.objects.get(name="Integration (read/write)")
    _, secret = ApiToken.objects.issue(name="express", group=role, created_by="test")
    IdentityFactory(value=NUMBER)
    caller = Caller(secret)
    caller.first = caller.get()
    caller.asked_django = 0
    return caller


def test_known_customer_is_answered_as_django_does(caller):
    answer = caller.get()

    assert caller.asked_django == 0
    assert answer == caller.first


def test_known_customer_costs_one_statement(caller, django_assert_num_queries):
    with django_assert_num_queries(1):
        caller.get()


def test_first_contact_goes_to_django(caller):
    status, _, _ = caller.get("channelType=CX_VOICE&customerChannelIdentifier=+4915112345678")

    assert (status, caller.asked_django) == ("200 OK", 1)
    assert Customer.objects.filter(is_anonymous=True).count() == 1


def test_conversation_is_linked_by_django(caller):
    status, _, _ = caller.get(f"{LOOKUP}&conversationId=c-1")

    assert (status, caller.asked_django) == ("200 OK", 1)


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("channelType=NONE&customerChannelIdentifier=1", {}, "400 Bad Request"),
        ("channelType=CX_VOICE", {}, "400 Bad Request"),
        (LOOKUP, {"HTTP_AUTHORIZATION": "Bearer cxc_none"}, "401 Unauthorized"),
        (LOOKUP, {"HTTP_HOST": "evil.example"}, "400 Bad Request"),
        (f"{LOOKUP}%FF", {}, "400 Bad Request"),
        (f"{LOOKUP}&limit=1", {"REQUEST_METHOD": "PATCH"}, "405 Method Not Allowed"),
    ],
)
def test_refusals_come_from_django(caller, query, headers, status):
    answer, _, body = caller.get(query, **headers)

    assert (answer, caller.asked_django) == (status, 1)
    assert b'"msg"' in body


def test_list_and_cross_origin_lookup_go_to_django(caller):
    assert caller.get("limit=1")[0] == "200 OK"
    assert caller.get("limit=1&xchannelType=1")[0] == "200 OK"
    assert caller.get(HTTP_ORIGIN="https://desk.example")[0] == "200 OK"
    assert caller.asked_django == 3


def test_lookup_over_http_is_redirected_where_https_is_required(caller, settings):
    settings.SECURE_SSL_REDIRECT = True

    caller.get()

    assert caller.asked_django == 1


def test_error_of_the_database_is_answered_by_django(caller, monkeypatch):
    def away(places):
        raise OperationalError("the database is away")

    monkeypatch.setattr("customers.identification.identify.read_holders", away)

    status, headers, _ = caller.get()

    assert (status, headers["Retry-After"]) == ("503 Service Unavailable", "1")
    assert caller.asked_django == 1
