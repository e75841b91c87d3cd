"""What no endpoint may trip over: clear refusals, nothing written, never a 5xx."""

import json
from itertools import count

import pytest
from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.preferences import default_id
from foundation.text import tidied
from tests.contract.shapes import invalid, refused
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
)

BASE = "/cim-customer"
OURS = ("customers", "labels", "schema_builder")
WRITES = [
    "create customer",
    "change customer",
    "create label",
    "change label",
    "create field",
    "change field",
    "order fields",
    "create preference",
    "change preference",
    "change setting",
]
READS = [
    "customers",
    "attributeTypes",
    "customerSchema",
    "label",
    "userPreference",
    "agentSetting",
]
OBJECTS = [name for name in WRITES if name != "order fields"]


@pytest.fixture
def caller(administrator):
    """An administrator, with a row of every kind to write to."""
    user_id = str(administrator.user.pk)
    label, field = LabelFactory(name="Gold"), FieldFactory(key="town", length=1000)
    customer = CustomerFactory(first_name="Zed")
    FieldFactory(key="age", type="number")
    FieldFactory(key="born", type="date")
    FieldFactory(key="vip", type="boolean")
    FieldFactory(key="tier", type="multichoice", options=[{"value": "a"}, {"value": "b"}])
    IdentityFactory(of="web", value="w1", customer=customer)
    ValueFactory(field=field, text="Ulm", customer=customer)
    customers, schema = f"{BASE}/customers", f"{BASE}/customerSchema"
    administrator.places = {
        "create customer": ("POST", customers, {"firstName": "Amy"}),
        "change customer": ("PUT", f"{customers}/{customer.public_id}", {"firstName": "Amy"}),
        "create label": ("POST", f"{BASE}/label", {"name": "Vip"}),
        "change label": ("PUT", f"{BASE}/label?_id={label.public_id}", {"name": "Vip"}),
        "create field": ("POST", schema, {"key": "zip", "label": "Zip", "type": "string"}),
        "change field": ("PUT", f"{schema}/{field.public_id}", {"label": "City"}),
        "order fields": ("PUT", f"{BASE}/customerSchemaOrder", [{"key": "web"}]),
        "create preference": (
            "POST",
            f"{BASE}/userPreference",
            {"user_Id": user_id, "columns": []},
        ),
        "change preference": (
            "PUT",
            f"{BASE}/userPreference/{default_id(user_id)}",
            {"user_Id": user_id, "columns": []},
        ),
        "change setting": ("PUT", f"{BASE}/agentSetting/{user_id}", {"theme": "dark"}),
    }
    return administrator


def rows():
    """Everything that is stored."""
    models = [model for app in OURS for model in apps.get_app_config(app).get_models()]
    return {model: [*model.objects.order_by("pk").values()] for model in models}


def sent(caller, name, body, content_type="application/json"):
    method, url, _ = caller.places[name]
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return caller.generic(method, url, body, content_type)


def statuses(responses):
    return {name: response.status_code for name, response in responses.items()}


def bodies(responses):
    return {name: response.json() for name, response in responses.items()}


def parse_error(reason):
    return invalid(body=[f"JSON parse error - {reason}"])


def nested(levels):
    return b'{"a":' * levels + b"1" + b"}" * levels


