import pytest

from customers.models import AttributeValue, ChannelIdentity, Operation
from customers.undo.undo import undo
from schema_builder.field_validation import KEEPS_MARK
from schema_builder.models import FieldDefinition
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    ValueFactory,
    field_of,
)
from tests.support.operations import SAM, values_of

from .shapes import invalid, refused, without

URL = "/cim-customer/customerSchema"
ORDER = "/cim-customer/customerSchemaOrder"
DIALOG = {
    "key": "homePhoneNo",
    "label": "Home Phone no",
    "description": "",
    "type": "string",
    "length": "50",
    "isRequired": False,
    "defaultValue": "",
    "isPii": False,
    "isChannelIdentifier": False,
    "channelTypes": [],
    "isDeleteAble": True,
}
BEYOND_THE_DIALOG = {
    "min": None,
    "max": None,
    "pattern": "",
    "options": [],
    "isSearchAble": False,
    "section": "Details",
    "isActive": True,
}


def url_of(field):
    return f"{URL}/{field.public_id}"


def keys(client):
    return [field["key"] for field in client.get(URL).json()]


def count():
    return FieldDefinition.objects.count()


def test_schema_is_a_bare_array_in_order(agent):
    response = agent.get(URL)

    assert response.status_code == 200
    assert [(field["key"], field["sortOrder"]) for field in response.json()] == [
        ("firstName", 1),
        ("phoneNumber", 2),
        ("email", 3),
        ("whatsapp", 4),
        ("web", 5),
        ("voice", 6),
        ("facebook", 7),
        ("instagram", 8),
        ("twitter", 9),
        ("telegram", 10),
        ("viber", 11),
        ("labels", 12),
        ("isAnonymous", 13),
    ]


def test_schema_shows_a_field_in_the_words_of_the_client(agent):
    field = next(field for field in agent.get(URL).json() if field["key"] == "phoneNumber")

    assert field == {
        "_id": field_of("phoneNumber").public_id,
        "key": "phoneNumber",
        "label": "Phone number",
        "description": "",
        "type": "phonenumber",
        "length": "",
        "isRequired": False,
        "defaultValue": "",
        "isPii": False,
        "isChannelIdentifier": True,
        "channelTypes": field["channelTypes"],
        "isDeleteAble": False,
        "sortOrder": 2,
        "__v": 0,
        **BEYOND_THE_DIALOG,
        "isSearchAble": True,
        "section": "Channels",
    }
    assert sorted(field["channelTypes"]) == ["CISCO_CC", "CX_VOICE", "SMS", "VOICE"]


def test_schema_says_which_fields_cannot_be_deleted(agent):
    kept = {field["key"] for field in agent.get(URL).json() if not field["isDeleteAble"]}

    assert kept == {"firstName", "phoneNumber", "labels", "isAnonymous"}


def test_schema_gives_every_string_a_length(agent):
    strings = [field for field in agent.get(URL).json() if field["type"] == "string"]

    assert {type(field["length"]) for field in strings} == {int}


@pytest.mark.parametrize("fields", [1, 3])
def test_schema_takes_the_same_queries_at_any_length(
    write_token, fields, django_assert_num_queries
):
    FieldFactory.create_batch(fields, is_channel_identifier=True, serves=["WEB"])
    write_token.get(URL)

    with django_assert_num_queries(2):
        write_token.get(URL)


