import pytest

from tests.contract.shapes import refused
from tests.support.routes import routes, sample_path

ENDPOINTS = [path for name, path in routes() if name.startswith(("contract:", "api:"))]
DESCRIPTIONS = ["/api/schema/", "/api/docs/"]


@pytest.mark.parametrize("path", [*map(sample_path, ENDPOINTS), *DESCRIPTIONS])
def test_options_of_every_endpoint_are_json(read_token, path):
    response = read_token.options(path)

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json()["parses"] == ["application/json"]


@pytest.mark.parametrize("path", DESCRIPTIONS)
@pytest.mark.parametrize(
    ("accept", "method", "status", "message"),
    [
        ("*/*", "DELETE", 405, 'Method "DELETE" not allowed.'),
        ("image/png", "GET", 406, "Could not satisfy the request Accept header."),
    ],
)
def test_error_of_a_description_has_the_shape_of_the_contract(
    read_token, path, accept, method, status, message
):
    response = read_token.generic(method, path, HTTP_ACCEPT=accept)

    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    assert response.json() == refused(message)


@pytest.mark.parametrize("path", DESCRIPTIONS)
def test_description_needs_a_credential(db, anonymous, path):
    response = anonymous.get(path)

    assert response.status_code == 401
    assert response.json() == refused("Authentication credentials were not provided.")