HOSTILE_BODIES = {
    "truncated": (b'{"a":', parse_error("Expecting value: line 1 column 6 (char 5)")),
    "no JSON": (b"firstName=Zed", parse_error("Expecting value: line 1 column 1 (char 0)")),
    "two documents": (b"{} {}", parse_error("Extra data: line 1 column 4 (char 3)")),
    "NaN": (b'{"a":NaN}', parse_error("NaN is not JSON")),
    "infinity": (b'{"a":-Infinity}', parse_error("-Infinity is not JSON")),
    "Latin-1": (
        '{"a":"\xe9"}'.encode("latin-1"),
        parse_error(
            "'utf-8' codec can't decode byte 0xe9 in position 6: invalid continuation byte"
        ),
    ),
    "UTF-16": (
        '{"a":1}'.encode("utf-16"),
        parse_error("'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ),
    "byte order mark": (
        b'\xef\xbb\xbf{"a":1}',
        parse_error("Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)"),
    ),
    "too deep": (nested(101), invalid(body=["JSON is nested deeper than 100 levels."])),
    "far too deep": (b"[" * 500_000, invalid(body=["JSON is nested deeper than 100 levels."])),
    "endless string": (
        b'"' + b'\\"' * 500_000,
        parse_error("Unterminated string starting at: line 1 column 1 (char 0)"),
    ),
    "duplicate key": (b'{"a":1,"b":{"c":1,"c":2}}', invalid(c=["Duplicate key."])),
    "NUL": (
        b'{"a":["x",{"b":"\\u0000"}]}',
        invalid(**{"a[1].b": ["Null characters are not allowed."]}),
    ),
    "NUL in a key": (
        b'{"a\\u0000":1}',
        invalid(**{"a\\x00": ["Null characters are not allowed."]}),
    ),
    "lone surrogate": (
        b'{"a":"\\ud800"}',
        invalid(a=["Surrogate characters are not allowed: U+D800."]),
    ),
    "lone surrogate in a key": (
        b'{"a":{"\\udfff":1}}',
        invalid(**{"a.\\udfff": ["Surrogate characters are not allowed: U+DFFF."]}),
    ),
    "several": (
        b'{"a":"\\u0000","b":"\\ud800"}',
        invalid(
            a=["Null characters are not allowed."],
            b=["Surrogate characters are not allowed: U+D800."],
        ),
    ),
    "1e400": (b'{"a":[1e400]}', invalid(**{"a[0]": ["A valid number is required."]})),
    "long integer": (
        b'{"a":-' + b"9" * 4000 + b"}",
        invalid(a=["Ensure that there are no more than 18 digits in total."]),
    ),
    "large float": (
        b'{"a":1e18}',
        invalid(a=["Ensure that there are no more than 18 digits in total."]),
    ),
    "longer integer": (
        b'{"a":' + b"9" * 5000 + b"}",
        parse_error(
            "Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits;"
            " use sys.set_int_max_str_digits() to increase the limit"
        ),
    ),
}


@pytest.mark.parametrize("case", HOSTILE_BODIES)
def test_hostile_body_is_refused(caller, case):
    body, answer = HOSTILE_BODIES[case]
    before = rows()

    responses = {name: sent(caller, name, body) for name in WRITES}

    assert statuses(responses) == dict.fromkeys(WRITES, 400)
    assert bodies(responses) == dict.fromkeys(WRITES, answer)
    assert rows() == before


def test_depth_of_a_hundred_is_read(caller):
    response = sent(caller, "change setting", nested(100))

    assert response.status_code == 200
    assert response.json() == json.loads(nested(100))


def test_large_body_is_refused(caller):
    before = rows()

    responses = {name: sent(caller, name, b" " * (1024 * 1024 + 1)) for name in WRITES}

    assert statuses(responses) == dict.fromkeys(WRITES, 413)
    assert bodies(responses) == dict.fromkeys(WRITES, refused("Body is larger than 1 MiB."))
    assert rows() == before


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/xml", ""])
def test_other_content_type_is_refused(caller, content_type):
    before = rows()

    responses = {name: sent(caller, name, b"{}", content_type) for name in WRITES}

    answer = refused(f'Unsupported media type "{content_type}" in request.')
    assert statuses(responses) == dict.fromkeys(WRITES, 415)
    assert bodies(responses) == dict.fromkeys(WRITES, answer)
    assert rows() == before


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ([], "Invalid data. Expected a dictionary, but got list."),
        ("x", "Invalid data. Expected a dictionary, but got str."),
        (1, "Invalid data. Expected a dictionary, but got int."),
        (True, "Invalid data. Expected a dictionary, but got bool."),
        (1.5, "Invalid data. Expected a dictionary, but got float."),
        (None, "No data provided"),
    ],
)
def test_body_that_is_no_object_is_refused(caller, body, problem):
    before = rows()

    responses = {name: sent(caller, name, body) for name in OBJECTS}

    assert statuses(responses) == dict.fromkeys(OBJECTS, 400)
    assert bodies(responses) == dict.fromkeys(OBJECTS, invalid(body=[problem]))
    assert rows() == before


def test_empty_body_is_refused(caller):
    before = rows()

    responses = {name: sent(caller, name, b"") for name in WRITES}

    assert statuses(responses) == dict.fromkeys(WRITES, 400)
    assert rows() == before