def test_post_adds_a_field_at_the_end(supervisor):
    response = supervisor.post(URL, DIALOG)

    assert response.status_code == 201
    assert without(response.json(), "_id") == {
        **DIALOG,
        **BEYOND_THE_DIALOG,
        "length": 50,
        "sortOrder": 14,
        "__v": 0,
    }
    assert keys(supervisor)[-1] == "homePhoneNo"


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"type": "number", "length": ""}, {"type": "number", "length": ""}),
        ({"length": 1000}, {"length": 1000}),
        ({"length": ""}, {"length": 50}),
        ({"length": None}, {"length": 50}),
        ({"defaultValue": None}, {"defaultValue": ""}),
        ({"defaultValue": "n/a", "isRequired": True}, {"defaultValue": "n/a", "isRequired": True}),
        (
            {"isChannelIdentifier": True, "channelTypes": ["SMS", "WHATSAPP"]},
            {"isChannelIdentifier": True, "channelTypes": ["SMS", "WHATSAPP"]},
        ),
        (
            {"type": "choice", "options": [{"value": "a", "label": "A"}]},
            {"type": "choice", "options": [{"value": "a", "label": "A"}]},
        ),
        (
            {"type": "choice", "options": [{"value": "a", "color": "#A9a9a9"}]},
            {"options": [{"value": "a", "color": "#A9a9a9"}]},
        ),
        ({"isPii": True, "isSearchAble": True}, {"isPii": True, "isSearchAble": True}),
        ({"pattern": "[a-z]+"}, {"pattern": "[a-z]+"}),
        ({"label": "<b>\u202eLabel"}, {"label": "<b>Label"}),
    ],
    ids=str,
)
def test_post_keeps_what_was_entered(supervisor, changes, shown):
    response = supervisor.post(URL, {**DIALOG, **changes})

    assert response.status_code == 201
    assert {key: response.json()[key] for key in shown} == shown


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"label": "first NAME"}, {"label": ["is duplicate"]}),
        ({"label": "ﬁrst name"}, {"label": ["is duplicate"]}),
        ({"key": "firstName"}, {"key": ["is duplicate"]}),
        ({"key": "createdAt"}, {"key": ['"createdAt" is reserved.']}),
        ({"key": "_id"}, {"key": ['"_id" is reserved.']}),
        ({"key": ""}, {"key": ["This field may not be blank."]}),
        ({"key": "x" * 65}, {"key": ["Ensure this field has no more than 64 characters."]}),
        ({"label": ""}, {"label": ["This field may not be blank."]}),
        ({"label": "\u200b"}, {"label": ["This field may not be blank."]}),
        ({"label": "x" * 51}, {"label": ["Ensure this field has no more than 50 characters."]}),
        (
            {"description": "x" * 101},
            {"description": ["Ensure this field has no more than 100 characters."]},
        ),
        ({"type": "nope"}, {"type": ['"nope" is not a valid choice.']}),
        ({"length": 0}, {"length": ["Ensure this value is greater than or equal to 1."]}),
        ({"length": 1001}, {"length": ["Ensure this value is less than or equal to 1000."]}),
        ({"length": 10**17}, {"length": ["Ensure this value is less than or equal to 1000."]}),
        ({"length": "ten"}, {"length": ["A valid integer is required."]}),
        ({"isPii": "maybe"}, {"isPii": ["Must be a valid boolean."]}),
        (
            {"type": "number", "isChannelIdentifier": True},
            {"isChannelIdentifier": ["A field of type number cannot identify anybody."]},
        ),
        (
            {"channelTypes": ["SMS"]},
            {"channelTypes": ["Only a channel identifier serves channel types."]},
        ),
        ({"channelTypes": 5}, {"channelTypes": ["Must be a list of channel type names."]}),
        (
            {"type": "choice", "options": []},
            {"options": ["A choice needs at least one option."]},
        ),
        (
            {"type": "choice", "options": [{"value": "a"}, {"value": "a"}]},
            {"options": ["An option is there twice."]},
        ),
        (
            {"type": "choice", "options": [{"value": "a,b"}]},
            {"options": ["An option may not hold a comma or a new line."]},
        ),
        ({"type": "choice", "options": [{}]}, {"options": ["Every option needs a value."]}),
        *[
            ({"type": "choice", "options": [{"value": "b"}, option]}, {"options": [problem]})
            for option, problem in [
                ("a", "Every option is an object with a value."),
                (None, "Every option is an object with a value."),
                ([], "Every option is an object with a value."),
                ({"value": 5}, "Every option needs a value."),
                ({"value": {}}, "Every option needs a value."),
                ({"value": " a"}, "Every option needs a value."),
                ({"label": "A"}, "Every option needs a value."),
                ({"value": "a", "label": {}}, "The label of an option is a text."),
                ({"value": "a", "label": None}, "The label of an option is a text."),
                (
                    {"value": "a", "color": "red"},
                    "The color of an option is a colour such as #a9a9a9.",
                ),
                (
                    {"value": "a", "color": 5},
                    "The color of an option is a colour such as #a9a9a9.",
                ),
                ({"value": "a", "colour": "#a9a9a9"}, 'Unknown part of an option "colour".'),
            ]
        ],
        ({"type": "choice", "options": "a"}, {"options": ["A choice needs at least one option."]}),
        (
            {"type": "number", "min": 2, "max": 1},
            {"max": ["Must not be less than the smallest value."]},
        ),
        (
            {"type": "number", "defaultValue": "many"},
            {"defaultValue": ["A valid number is required."]},
        ),
        ({"defaultValue": {}}, {"defaultValue": ["Not a valid default value."]}),
        (
            {"defaultValue": "x" * 51},
            {"defaultValue": ["Ensure this field has no more than 50 characters."]},
        ),
        (
            {"pattern": "x" * 501},
            {"pattern": ["Ensure this field has no more than 500 characters."]},
        ),
        (
            {"key": "9", "label": "", "isPii": 5, "length": "x"},
            {
                "label": ["This field may not be blank."],
                "length": ["A valid integer is required."],
                "isPii": ["Must be a valid boolean."],
            },
        ),
    ],
    ids=str,
)
def test_post_refuses_what_is_no_field(supervisor, changes, problems):
    before = count()

    response = supervisor.post(URL, {**DIALOG, **changes})

    assert response.status_code == 400
    assert response.json() == invalid(**problems)
    assert count() == before


