"""A write that is answered with an error has written nothing, wherever the database fails."""

import json
import re
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import OperationalError, connection, connections

from customers.models import Operation
from customers.preferences import default_id
from tests.contract.shapes import refused
from tests.support.actors import with_token
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    JobFactory,
    LabelFactory,
    WornLabelFactory,
)
from tests.support.operations import edit, linked
from tests.support.routes import routes
from tests.test_roles import OPERATIONS
from tests.webhooks.subscriptions import subscribed

pytestmark = pytest.mark.django_db(transaction=True)

APPS = ("customers", "jobs", "labels", "schema_builder", "webhooks")
NUMBER, STRANGER = "+923001234567", "+923217654399"
NEW = {"firstName": "Amy", "phoneNumber": [NUMBER], "town": "Ulm", "labels": ["{gold}"]}
FOUND_BY = "/cim-customer/customers?channelType=SMS&customerChannelIdentifier="
# What is sent, by route and method.
WRITES = {
    ("contract:customers", "POST"): NEW,
    ("contract:customer", "PUT"): NEW,
    ("contract:customer", "DELETE"): None,
    ("contract:customer-schema", "POST"): {"key": "zip", "label": "Zip", "type": "string"},
    ("contract:customer-field", "PUT"): {"label": "City"},
    ("contract:customer-field", "DELETE"): None,
    ("contract:customer-schema-order", "PUT"): [{"key": "web"}],
    ("contract:label", "POST"): {"name": "Vip"},
    ("contract:label", "PUT"): {"name": "Vip"},
    ("contract:label", "DELETE"): None,
    ("contract:user-preferences", "POST"): {"user_Id": "amy", "columns": []},
    ("contract:user-preference", "PUT"): {"user_Id": "amy", "columns": []},
    ("contract:agent-setting", "PUT"): {"theme": "dark"},
    ("api:conversation", "PUT"): {"direction": "outbound"},
    ("api:relink", "POST"): {"target": "{other}"},
    ("api:merge", "POST"): {"duplicates": ["{other}"]},
    ("api:split", "POST"): {"firstName": "Ben", "conversations": ["c1"]},
    ("api:not-same", "POST"): {"other": "{other}"},
    ("api:claim", "POST"): {"field": "phoneNumber", "identifier": NUMBER},
    ("api:release", "POST"): {"field": "web", "identifier": "w1"},
    ("api:mark", "POST"): {"field": "web", "identifier": "w1", "shared": True},
    ("api:bulk", "POST"): {"customers": ["{zed}", "{other}"], "labels": {"add": ["{gold}"]}},
    ("api:undo", "POST"): {"reason": "Wrong"},
    ("api:job-cancel", "POST"): None,
    ("api:job-undo", "POST"): {"reason": "Wrong"},
}
QUERIES = {
    ("contract:customer-field", "DELETE"): "?force=true",
    ("contract:label", "PUT"): "?_id={gold}",
    ("contract:label", "DELETE"): "?_id={gold}",
}
LOOKUPS = {
    "first contact": STRANGER,
    "first contact of a conversation": f"{STRANGER}&conversationId=new",
    "withheld caller": "anonymous",
    "withheld caller of a conversation": "anonymous&conversationId=new",
    "known caller of a conversation": f"{NUMBER}&conversationId=new",
}


class DatabaseDown(OperationalError):
    pass


class Outage:
    """Counts statements up to the commit; fails the one with the number `at`, and all after the commit."""

    def __init__(self, at):
        self.at = at
        self.is_committed = False
        self.count = 0

    def __call__(self, execute, sql, params, many, context):
        if self.is_committed:
            raise DatabaseDown
        self.count += 1
        if self.count == self.at:
            raise DatabaseDown
        return execute(sql, params, many, context)


@contextmanager
def outage(*, at=0, at_commit=False):
    """The database fails at a statement, at the commit, or only after it."""
    down, commit = Outage(at), connection.commit

    def committing():
        if at_commit:
            connection.rollback()
            raise DatabaseDown
        commit()
        down.is_committed = True

    patched = patch.object(connections["default"], "commit", committing)
    with patched, connection.execute_wrapper(down):
        yield down


@pytest.fixture
def client():
    role = Group.objects.create(name="Everything")
    role.permissions.set(Permission.objects.all())
    client = with_token("Everything", may_view_pii=True)
    # The token is held in memory from now on.
    assert client.get("/cim-customer/label").status_code == 200
    return client


@pytest.fixture
def ids():
    """Ids by name of one row of each kind, with something to write about it."""
    zed, other = CustomerFactory(first_name="Zed"), CustomerFactory(first_name="Other")
    gold, town = LabelFactory(name="Gold"), FieldFactory(key="town")
    WornLabelFactory(customer=other, label=LabelFactory(name="Silver"))
    IdentityFactory(customer=zed, of="web", value="w1")
    IdentityFactory(customer=other, value=NUMBER)
    linked("c1", zed)
    subscribed("https://crm.example.com/", "customer.updated", "customer.created")
    done = JobFactory(status="done")
    operation = edit(zed, town="Ulm")
    Operation.objects.filter(pk=operation.pk).update(job=done)
    rows = {"zed": zed, "other": other, "gold": gold, "town": town, "operation": operation}
    rows |= {"done": done, "waiting": JobFactory()}
    return {name: row.public_id for name, row in rows.items()}


def filled(text, ids):
    return re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], text)


def address_of(name, method, ids):
    own = {
        "api:job-cancel": ids["waiting"],
        "api:job-undo": ids["done"],
        "api:conversation": "c1",
        "api:relink": "c1",
        "api:undo": ids["operation"],
        "contract:customer-field": ids["town"],
        "contract:agent-setting": "amy",
        "contract:user-preference": default_id("amy"),
    }
    path = re.sub(r"<\w+:\w+>", own.get(name, ids["zed"]), dict(routes())[name])
    return path + QUERIES.get((name, method), "").format(**ids)


def rows():
    """Everything that is stored."""
    models = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    return {model: list(model.objects.order_by("pk").values()) for model in models}


def unavailable():
    return refused("Temporarily unavailable, try again.")


def check_every_failure(send):
    """Fail the commit of a request, then each statement before it, then all that come after it."""
    before = rows()
    with outage(at_commit=True) as down:
        response = send()
    assert (response.status_code, response.json()) == (503, unavailable())
    assert rows() == before
    for number in range(1, down.count + 1):
        with outage(at=number):
            response = send()
        assert (response.status_code, response.json()) == (503, unavailable()), number
        assert rows() == before, number
    with outage() as down:
        response = send()
    assert down.is_committed
    assert response.status_code in (200, 201, 202, 204)
    assert rows() != before


@pytest.mark.parametrize(("name", "method"), WRITES)
def test_write_is_answered_as_it_was_committed(client, ids, name, method):
    body = WRITES[name, method]
    sent = filled(json.dumps(body), ids) if body else ""
    url = address_of(name, method, ids)

    check_every_failure(lambda: client.generic(method, url, sent, "application/json"))


@pytest.mark.parametrize("identifier", LOOKUPS.values(), ids=LOOKUPS)
def test_lookup_that_writes_is_answered_as_it_was_committed(client, ids, identifier):
    check_every_failure(lambda: client.get(FOUND_BY + identifier.replace("+", "%2B")))


def test_every_write_is_listed():
    assert set(WRITES) == {operation for operation in OPERATIONS if operation[1] != "GET"}
