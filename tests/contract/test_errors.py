import json

import pytest

from customers.models import Customer
from tests.support.actors import with_token
from tests.support.factories import CustomerFactory, FieldFactory, ValueFactory

from .shapes import invalid, lacking, refused

CUSTOMERS = "/cim-customer/customers"
IDENTIFICATION = f"{CUSTOMERS}?channelType=WEB&customerChannelIdentifier=w1"
READS = [
    CUSTOMERS,
    IDENTIFICATION,
    f"{CUSTOMERS}/{'0' * 24}",
    "/cim-customer/attributeTypes",
    "/cim-customer/customerSchema",
    "/cim-customer/label",
    "/cim-customer/userPreference?user_Id=1",
    "/cim-customer/agentSetting?user_Id=1",
]
SENTENCES = [
    *["See customers"] * 3,
    *["See the fields of the schema"] * 2,
    "See labels",
    *["See customers"] * 2,
]
READ_IDS = ["list", "identification", "detail", "types", "schema", "label", "preference", "setting"]


@pytest.mark.parametrize("url", READS, ids=READ_IDS)
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer cxc_unknown"}, {"Authorization": "Basic eDp5"}],
    ids=["none", "unknown", "basic"],
)
@pytest.mark.django_db
def test_callers_without_credentials_are_challenged(anonymous, url, headers):
    response = anonymous.get(url, headers=headers)

    expected = "Invalid token." if headers else "Authentication credentials were not provided."
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="cxcustomers"'
    assert response.json() == refused(expected)
    assert Customer.objects.count() == 0


@pytest.mark.parametrize(
    ("url", "sentence"),
    [*zip(READS, SENTENCES, strict=True)],
    ids=READ_IDS,
)
def test_callers_without_permission_are_refused(url, sentence, db):
    stranger = with_token("Integration (read)")
    stranger.token.group.permissions.clear()

    response = stranger.get(url)

    assert response.status_code == 403
    assert response.json() == refused(lacking(sentence))


@pytest.mark.parametrize(
    "path", ["/cim-customer/nope", "/cim-customer/", "/cim-customer/customers/", "/api/nope"]
)
def test_unknown_paths_are_not_found(anonymous, path, db):
    response = anonymous.get(path)

    assert response.status_code == 404
    assert response["Content-Type"] == "application/json"
    assert response.json() == refused("Not found.")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "customers", "GET, POST, HEAD, OPTIONS"),
        ("TRACE", "customers", "GET, POST, HEAD, OPTIONS"),
        ("POST", "customers/" + "0" * 24, "GET, PUT, DELETE, HEAD, OPTIONS"),
        ("POST", "attributeTypes", "GET, HEAD, OPTIONS"),
        ("DELETE", "customerSchema", "GET, POST, HEAD, OPTIONS"),
        ("GET", "customerSchema/" + "0" * 24, "PUT, DELETE, OPTIONS"),
        ("GET", "customerSchemaOrder", "PUT, OPTIONS"),
        ("PATCH", "label", "GET, POST, PUT, DELETE, HEAD, OPTIONS"),
        ("DELETE", "userPreference", "GET, POST, HEAD, OPTIONS"),
        ("GET", "userPreference/" + "0" * 24, "PUT, OPTIONS"),
        ("POST", "agentSetting", "GET, HEAD, OPTIONS"),
        ("GET", "agentSetting/1", "PUT, OPTIONS"),
    ],
)
def test_other_methods_are_not_allowed(supervisor, method, path, allowed):
    response = supervisor.generic(method, f"/cim-customer/{path}")

    assert response.status_code == 405
    assert response["Allow"] == allowed
    assert response.json() == refused(f'Method "{method}" not allowed.')


def test_method_override_is_ignored(agent):
    customer = CustomerFactory()

    response = agent.get(
        f"{CUSTOMERS}/{customer.public_id}", headers={"X-HTTP-Method-Override": "DELETE"}
    )

    assert response.status_code == 200
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("url", [CUSTOMERS, "/cim-customer/label"])
def test_answers_are_json_or_none(agent, url):
    response = agent.get(url, headers={"Accept": "text/csv"})

    assert response.status_code == 406
    assert response.json() == refused("Could not satisfy the request Accept header.")


def test_conflict_is_no_validation_error(supervisor):
    value = ValueFactory(field=FieldFactory(key="town"))

    response = supervisor.delete(f"/cim-customer/customerSchema/{value.field.public_id}")

    assert response.status_code == 409
    assert response.json() == refused('1 customer has a value of "town".')


def test_chunked_body_without_length_is_refused(agent):
    response = agent.generic("POST", CUSTOMERS, HTTP_TRANSFER_ENCODING="chunked")

    assert response.status_code == 411
    assert response.json() == refused("Length Required.")


@pytest.mark.parametrize("method", ["post", "put"])
def test_body_above_the_limit_is_refused_unread(agent, method):
    url = CUSTOMERS if method == "post" else f"{CUSTOMERS}/{CustomerFactory().public_id}"
    body = json.dumps({"firstName": "x" * 10 * 1024 * 1024})

    response = getattr(agent, method)(url, body, content_type="application/json")

    assert response.status_code == 413
    assert response.json() == refused("Body is larger than 1 MiB.")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "text/plain",
        "application/jsonx",
    ],
)
def test_other_bodies_than_json_are_refused(write_token, content_type):
    response = write_token.generic("POST", CUSTOMERS, b"firstName=x", content_type)

    assert response.status_code == 415
    assert response.json() == refused(f'Unsupported media type "{content_type}" in request.')
    assert Customer.objects.count() == 0


def test_body_without_content_type_is_refused(write_token):
    response = write_token.generic("POST", CUSTOMERS, b'{"firstName":"x"}', "")

    assert response.status_code == 415


@pytest.mark.parametrize("charset", ["bogus", "utf-16", "latin-1", "rot13", "utf-8-sig", "\u00fc"])
def test_other_charsets_than_utf_8_are_refused(write_token, charset):
    response = write_token.generic(
        "POST", CUSTOMERS, b'{"firstName":"x"}', f"application/json; charset={charset}"
    )

    assert response.status_code == 415
    assert response.json() == refused("Only UTF-8 is supported.")


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf8"'])
def test_utf_8_may_be_named(write_token, charset):
    response = write_token.generic(
        "POST", CUSTOMERS, b'{"firstName":"x"}', f"application/json; charset={charset}"
    )

    assert response.status_code == 201


def test_session_needs_the_csrf_token_for_writes(agent):
    agent.handler.enforce_csrf_checks = True

    read = agent.get(CUSTOMERS)
    written = agent.post(CUSTOMERS, {"firstName": "Zed"})

    assert (read.status_code, written.status_code) == (200, 403)
    assert written.json() == refused("CSRF Failed: CSRF cookie not set.")
    assert Customer.objects.count() == 0


def test_several_problems_are_told_at_once(agent):
    FieldFactory(key="age", type="number")

    response = agent.post(CUSTOMERS, {"age": "x", "nope": 1, "other": 2})

    assert response.json() == invalid(
        nope=["Unknown field."], other=["Unknown field."], age=["A valid number is required."]
    )