@pytest.mark.parametrize("key", ["isPII", "ispii", "required", "min_value", "id"])
def test_post_and_put_refuse_a_misspelt_key(supervisor, key):
    field, before = FieldFactory(key="town"), count()

    created = supervisor.post(URL, {**DIALOG, key: True})
    changed = supervisor.put(url_of(field), {"label": "City", key: True})

    assert (created.status_code, changed.status_code) == (400, 400)
    assert created.json() == changed.json() == invalid(**{key: ["Unknown field."]})
    assert count() == before
    assert field_of("town").label == "town"


@pytest.mark.parametrize(
    "echoed",
    [
        {"_id": "0" * 24, "__v": 7, "isDeleteAble": False, "sortOrder": 1, "sort_order": 1},
        {"createdBy": "x", "updatedBy": "x", "createdAt": "x", "updatedAt": "x"},
        {"valueType": "Number"},
    ],
    ids=str,
)
def test_post_and_put_take_what_clients_send_back(supervisor, echoed):
    created = supervisor.post(URL, {**DIALOG, **echoed})
    changed = supervisor.put(f"{URL}/{created.json()['_id']}", {"label": "City", **echoed})

    assert (created.status_code, changed.status_code) == (201, 200)
    assert without(created.json(), "_id") == {
        **DIALOG,
        **BEYOND_THE_DIALOG,
        "length": 50,
        "sortOrder": 14,
        "__v": 0,
    }
    assert changed.json() == {**created.json(), "label": "City", "__v": 1}


@pytest.mark.parametrize("key", ["a.b", "a:b", "$a", "a b", "9a", "_a", "a\u200b", "é!", "-a"])
def test_post_refuses_a_key_that_is_no_property_name(supervisor, key):
    response = supervisor.post(URL, {**DIALOG, "key": key})

    assert response.status_code == 400
    assert response.json() == invalid(
        key=["Must start with a letter and hold only letters, digits, _ and -, 64 at most."]
    )


