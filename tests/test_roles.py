"""Who may do what: every route, every method, every kind of caller."""

import json
import re

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from customers.models import Customer
from customers.preferences import default_id
from tests.support.actors import behind_gateway, logged_in, with_token
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    JobFactory,
    LabelFactory,
)
from tests.support.operations import edit, linked
from tests.support.routes import is_page, routes, sample_path

CALLERS = [
    "anonymous",
    "agent",
    "supervisor",
    "administrator",
    "read token",
    "read/write token",
    "agent by gateway",
]
# (route, method): the status for each of CALLERS.
OPERATIONS = {
    ("contract:customers", "GET"): (401, 200, 200, 200, 200, 200, 200),
    ("contract:customers", "POST"): (401, 201, 201, 201, 403, 201, 201),
    ("contract:customer", "GET"): (401, 200, 200, 200, 200, 200, 200),
    ("contract:customer", "PUT"): (401, 200, 200, 200, 403, 200, 200),
    ("contract:customer", "DELETE"): (401, 403, 204, 204, 403, 403, 403),
    ("contract:attribute-types", "GET"): (401, 200, 200, 200, 200, 200, 200),
    ("contract:customer-schema", "GET"): (401, 200, 200, 200, 200, 200, 200),
    ("contract:customer-schema", "POST"): (401, 403, 201, 201, 403, 403, 403),
    ("contract:customer-field", "PUT"): (401, 403, 200, 200, 403, 403, 403),
    ("contract:customer-field", "DELETE"): (401, 403, 200, 200, 403, 403, 403),
    ("contract:customer-schema-order", "PUT"): (401, 403, 204, 204, 403, 403, 403),
    ("contract:label", "GET"): (401, 200, 200, 200, 200, 200, 200),
    ("contract:label", "POST"): (401, 201, 201, 201, 403, 403, 201),
    ("contract:label", "PUT"): (401, 403, 200, 200, 403, 403, 403),
    ("contract:label", "DELETE"): (401, 403, 200, 200, 403, 403, 403),
    # Of somebody else; everybody may have their own.
    ("contract:user-preferences", "GET"): (401, 403, 200, 200, 403, 403, 403),
    ("contract:user-preferences", "POST"): (401, 403, 201, 201, 403, 403, 403),
    ("contract:user-preference", "PUT"): (401, 403, 200, 200, 403, 403, 403),
    ("contract:agent-settings", "GET"): (401, 403, 200, 200, 403, 403, 403),
    ("contract:agent-setting", "PUT"): (401, 403, 200, 200, 403, 403, 403),
    ("api:conversation", "GET"): (401, 200, 200, 200, 200, 200, 200),
    ("api:conversation", "PUT"): (401, 200, 200, 200, 403, 200, 200),
    ("api:customer-conversations", "GET"): (401, 200, 200, 200, 200, 200, 200),
    ("api:customer-operations", "GET"): (401, 200, 200, 200, 403, 200, 200),
    ("api:operations", "GET"): (401, 200, 200, 200, 403, 200, 200),
    ("api:operation", "GET"): (401, 200, 200, 200, 403, 200, 200),
    ("api:undo", "POST"): (401, 200, 200, 200, 403, 200, 200),
    ("api:duplicates", "GET"): (401, 403, 200, 200, 403, 403, 403),
    ("api:customer-duplicates", "GET"): (401, 200, 200, 200, 200, 200, 200),
    # Who may gets as far as to hear what is missing in the body.
    ("api:relink", "POST"): (401, 400, 400, 400, 403, 400, 400),
    ("api:merge", "POST"): (401, 403, 400, 400, 403, 403, 403),
    ("api:split", "POST"): (401, 403, 400, 400, 403, 403, 403),
    ("api:not-same", "POST"): (401, 403, 400, 400, 403, 403, 403),
    ("api:claim", "POST"): (401, 403, 400, 400, 403, 403, 403),
    ("api:release", "POST"): (401, 400, 400, 400, 403, 400, 400),
    ("api:mark", "POST"): (401, 400, 400, 400, 403, 400, 400),
    ("api:bulk", "POST"): (401, 403, 400, 400, 403, 400, 403),
    ("api:job", "GET"): (401, 403, 200, 200, 403, 403, 403),
    ("api:job-cancel", "POST"): (401, 403, 200, 200, 403, 403, 403),
    # Those who may hear that it is still open.
    ("api:job-undo", "POST"): (401, 403, 409, 409, 403, 403, 403),
    ("schema", "GET"): (401, 200, 200, 200, 200, 200, 200),
    ("docs", "GET"): (401, 200, 200, 200, 200, 200, 200),
    ("health-live", "GET"): (200, 200, 200, 200, 200, 200, 200),
    ("health-ready", "GET"): (200, 200, 200, 200, 200, 200, 200),
}
QUERIES = {
    ("contract:label", "PUT"): "?_id={label}",
    ("contract:label", "DELETE"): "?_id={label}",
    ("contract:user-preferences", "GET"): "?user_Id=somebody",
    ("contract:agent-settings", "GET"): "?user_Id=somebody",
}
BODIES = {
    ("contract:customers", "POST"): {"firstName": "Amy"},
    ("contract:customer", "PUT"): {"firstName": "Amy"},
    ("api:conversation", "PUT"): {"direction": "inbound"},
    ("api:undo", "POST"): {"reason": ""},
    ("api:job-undo", "POST"): {"reason": ""},
    ("contract:customer-schema", "POST"): {"key": "zip", "label": "Zip", "type": "string"},
    ("contract:customer-field", "PUT"): {"label": "City"},
    ("contract:customer-schema-order", "PUT"): [{"key": "web"}],
    ("contract:label", "POST"): {"name": "Vip"},
    ("contract:label", "PUT"): {"name": "Vip"},
    ("contract:user-preferences", "POST"): {"user_Id": "somebody", "columns": []},
    ("contract:user-preference", "PUT"): {"user_Id": "somebody", "columns": []},
    ("contract:agent-setting", "PUT"): {"theme": "dark"},
}
# Outcomes of GET for those who have not logged in, where it is no redirect to the log-in.
OPEN_PAGES = {
    "customers:login": 200,
    "customers:logout": 405,
    "admin-login": 200,
    "admin:login": 200,
}