WRONG = [
    5,
    -1,
    1.5,
    10**17,
    True,
    None,
    "",
    "x",
    "x" * 3000,
    "\u202e\u200b",
    "\ufdfa" * 100,
    [],
    [None],
    [5],
    [[]],
    [{}],
    ["x"] * 30,
    {},
    {"$ne": 1},
    {"_id": "x"},
]
FIELDS = {
    "create customer": [
        "firstName",
        "phoneNumber",
        "email",
        "web",
        "voice",
        "labels",
        "isAnonymous",
        "town",
        "age",
        "born",
        "vip",
        "tier",
        "_id",
        "__v",
        "createdAt",
        "labelNames",
        "labelReason",
        "labelUntil",
        "priority",
    ],
    "create label": [
        "name",
        "colorCode",
        "priority",
        "description",
        "group",
        "expiresAfterDays",
        "assignableBy",
        "requiresReason",
        "doNotContact",
        "isArchived",
        "createdBy",
        "updatedBy",
        "_id",
    ],
    "create field": [
        "key",
        "label",
        "description",
        "type",
        "length",
        "min",
        "max",
        "pattern",
        "options",
        "isRequired",
        "defaultValue",
        "isPii",
        "isSearchAble",
        "isChannelIdentifier",
        "channelTypes",
        "section",
        "isActive",
        "isDeleteAble",
        "sortOrder",
    ],
    "create preference": ["user_Id", "pageSize", "columns", "sortOption"],
    "create setting": ["theme"],
}


def valid(caller, name, number):
    """A body that is accepted, and once more with another number."""
    body = caller.places[name][2]
    if name in ("create label", "create field"):
        unique = {key: f"{body[key]}{number}" for key in ("name", "key", "label") if key in body}
        return {**body, **unique}
    return body


@pytest.mark.parametrize(
    ("name", "field"),
    [
        (name, field)
        for name in ("create customer", "create label", "change field", "create preference")
        for field in FIELDS[name.replace("change", "create")]
    ],
)
def test_field_of_the_wrong_type_is_taken_or_refused_by_name(caller, name, field):
    for number, value in enumerate(WRONG):
        response = sent(caller, name, {**valid(caller, name, number), field: value})

        # 404 is for the preference of somebody else.
        assert response.status_code in (200, 201, 400, 403, 404), value
        if response.status_code == 400:
            assert response.json() == invalid(**response.json()["errors"])
            assert {key.split(".")[0] for key in response.json()["errors"]} == {field}
    for url in ("customers", "label", "customerSchema"):
        assert caller.get(f"{BASE}/{url}").status_code == 200


@pytest.mark.parametrize("value", [5, None, "x", [], {}, [[]], [None]])
def test_order_of_wrong_keys_is_refused(caller, value):
    before = rows()

    response = sent(caller, "order fields", [{"key": value}])

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["key"]
    assert rows() == before


@pytest.mark.parametrize("crowd", [11, 101, 50_000])
def test_crowd_of_identifiers_is_refused_quickly(caller, crowd):
    before = rows()

    response = sent(caller, "create customer", {"web": [f"w{number}" for number in range(crowd)]})

    assert response.status_code == 400
    assert response.json() == invalid(web=["Holds at most 10 values."])
    assert rows() == before


def test_crowd_of_labels_is_refused_quickly(caller):
    before = rows()

    response = sent(caller, "create customer", {"labels": ["0" * 24] * 30_000})

    assert response.status_code == 400
    assert response.json() == invalid(labels=["Holds at most 100 values."])
    assert rows() == before


QUERIES = {
    "NUL": ("a%00b", "Null characters are not allowed."),
    "invalid UTF-8": ("%FF", "Not valid UTF-8."),
    "encoded surrogate": ("%ED%A0%80", "Not valid UTF-8."),
    "overlong": ("%C0%80", "Not valid UTF-8."),
    "raw bytes": ("\xff", "Not valid UTF-8."),
}


@pytest.mark.parametrize("case", QUERIES)
@pytest.mark.parametrize(
    "parameter", ["limit", "paginateQuery", "customerChannelIdentifier", "user_Id", "_id", "other"]
)
def test_hostile_query_is_refused(caller, parameter, case):
    value, reason = QUERIES[case]
    query = f"x=1&{parameter}={value}"

    responses = {path: caller.get(f"{BASE}/{path}", QUERY_STRING=query) for path in READS}

    assert statuses(responses) == dict.fromkeys(READS, 400)
    assert bodies(responses) == dict.fromkeys(READS, invalid(**{parameter: [reason]}))


