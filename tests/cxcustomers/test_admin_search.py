import pytest


@pytest.mark.parametrize("page", ["x", "999", "0", "-1"])
def test_admin_search_knows_no_such_page(admin_client, page):
    assert admin_client.get("/admin/search/", {"s": "name", "page": page}).status_code == 404


def test_admin_search_finds_fields(admin_client):
    response = admin_client.get("/admin/search/", {"s": "first name", "extended": ""})

    assert response.status_code == 200
    assert "First name" in response.text
    assert "Schema - Field" in response.text


def test_admin_search_asks_for_a_log_in(client):
    assert client.get("/admin/search/", {"s": "name"}).status_code == 302