@pytest.fixture
def callers(db, settings):
    return dict(
        zip(
            CALLERS,
            [
                APIClient(),
                logged_in("Agent"),
                logged_in("Supervisor"),
                logged_in("Administrator"),
                with_token("Integration (read)"),
                with_token("Integration (read/write)"),
                behind_gateway(settings, role="agent"),
            ],
            strict=True,
        )
    )


def status_of(client, method, url, body):
    """The status of one request, of which nothing stays."""
    with transaction.atomic():
        response = client.generic(method, url, body, "application/json")
        transaction.set_rollback(True)
    return response.status_code


@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
def test_operation_is_allowed_to_whom_it_should_be(callers, operation):
    name, method = operation
    label, field, customer = LabelFactory(), FieldFactory(), CustomerFactory()
    linked("c1", customer)
    job = JobFactory().public_id
    own = {
        "api:job": job,
        "api:job-cancel": job,
        "api:job-undo": job,
        "contract:customer": customer.public_id,
        "api:conversation": "c1",
        "api:relink": "c1",
        "api:operation": (known := edit(customer, firstName="Amina").public_id),
        "api:undo": known,
        "contract:customer-field": field.public_id,
        "contract:user-preference": default_id("somebody"),
        "contract:agent-setting": "somebody",
    }
    path = re.sub(r"<\w+:\w+>", own.get(name, customer.public_id), dict(routes())[name])
    url = path + QUERIES.get(operation, "").format(label=label.public_id)
    body = json.dumps(BODIES.get(operation, ""))

    statuses = [status_of(client, method, url, body) for client in callers.values()]

    assert dict(zip(CALLERS, statuses, strict=True)) == dict(
        zip(CALLERS, OPERATIONS[operation], strict=True)
    )


