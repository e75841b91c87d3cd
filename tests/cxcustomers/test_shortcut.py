import pytest
from django.contrib.auth.models import Group, User

from access.models import ApiToken

pytestmark = pytest.mark.django_db
SECURITY_HEADERS = {"Content-Security-Policy", "Cache-Control", "X-Content-Type-Options"}
IDENTIFICATION = "customers?channelType=WEB&customerChannelIdentifier=42"


@pytest.fixture
def bearer():
    group = Group.objects.get(name="Integration (read/write)")
    _, secret = ApiToken.objects.issue(name="shortcut", group=group)
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def session(client):
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.mark.parametrize("path", ["customers", "customerSchema", IDENTIFICATION])
def test_token_gets_what_a_session_gets(client, session, bearer, path):
    path = f"/cim-customer/{path}"
    by_session = session.get(path)
    session.logout()

    by_token = client.get(path, headers=bearer)

    assert by_token.status_code == by_session.status_code
    assert by_token.headers["Content-Length"] == str(len(by_token.content))
    assert by_token.headers["Content-Type"] == by_session.headers["Content-Type"]
    assert set(by_token.headers) >= SECURITY_HEADERS
    assert "Cookie" in by_session.headers["Vary"]
    assert "Cookie" not in by_token.headers.get("Vary", "")


def test_session_does_not_help_a_bad_token(session):
    response = session.get("/cim-customer/customers", headers={"Authorization": "Bearer wrong"})

    assert response.status_code == 401


def test_session_helps_an_empty_header(session):
    response = session.get("/cim-customer/customers", headers={"Authorization": ""})

    assert response.status_code == 200


def test_unknown_path_is_not_found(client, bearer):
    response = client.get("/cim-customer/nothing", headers=bearer)

    assert response.status_code == 404
    assert response.json()["msg"] == "Not found."


def test_token_writes_without_csrf_token(bearer, client):
    client.handler.enforce_csrf_checks = True

    response = client.post(
        "/cim-customer/customers",
        {"firstName": "Amina"},
        content_type="application/json",
        headers=bearer,
    )

    assert response.status_code == 201