def test_hostile_parameter_name_is_refused(caller):
    nul = caller.get(f"{BASE}/customers", QUERY_STRING="a%00=1")
    bytes_ = caller.get(f"{BASE}/customers", QUERY_STRING="%FF=1")

    assert nul.json() == invalid(**{"a\\x00": ["Null characters are not allowed."]})
    assert bytes_.json() == invalid(**{"%FF": ["Not valid UTF-8."]})


@pytest.mark.parametrize(
    "path", ["customers", "customerSchema", "userPreference", "agentSetting", "nope"]
)
def test_nul_in_a_path_is_not_found(caller, path):
    before = rows()

    for method in ("GET", "PUT", "DELETE"):
        for bad in ("%00", "a%00b", "0" * 23 + "%00"):
            response = caller.generic(method, f"{BASE}/{path}/{bad}", b"{}", "application/json")
            assert response.status_code == 404
            assert response.json() == refused("Not found.")
    assert rows() == before


@pytest.mark.parametrize("path", ["customers", "customerSchema", "userPreference"])
def test_path_id_that_is_none_is_not_found(caller, path):
    for bad in ["abc", "0" * 23, "0" * 25, "G" * 24, "A" * 24, "%D9%A1" * 24, "..", "%FF", "1"]:
        response = caller.generic("PUT", f"{BASE}/{path}/{bad}", b"{}", "application/json")
        assert response.status_code == 404
        assert response.json() == refused("Not found.")


@pytest.mark.parametrize("user", ["%FF", "%ED%A0%80", "é", "' OR 1=1", "{}", "x" * 150])
def test_user_id_of_any_text_is_kept_apart(caller, user):
    response = caller.generic("PUT", f"{BASE}/agentSetting/{user}", b'{"a":1}', "application/json")

    assert response.status_code == 200
    assert response.json() == {"a": 1}


def test_user_id_that_is_too_long_is_refused(caller):
    response = caller.put(f"{BASE}/agentSetting/{'x' * 151}", {"a": 1})

    assert response.status_code == 400
    assert response.json() == invalid(
        user_Id=["Ensure this field has no more than 150 characters."]
    )


NAUGHTY = [
    "' OR '1'='1",
    "'; DROP TABLE customers_customer; --",
    "%",
    "_",
    "\\",
    "%s",
    "{0.__class__}",
    "${7*7}",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "\u202e\u2066abc",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b",
    "\ufeff",
    "\uffff",
    "undefined",
    "NaN",
    "0x1F",
    "1e5",
    "null",
    "A" * 190,
]


@pytest.mark.parametrize("text", NAUGHTY, ids=ascii)
def test_naughty_text_is_stored_and_found_as_it_is(caller, text):
    body = {"firstName": f"N {text}", "town": f"T {text}"[:50]}

    created = sent(caller, "create customer", body)
    found = caller.get(f"{BASE}/customers", {"paginateQuery": f"firstName:N {text}"})
    listed = caller.get(f"{BASE}/customers", {"paginateQuery": f"town:T {text}"[:50]})

    assert created.status_code == 201
    assert [created.json()["firstName"], created.json()["town"]] == [
        tidied(value) for value in body.values()
    ]
    assert found.json()["docs"] == [created.json()]
    assert listed.json()["docs"] == [created.json()]


