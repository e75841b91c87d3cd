import re

import pytest

from schema_builder.models import FieldDefinition

URL = "/cim-customer/attributeTypes"
# Angular's validators, and what the client's own dialogs put into the fields.
ACCEPTED = {
    "alphanumeric": ["A1 b2", "Zoë"],
    "boolean": ["true", "false"],
    "choice": ["Gold"],
    "date": ["2026-11-23"],
    "datetime": ["2026-11-23T10:00:00Z"],
    "email": ["zed@example.com"],
    "ip": ["192.0.2.1", "2001:db8::1"],
    "multichoice": ["Gold,Silver"],
    "name": ["Zoë O'Neill-Ünal"],
    "number": ["42", "-1.5"],
    "password": ["Secret 1"],
    "phonenumber": ["+923001234567", "0300 1234567", "tel:+92-300-1234567"],
    "string": ["[object Object],[object Object]", "two\nlines"],
    "url": ["https://example.com/a?b=c"],
}


def test_attribute_types_are_a_bare_array(agent):
    response = agent.get(URL)

    assert response.status_code == 200
    assert sorted(item["type"] for item in response.json()) == sorted(ACCEPTED)
    assert {frozenset(item) for item in response.json()} == {frozenset({"type", "regex", "label"})}


def test_attribute_types_hold_every_type_of_the_schema(agent):
    known = {item["type"] for item in agent.get(URL).json()}

    assert set(FieldDefinition.objects.values_list("type", flat=True)) <= known


@pytest.mark.parametrize("name", ACCEPTED)
def test_attribute_type_regex_accepts_what_the_client_enters(agent, name):
    regex = {item["type"]: item["regex"] for item in agent.get(URL).json()}[name]

    # JavaScript's [^] is any character.
    pattern = re.compile(regex.replace("[^]", r"[\s\S]"))

    assert [text for text in ACCEPTED[name] if not pattern.fullmatch(text)] == []