@pytest.mark.parametrize(
    ("label", "sent", "key"),
    [
        ("Home Phone", "homePhone", "homePhone"),
        ("2nd phone", "2ndPhone", "ndPhone"),
        ("E-mail (home)", "e-mail(home)", "eMailHome"),
        ("Größe & Gewicht", "größe&Gewicht", "größeGewicht"),
        ("मोबाइल नंबर", "मोबाइलनंबर", "मबइलनबर"),
        ("2026", "2026", "field"),
        ("!?", "!?", "field"),
        ("Priority", "priority", "priority2"),
        ("First-Name", "first-Name", "first-Name"),
        ("Voice.", "voice.", "voice2"),
        ("a" * 50, "a" * 50, "a" * 50),
        ("#" + "a" * 49, "#" + "a" * 49, "a" * 49),
    ],
)
def test_post_makes_a_valid_key_of_the_label_where_the_client_could_not(
    supervisor, label, sent, key
):
    response = supervisor.post(URL, {**DIALOG, "label": label, "key": sent})

    assert (response.status_code, response.json().get("key")) == (201, key)


def test_post_numbers_keys_that_the_client_makes_of_several_labels(supervisor):
    bodies = [("HomePhone", "homePhone"), ("Home phone", "homePhone"), ("home-phone", "home-phone")]

    made = [
        supervisor.post(URL, {**DIALOG, "label": label, "key": key}).json()["key"]
        for label, key in bodies
    ]

    assert made == ["homePhone", "homePhone2", "home-phone"]


def test_post_speaks_of_the_label_where_the_same_field_is_there(supervisor):
    supervisor.post(URL, {**DIALOG, "label": "2nd phone", "key": "2ndPhone"})

    response = supervisor.post(URL, {**DIALOG, "label": "2nd phone", "key": "2ndPhone"})

    assert response.status_code == 400
    assert response.json() == invalid(label=["is duplicate"])


@pytest.mark.parametrize(
    ("kind", "default", "options"),
    [
        ("choice", "", ["Option 1"]),
        ("choice", "Gold", ["Gold"]),
        ("choice", None, ["Option 1"]),
        ("multichoice", "Gold, Silver,Gold", ["Gold", "Silver"]),
        ("multichoice", [], ["Option 1"]),
    ],
)
def test_post_gives_a_choice_an_option_where_the_client_sends_none(
    supervisor, kind, default, options
):
    body = {**DIALOG, "type": kind, "length": "", "defaultValue": default}
    created = supervisor.post(URL, body)

    changed = supervisor.put(f"{URL}/{created.json()['_id']}", {**body, "label": "Level"})

    assert (created.status_code, changed.status_code) == (201, 200)
    assert created.json()["options"] == [{"value": value} for value in options]
    assert changed.json()["options"] == created.json()["options"]


def test_post_says_that_a_default_is_none_of_the_options(supervisor):
    response = supervisor.post(URL, {**DIALOG, "type": "choice", "defaultValue": "Gold, Silver"})

    assert response.status_code == 400
    problem = '"Gold, Silver" is not one of the options: Gold, Silver.'
    assert response.json() == invalid(defaultValue=[problem])


@pytest.mark.parametrize("pattern", ["(a)\\1", "(?=a)", "(?<=a)b", "(", "[", "a{1001}", "*"])
def test_post_refuses_a_pattern_that_could_run_for_ever(supervisor, pattern):
    response = supervisor.post(URL, {**DIALOG, "pattern": pattern})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["pattern"]
    assert response.json()["errors"]["pattern"][0].startswith("Not supported: ")


def test_post_names_the_known_channel_types(supervisor):
    response = supervisor.post(
        URL, {**DIALOG, "isChannelIdentifier": True, "channelTypes": ["SMS", "PIGEON"]}
    )

    assert response.json() == invalid(
        channelTypes=[
            'Unknown channel type "PIGEON". Known are: CX_VOICE, CISCO_CC, VOICE, SMS, WHATSAPP,'
            " WEB, EMAIL, FACEBOOK, INSTAGRAM, TWITTER, TELEGRAM, VIBER."
        ]
    )


