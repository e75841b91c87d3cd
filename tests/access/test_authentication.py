import time
from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from access.authentication import known_roles, known_tokens
from access.models import ApiToken, digest_of
from tests.contract.shapes import refused
from tests.support.actors import GATEWAY_SECRET, behind_gateway, with_token
from tests.support.factories import CustomerFactory, TokenFactory, ValueFactory

URL = "/cim-customer/customers"


@pytest.fixture
def clock(monkeypatch):
    """The process's clock, to be moved by hand; nothing is remembered from before."""
    known_tokens.clear()
    known_roles.clear()
    now = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def advance(seconds):
        now[0] += seconds

    yield advance
    known_tokens.clear()
    known_roles.clear()


def test_token_is_accepted_as_bearer(read_token):
    assert read_token.get(URL).status_code == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_scheme_is_read_in_any_letter_case(db, scheme):
    _, secret = TokenFactory()

    response = APIClient().get(URL, headers={"Authorization": f"{scheme} {secret}"})

    assert response.status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer cxc_nobody",
        "Bearer \u00e9",
        "Basic eDp5",
        "Token cxc_nobody",
        "Bearer " + "x" * 8000,
        "cxc_nobody",
    ],
    ids=lambda header: ascii(header)[:20],
)
@pytest.mark.django_db
def test_anything_else_is_refused_alike(header):
    response = APIClient().get(URL, headers={"Authorization": header})

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="cxcustomers"'
    assert response.json() == refused("Invalid token.")


@pytest.mark.parametrize(
    "dead", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now()}], ids=str
)
def test_dead_token_is_refused_like_an_unknown_one(read_token, clock, dead):
    ApiToken.objects.update(**dead)

    response = read_token.get(URL)

    assert response.status_code == 401
    assert response.json() == refused("Invalid token.")


def test_token_lives_until_it_expires(db):
    client = with_token("Integration (read)", expires_at=timezone.now() + timedelta(minutes=1))

    assert client.get(URL).status_code == 200


def test_revocation_takes_effect_within_seconds(read_token, clock):
    assert read_token.get(URL).status_code == 200
    read_token.token.revoke()

    remembered = read_token.get(URL).status_code
    clock(10)
    afterwards = read_token.get(URL).status_code

    assert (remembered, afterwards) == (200, 401)


def test_loss_of_a_permission_takes_effect_within_seconds(write_token, clock):
    assert write_token.post(URL, {"firstName": "Amy"}).status_code == 201
    write_token.token.group.permissions.clear()

    clock(10)

    assert write_token.post(URL, {"firstName": "Bob"}).status_code == 403


def test_nothing_is_remembered_longer_than_promised(settings):
    assert settings.CREDENTIAL_CACHE_SECONDS <= 30


def test_refusal_is_not_remembered(db, clock):
    secret = "cxc_later"
    client = APIClient(headers={"Authorization": f"Bearer {secret}"})
    assert client.get(URL).status_code == 401
    token, _ = TokenFactory()
    ApiToken.objects.filter(pk=token.pk).update(digest=digest_of(secret))

    assert client.get(URL).status_code == 200


def test_use_of_a_token_is_noted_once_a_minute(read_token, clock, django_assert_num_queries):
    read_token.get(URL)
    first = ApiToken.objects.get().last_used_at

    clock(11)
    read_token.get(URL)
    second = ApiToken.objects.get().last_used_at

    assert first is not None
    assert second == first


def test_secret_of_a_token_is_not_stored(db):
    token, secret = TokenFactory()

    row = ApiToken.objects.values().get()

    assert secret not in str(row)
    assert secret.startswith(token.prefix)
    assert token.prefix == secret[:12]
    assert token.digest == digest_of(secret)


@pytest.mark.parametrize(("may_view_pii", "town"), [(True, "Ulm 1"), (False, "Ulm**")])
@pytest.mark.parametrize("role", ["Integration (read)", "Supervisor"])
def test_token_sees_personal_data_only_where_it_says_so(db, may_view_pii, town, role):
    customer = CustomerFactory()
    ValueFactory(customer=customer, field__key="town", field__is_pii=True, text="Ulm 1")
    client = with_token(role, may_view_pii=may_view_pii)

    assert client.get(f"{URL}/{customer.public_id}").json()["town"] == town


def test_role_of_a_session_counts_at_once(agent):
    assert agent.get(URL).status_code == 200

    agent.user.groups.clear()

    assert agent.get(URL).status_code == 403


def test_session_of_a_closed_account_ends_at_once(agent):
    agent.user.is_active = False
    agent.user.save()

    assert agent.get(URL).status_code == 401


@pytest.mark.parametrize(
    ("role", "read", "delete"),
    [("agent", 200, 403), ("supervisor", 200, 204), ("admin", 200, 204), ("Agent", 200, 403)],
)
def test_gateway_states_the_role(db, settings, role, read, delete):
    client = behind_gateway(settings, role=role)
    customer = CustomerFactory()

    assert client.get(URL).status_code == read
    assert client.delete(f"{URL}/{customer.public_id}").status_code == delete


def test_gateway_states_who_writes(gateway):
    assert gateway.post(URL, {"firstName": "Zed"}).json()["createdBy"] == "amy"


@pytest.mark.parametrize("role", ["", "root", "nobody"])
def test_gateway_role_has_to_be_known(db, settings, role):
    response = behind_gateway(settings, role=role).get(URL)

    assert response.status_code == 401
    assert response.json() == refused(f'Unknown role "{role}".')


def test_gateway_secret_has_to_be_right(gateway):
    response = gateway.get(URL, headers={"X-Gateway-Secret": "x" * 47})

    assert response.status_code == 401
    assert response.json() == refused("Invalid gateway credentials.")


@pytest.mark.parametrize("address", ["10.0.0.1", "::1", ""])
def test_gateway_has_to_be_where_it_is_expected(gateway, address):
    response = gateway.get(URL, REMOTE_ADDR=address)

    assert response.status_code == 401
    assert response.json() == refused("Invalid gateway credentials.")


def test_gateway_headers_mean_nothing_where_no_gateway_is_configured(db):
    client = APIClient(headers={"X-Gateway-Secret": GATEWAY_SECRET, "X-Gateway-Role": "admin"})

    assert client.get(URL).status_code == 401


def test_empty_gateway_secret_opens_nothing(db, settings):
    settings.GATEWAY_ADDRESSES = [ip_network("127.0.0.0/8")]
    client = APIClient(headers={"X-Gateway-Role": "admin"})

    assert client.get(URL).status_code == 401


@pytest.mark.parametrize(
    ("address", "status"), [("127.0.0.1", 201), ("::1", 201), ("10.0.0.1", 401)]
)
def test_open_mode_serves_this_machine_only(db, settings, address, status):
    settings.OPEN_MODE = True

    response = APIClient().post(URL, {"firstName": "Zed"}, REMOTE_ADDR=address)

    assert response.status_code == status


def test_memory_of_credentials_is_bounded(db, monkeypatch):
    monkeypatch.setattr("access.authentication.KNOWN_CREDENTIALS_LIMIT", 2)
    known_tokens.clear()

    for _ in range(5):
        with_token("Integration (read)").get(URL)

    assert len(known_tokens._answers) <= 2