@pytest.mark.parametrize("text", NAUGHTY, ids=ascii)
def test_naughty_query_is_answered(caller, text):
    for parameter in ("limit", "offset", "after", "sort", "paginateQuery", "channelType"):
        response = caller.get(f"{BASE}/customers", {parameter: text})
        assert response.status_code in (200, 400)
    fields = ("firstName", "phoneNumber", "web", "email", "town", "age", "born", "vip", "labels")
    for key in (*fields, "_id", "createdAt", "updatedAt"):
        response = caller.get(f"{BASE}/customers", {"paginateQuery": f"{key}:{text}"})
        assert response.status_code in (200, 400)
    for channel_type in ("SMS", "EMAIL", "WEB"):
        response = caller.get(
            f"{BASE}/customers",
            {"channelType": channel_type, "customerChannelIdentifier": text},
        )
        assert response.status_code in (200, 400)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("age", "9" * 29, "Ensure that there are no more than 28 digits in total."),
        ("age", 2**31, "Ensure this value is less than or equal to 2147483647."),
        ("age", str(2**31), "Ensure this value is less than or equal to 2147483647."),
        ("age", "-1e30", "A valid number is required."),
        ("age", "\u0661", "A valid number is required."),
        ("age", "1_000", "A valid number is required."),
        ("age", True, "Not a valid string."),
        ("age", {}, "Not a valid string."),
        ("born", "2023-02-29", "Date has wrong format. Use YYYY-MM-DD."),
        ("born", "0000-00-00", "Date has wrong format. Use YYYY-MM-DD."),
        ("born", "10000-01-01", "Date has wrong format. Use YYYY-MM-DD."),
        ("born", "\u0662023-01-01", "Date has wrong format. Use YYYY-MM-DD."),
        ("vip", "maybe", "Must be true or false."),
        ("vip", 1, "Must be true or false."),
        ("tier", ["c"], '"c" is not one of the options: a, b.'),
        ("town", "x" * 1001, "Ensure this field has no more than 1000 characters."),
        ("firstName", "x" * 201, "Ensure this field has no more than 200 characters."),
        ("firstName", "a\nb", "Must be a single line."),
        ("firstName", ["Zed"], "Not a valid string."),
        ("phoneNumber", {}, "Must be a list of strings."),
        ("phoneNumber", [5], "Must be a list of strings."),
        (
            "phoneNumber",
            ["+0"],
            '"+0" is not an identifier: channels send it for contacts without an identity.',
        ),
        ("phoneNumber", ["+999"], "Not a phone number."),
        ("phoneNumber", ["+92300123456789012"], "Not a phone number."),
        ("email", ["zed@"], "Enter a valid email address."),
        ("email", ["zed"], "Enter a valid email address."),
        (
            "web",
            ["undefined"],
            '"undefined" is not an identifier: channels send it for contacts without an identity.',
        ),
        ("web", ["x" * 256], "Ensure this field has no more than 255 characters."),
        ("labels", 5, "Must be a list of label ids."),
        ("labels", [{}], "Must be a list of label ids."),
        ("labels", ["x"], '"x" is not the id of a label.'),
        ("isAnonymous", "maybe", "Must be true or false."),
        ("isAnonymous", {}, "Must be true or false."),
        ("nope", 1, "Unknown field."),
        ("__proto__", 1, "Unknown field."),
        ("$where", 1, "Unknown field."),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_value_that_is_none_is_refused_in_words(caller, field, value, problem):
    before = rows()

    created = sent(caller, "create customer", {"firstName": "Amy", field: value})
    changed = sent(caller, "change customer", {"firstName": "Amy", field: value})

    assert created.status_code == changed.status_code == 400
    assert created.json() == changed.json() == invalid(**{field: [problem]})
    assert rows() == before


@pytest.mark.parametrize("value", [" \u200b ", "\u2060", "\x07"])
def test_name_of_invisible_characters_is_no_name(caller, value):
    created = sent(caller, "create customer", {"firstName": value})
    changed = sent(caller, "change customer", {"firstName": value})

    assert created.json()["firstName"] == "Jane Doe"
    assert changed.status_code == 400
    assert changed.json() == invalid(firstName=["This field is required."])


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["w1", "true", "+923001234567", "0" * 24, "SMS", "string", "choice", "a"]),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3)
    ),
    max_leaves=6,
)


def documents(fields):
    """Objects of known fields, mostly, with any value."""
    return st.dictionaries(st.sampled_from(fields) | st.text(max_size=5), JSON, max_size=5)


FUZZED = {name: documents(FIELDS[name.replace("change", "create")]) for name in OBJECTS} | {
    "order fields": st.lists(documents(["key", "sortOrder"]) | JSON, max_size=3)
}


@pytest.mark.parametrize("name", WRITES)
def test_any_document_is_answered(caller, name):
    @settings(
        max_examples=30,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(FUZZED[name])
    def fuzz(document):
        if isinstance(document, dict):
            # On top of what is valid, so that it gets beyond the required fields.
            document = {**valid(caller, name, next(numbers)), **document}

        response = sent(caller, name, document)

        assert response.status_code < 500
        if response.content:
            response.json()

    numbers = count()
    fuzz()
    user = f"?user_Id={caller.user.pk}"
    for path in READS:
        response = caller.get(f"{BASE}/{path}{user if path[0] in 'ua' else ''}")
        assert response.status_code == 200
        response.json()


def test_crowd_of_parameters_is_refused(caller):
    response = caller.get(f"{BASE}/customers", QUERY_STRING="&".join(["a=1"] * 1001))

    assert response.status_code == 400
    assert response.json() == invalid(body=["Bad request."])