def test_put_of_what_get_answered_changes_the_label_only(supervisor):
    field = supervisor.post(URL, DIALOG).json()

    response = supervisor.put(
        f"{URL}/{field['_id']}", {**without(field, "_id", "__v"), "label": "Private phone"}
    )

    assert response.status_code == 200
    assert response.json() == {**field, "label": "Private phone", "__v": 1}


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"key": "other"}, {"key": ["cannot be changed."]}),
        ({"type": "number"}, {"type": ["cannot be changed."]}),
        ({"isChannelIdentifier": True}, {"isChannelIdentifier": ["cannot be changed."]}),
        ({"label": "FIRST name"}, {"label": ["is duplicate"]}),
    ],
    ids=str,
)
def test_put_refuses_what_is_fixed(supervisor, changes, problems):
    field = FieldFactory(key="town")

    response = supervisor.put(url_of(field), changes)

    assert response.status_code == 400
    assert response.json() == invalid(**problems)
    assert supervisor.get(URL).json()[-1]["__v"] == 0


def test_put_protects_what_a_system_field_needs(supervisor):
    response = supervisor.put(
        url_of(field_of("firstName")), {"isRequired": False, "isActive": False}
    )

    assert response.status_code == 400
    assert response.json() == invalid(
        isRequired=["cannot be changed."], isActive=["cannot be changed."]
    )


def test_put_of_an_unknown_field_is_not_found(supervisor):
    response = supervisor.put(f"{URL}/{'0' * 24}", DIALOG)

    assert response.status_code == 404
    assert response.json() == refused("Not found.")


def test_only_an_administrator_takes_the_pii_mark_away(supervisor, administrator):
    field = FieldFactory(is_pii=True)

    by_supervisor = supervisor.put(url_of(field), {"isPii": False})
    by_administrator = administrator.put(url_of(field), {"isPii": False})

    assert by_supervisor.status_code == 403
    assert by_supervisor.json() == refused(KEEPS_MARK)
    assert by_administrator.json()["isPii"] is False


def test_delete_of_an_unused_field_leaves_no_trace(supervisor):
    field = FieldFactory(key="town")

    response = supervisor.delete(url_of(field))

    assert response.status_code == 200
    assert response.json() == {"customers": 0}
    assert "town" not in keys(supervisor)


def test_delete_of_a_field_with_values_says_how_many(supervisor):
    field = FieldFactory(key="town")
    ValueFactory.create_batch(2, field=field)

    response = supervisor.delete(url_of(field))

    assert response.status_code == 409
    assert response.json() == refused('2 customers have a value of "town".')
    assert AttributeValue.objects.count() == 2


def test_delete_by_force_puts_the_values_out_of_reach(supervisor):
    field = FieldFactory(key="handle", is_channel_identifier=True, serves=["WEB"])
    customer = CustomerFactory()
    IdentityFactory.create_batch(2, customer=customer, of="handle")

    response = supervisor.delete(f"{url_of(field)}?force=true")

    assert response.status_code == 200
    assert response.json() == {"customers": 1}
    assert ChannelIdentity.objects.count() == 2
    assert "handle" not in supervisor.get(f"/cim-customer/customers/{customer.public_id}").json()


@pytest.mark.parametrize("query", ["", "?force=true"])
def test_delete_of_a_system_field_is_refused(supervisor, query):
    identity = IdentityFactory()

    unused = supervisor.delete(f"{url_of(field_of('labels'))}{query}")
    used = supervisor.delete(f"{url_of(identity.field)}{query}")

    assert (unused.status_code, used.status_code) == (409, 409)
    assert unused.json() == refused('Field "labels" is a system field.')
    assert ChannelIdentity.objects.count() == 1


def test_order_renumbers_by_key_and_nothing_else(supervisor):
    array = [without(field, "_id") for field in supervisor.get(URL).json()]
    moved = [{**field, "label": "Nonsense"} for field in (array[2], *array[:2], *array[3:])]

    response = supervisor.put(ORDER, moved)

    assert response.status_code == 204
    assert response.content == b""
    assert keys(supervisor) == [field["key"] for field in moved]
    assert [field["sortOrder"] for field in supervisor.get(URL).json()] == list(range(1, 14))
    assert [without(f, "_id", "sortOrder") for f in supervisor.get(URL).json()] == [
        without({**field, "label": old["label"]}, "sortOrder")
        for field, old in zip(moved, [array[2], *array[:2], *array[3:]], strict=True)
    ]