@pytest.mark.parametrize("name", sorted({name for name, _ in OPERATIONS}))
def test_operations_that_are_not_listed_are_not_there(callers, name):
    path = sample_path(dict(routes())[name])
    listed = {method for route, method in OPERATIONS if route == name}
    others = {"GET", "POST", "PUT", "PATCH", "DELETE"} - listed

    statuses = {
        (caller, method): status_of(client, method, path, "{}")
        for caller, client in callers.items()
        for method in others
    }

    unauthenticated = 405 if name.startswith("health") else 401
    assert statuses == {
        (caller, method): unauthenticated if caller == "anonymous" else 405
        for caller in callers
        for method in others
    }


def test_every_route_is_listed():
    names = {name for name, _ in routes() if not is_page(name)}

    assert names == {name for name, _ in OPERATIONS}


@pytest.mark.django_db
def test_pages_ask_for_a_log_in(client):
    outcomes = {}
    for name, path in routes():
        if is_page(name) and name not in OPEN_PAGES:
            response = client.get(sample_path(path))
            outcomes[name, path] = response.status_code, response.get("Location", "")[:6]

    strange = {
        place: outcome
        for place, outcome in outcomes.items()
        if outcome not in {(302, "/login"), (302, "/admin")}
    }
    assert len(outcomes) > 20
    assert strange == {}


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "status"), OPEN_PAGES.items())
def test_pages_that_are_open_to_everybody(client, name, status):
    assert client.get(dict(routes())[name]).status_code == status


@pytest.mark.django_db
def test_admin_is_closed_to_those_who_are_no_staff():
    agent = logged_in("Agent")

    statuses = {
        name: agent.get(sample_path(path)).status_code
        for name, path in routes()
        if name.startswith(("admin:", "builder:")) and name not in ("admin:login", "admin:logout")
    }

    assert {name: status for name, status in statuses.items() if status not in (302, 403)} == {}


@pytest.mark.parametrize(
    ("identifier", "statuses"),
    [
        ("known", (401, 200, 200, 200, 200, 200, 200)),
        ("unknown-to-us", (401, 200, 200, 200, 403, 200, 200)),
        ("null", (401, 200, 200, 200, 403, 200, 200)),
    ],
)
def test_identification_creates_only_for_writers(callers, identifier, statuses):
    IdentityFactory(of="web", value="known")
    url = f"/cim-customer/customers?channelType=WEB&customerChannelIdentifier={identifier}"

    found = [status_of(client, "GET", url, "") for client in callers.values()]

    assert dict(zip(CALLERS, found, strict=True)) == dict(zip(CALLERS, statuses, strict=True))
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("caller", ["agent", "supervisor", "administrator", "agent by gateway"])
def test_everybody_has_settings_of_their_own(callers, caller):
    client = callers[caller]
    user_id = str(client.user.pk) if hasattr(client, "user") else "amy"

    read = client.get(f"/cim-customer/agentSetting?user_Id={user_id}")
    written = client.put(f"/cim-customer/agentSetting/{user_id}", {"theme": "dark"})

    assert (read.status_code, written.status_code) == (200, 200)


def test_a_token_gains_nothing_by_a_session(callers):
    session, token = callers["administrator"], callers["read token"]
    token.cookies = session.cookies

    response = token.post("/cim-customer/customers", {"firstName": "Amy"})

    assert response.status_code == 403
    assert Customer.objects.count() == 0


def test_head_and_options_obey_the_same_cell(callers):
    heads = [client.head("/cim-customer/customers").status_code for client in callers.values()]
    asked = [client.options("/cim-customer/customers").status_code for client in callers.values()]

    assert heads == asked == [401, 200, 200, 200, 200, 200, 200]
