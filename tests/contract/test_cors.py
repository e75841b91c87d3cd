import pytest

ORIGIN = "https://desk.example.com"
URL = "/cim-customer/customers"


@pytest.fixture
def desk(settings):
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    return ORIGIN


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_preflight_needs_no_credentials(anonymous, desk, method):
    response = anonymous.options(
        URL,
        headers={
            "Origin": desk,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type,authorization,if-match",
        },
    )

    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == desk
    assert response["Access-Control-Allow-Methods"] == "GET, POST, PUT, DELETE, OPTIONS"
    assert response["Access-Control-Allow-Headers"] == "authorization, content-type, if-match"
    assert "Access-Control-Allow-Credentials" not in response


def test_answers_name_the_allowed_origin(agent, desk):
    response = agent.get(URL, headers={"Origin": desk})

    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == desk
    assert "origin" in response["Vary"]


def test_errors_name_the_allowed_origin(anonymous, desk, db):
    response = anonymous.get(f"{URL}?x=%00", headers={"Origin": desk})

    assert response.status_code == 400
    assert response["Access-Control-Allow-Origin"] == desk


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", ORIGIN + ".evil.com"])
def test_other_origins_are_not_named(agent, desk, origin):
    response = agent.get(URL, headers={"Origin": origin})

    assert "Access-Control-Allow-Origin" not in response


def test_pages_are_not_shared_with_other_origins(anonymous, desk, db):
    response = anonymous.get("/health/live", headers={"Origin": desk})

    assert "Access-Control-Allow-Origin" not in response