def test_order_puts_fields_that_are_not_named_last(supervisor):
    supervisor.put(ORDER, [{"key": "web"}, {"key": "firstName"}])

    assert keys(supervisor)[:4] == ["web", "firstName", "phoneNumber", "email"]


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, {"body": ["Invalid data. Expected a list, but got dict."]}),
        ([{"label": "x"}], {"key": ["This field is required."]}),
        (["firstName"], {"key": ["This field is required."]}),
        ([{"key": 5}], {"key": ["This field is required."]}),
        ([{"key": "nope"}], {"key": ['There is no field "nope".']}),
        ([{"key": "web"}, {"key": "web"}], {"key": ["A field is named twice."]}),
    ],
    ids=str,
)
def test_order_refuses_what_is_no_order(supervisor, body, problems):
    before = keys(supervisor)

    response = supervisor.put(ORDER, body)

    assert response.status_code == 400
    assert response.json() == invalid(**problems)
    assert keys(supervisor) == before


OFFERED = [{"value": "small"}, {"value": "enterprise", "label": "Enterprise"}, {"value": "other"}]


@pytest.fixture
def segment(db):
    return FieldFactory(key="segment", type="choice", options=OFFERED)


def test_option_that_customers_have_chosen_does_not_go(supervisor, segment):
    for text in ("enterprise", "enterprise", "other", "small"):
        ValueFactory(field=segment, text=text)
    body = {"label": "Tier", "options": OFFERED[:1]}

    response = supervisor.put(url_of(segment), body, format="json")

    told = 'Options of "segment" are in use: "enterprise": 2 customers, "other": 1 customer.'
    assert response.status_code == 409
    assert response.json() == refused(told)
    segment.refresh_from_db()
    assert (segment.label, segment.options) == ("segment", OFFERED)


def test_option_of_several_that_customers_have_chosen_does_not_go(supervisor):
    tags = FieldFactory(key="tags", type="multichoice", options=OFFERED)
    ValueFactory(field=tags, text="small\nenterprise")

    response = supervisor.put(url_of(tags), {"options": OFFERED[:1]}, format="json")

    told = 'Options of "tags" are in use: "enterprise": 1 customer.'
    assert (response.status_code, response.json()) == (409, refused(told))


def test_option_that_nobody_has_chosen_goes(supervisor, segment):
    ValueFactory(field=segment, text="small")

    response = supervisor.put(url_of(segment), {"options": OFFERED[:1]}, format="json")

    assert response.status_code == 200
    assert field_of("segment").options == OFFERED[:1]
    assert [*AttributeValue.objects.values_list("text", flat=True)] == ["small"]


def test_option_goes_by_force_and_comes_back_by_an_undo(supervisor, segment):
    tags = FieldFactory(key="tags", type="multichoice", options=OFFERED)
    customer = ValueFactory(field=segment, text="enterprise").customer
    ValueFactory(field=tags, text="small\nenterprise", customer=customer)

    for field in (segment, tags):
        url = f"{url_of(field)}?force=true"
        assert supervisor.put(url, {"options": OFFERED[:1]}, format="json").status_code == 200

    assert values_of(customer) == {"tags": "small"}
    for operation in Operation.objects.order_by("-id"):
        undo(operation, caller=SAM)
    assert values_of(customer) == {"segment": "enterprise", "tags": "small\nenterprise"}


def test_options_that_make_no_sense_are_told_before_who_has_them(supervisor, segment):
    ValueFactory(field=segment, text="enterprise")

    response = supervisor.put(url_of(segment), {"options": ["a"]}, format="json")

    problem = {"options": ["Every option is an object with a value."]}
    assert (response.status_code, response.json()) == (400, invalid(**problem))
