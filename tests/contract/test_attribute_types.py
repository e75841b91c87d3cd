import re

import pytest

from schema_builder.models import FieldDefinition
from tests.support.factories import FieldFactory

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


def matches(regex, text):
    # JavaScript's [^] is any character.
    return re.fullmatch(regex.replace("[^]", r"[\s\S]"), text)


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

    assert [text for text in ACCEPTED[name] if not matches(regex, text)] == []


VALUES = {
    "alphanumeric": "1990001234",
    "boolean": True,
    "choice": "Gold",
    "date": "1973-03-18",
    "datetime": "2026-11-23T10:00:00Z",
    "email": "zed@example.com",
    "ip": "192.0.2.17",
    "multichoice": ["Gold", "Silver"],
    "name": "Zoë O'Neill",
    "number": "1990001234",
    "password": "Secret 1",
    "phonenumber": "+923001234567",
    "string": "Betelgeuse",
    "url": "https://example.com/a",
}


@pytest.mark.parametrize("mask_start", [None, 2])
def test_role_without_pii_saves_what_it_was_shown(supervisor, agent, mask_start):
    for kind in VALUES:
        options = [{"value": "Gold"}, {"value": "Silver"}] if "choice" in kind else []
        FieldFactory(key=f"{kind}X", type=kind, options=options, is_pii=True, mask_start=mask_start)
    body = {f"{kind}X": value for kind, value in VALUES.items()}
    made = supervisor.post("/cim-customer/customers", {"firstName": "Zoe", **body}).json()
    regexes = {item["type"]: item["regex"] for item in agent.get(URL).json()}

    shown = agent.get(f"/cim-customer/customers/{made['_id']}").json()
    response = agent.put(f"/cim-customer/customers/{made['_id']}", shown)

    texts = {kind: shown[f"{kind}X"] for kind in VALUES}
    texts["multichoice"] = ",".join(shown["multichoiceX"])
    assert [kind for kind, text in texts.items() if "*" not in text] == []
    assert [kind for kind, text in texts.items() if not matches(regexes[kind], text)] == []
    assert response.status_code == 200
    assert supervisor.get(f"/cim-customer/customers/{made['_id']}").json() == made
