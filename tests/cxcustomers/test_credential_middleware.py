"""Requests with a credential skip most of the middleware, and nothing that matters."""

import pytest
from django.test import RequestFactory
from rest_framework.exceptions import ParseError

from customers.models import Customer
from cxcustomers.parsers import StrictJSONParser
from schema_builder.editing import delete_schema_row
from schema_builder.models import ChannelType
from schema_builder.schema import held_schema, load_schema

URL = "/cim-customer/label"


def test_token_does_not_open_other_hosts(read_token):
    response = read_token.get(URL, headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert response.json()["errors"] == {"body": ["Bad request."]}


def test_token_gets_the_headers_of_every_answer(read_token):
    response = read_token.get(URL)

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Length"] == str(len(response.content))


def test_unknown_path_with_a_token_is_a_404(read_token):
    response = read_token.get("/cim-customer/nothing")

    assert response.status_code == 404
    assert response.json() == {"error": {"msg": "Not found."}, "msg": "Not found."}


def test_half_a_body_is_refused():
    request = RequestFactory().post(URL, b'{"name":"Gold"}', content_type="application/json")
    request.META["CONTENT_LENGTH"] = "500"

    with pytest.raises(ParseError) as refused:
        StrictJSONParser().parse(request, "application/json", {"request": request})

    assert str(refused.value.detail) == "The body is shorter than its Content-Length."


def test_channel_type_deleted_by_another_process_is_unknown(db, write_token):
    load_schema()
    schema = held_schema()
    delete_schema_row(ChannelType.objects.get(name="VIBER"))
    assert "VIBER" in schema.channel_types

    response = write_token.get(
        "/cim-customer/customers?channelType=VIBER&customerChannelIdentifier=zed"
    )

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["channelType"]
    assert not Customer.objects.exists()
