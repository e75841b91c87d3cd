import pytest
from django.core.exceptions import ValidationError

from customers.masking import UNMASKED
from customers.profiles.validation import (
    BodyCleaner,
    CustomerState,
    clean_flag,
    clean_labels,
    field_texts,
)
from schema_builder.editing import change_field
from schema_builder.models import ChannelType
from schema_builder.phones import INTERNATIONAL, NO_COUNTRY_CODE
from schema_builder.schema import current_schema
from schema_builder.versions import touch_schema
from tests.support.factories import FieldFactory, IdentityFactory, LabelFactory, field_of

pytestmark = pytest.mark.django_db


def cleaned(body, *, is_new=True, partial=False, stored=None):
    cleaner = BodyCleaner(current_schema(), stored or CustomerState(), UNMASKED)
    return cleaner.clean(body, is_new=is_new, partial=partial)


def problems(body, **options):
    with pytest.raises(ValidationError) as error:
        cleaned(body, **options)
    return error.value.message_dict


def identifiers(result, key):
    found = result.identities[field_of(key).pk]
    return [(identifier.value, identifier.match_key) for identifier in found]


def test_new_customer_takes_the_default_name():
    assert cleaned({}).first_name == "Jane Doe"


def test_known_customer_needs_a_name():
    assert problems({}, is_new=False) == {"firstName": ["This field is required."]}


def test_partial_body_leaves_the_rest_alone():
    result = cleaned({"web": ["w1"]}, is_new=False, partial=True)

    assert (result.first_name, result.is_anonymous, result.labels) == (None, None, None)
    assert [*result.identities] == [field_of("web").pk]
    assert result.values == {}


@pytest.mark.parametrize(("raw", "stored"), [("", "Ulm"), (None, "Ulm"), ("Bonn", "Bonn")])
def test_required_field_of_a_new_customer_takes_its_default(raw, stored):
    field = FieldFactory(key="town", is_required=True, default_value="Ulm")

    assert cleaned({"town": raw}).values[field.pk].text == stored


def test_required_field_without_default_is_asked_for():
    FieldFactory(key="town", is_required=True)
    change_field(field_of("web"), may_clear_pii=False, is_required=True)

    assert problems({"town": ""}) == {
        "town": ["This field is required."],
        "web": ["This field is required."],
    }


def test_false_is_a_value():
    field = FieldFactory(key="vip", type="boolean", is_required=True)

    assert cleaned({"vip": False}).values[field.pk].text == "false"


def test_identifiers_are_kept_once_as_they_were_first_spelt():
    result = cleaned({"phoneNumber": ["+92 300 1234567", "", "+923001234567", "+923001234568"]})

    assert identifiers(result, "phoneNumber") == [
        ("+92 300 1234567", "+923001234567"),
        ("+923001234568", "+923001234568"),
    ]


def test_ten_identifiers_in_several_spellings_are_ten():
    numbers = [f"+92300000000{n}" for n in range(10)]

    result = cleaned({"phoneNumber": numbers + [f"{n[:3]} {n[3:]}" for n in numbers]})

    assert identifiers(result, "phoneNumber") == [(number, number) for number in numbers]


def test_identifier_that_the_customer_has_is_not_judged_again():
    identity = IdentityFactory(value="agent@sip", is_valid=False)
    stored = CustomerState("Zed", [identity])

    result = cleaned(
        {"firstName": "Zed", "phoneNumber": ["agent@sip"]}, is_new=False, stored=stored
    )

    assert identifiers(result, "phoneNumber") == [("agent@sip", "agent@sip")]
    assert problems({"firstName": "Zed", "phoneNumber": ["other@sip"]}, stored=stored) == {
        "phoneNumber": [f'Not a phone number: it holds the letters "other", "sip". {INTERNATIONAL}']
    }


@pytest.mark.parametrize(
    ("raw", "texts"),
    [
        (None, []),
        ("", []),
        ([], []),
        ([""], []),
        ([None, " ", "\u200b"], []),
        ("w1", ["w1"]),
        (["w1", "", "w2"], ["w1", "w2"]),
    ],
    ids=ascii,
)
def test_texts_leave_out_what_is_empty(raw, texts):
    assert field_texts(raw) == texts


@pytest.mark.parametrize("raw", [5, True, {}, [5], [["w1"]], [{}]], ids=str)
def test_texts_are_texts(raw):
    with pytest.raises(ValidationError) as error:
        field_texts(raw)

    assert error.value.messages == ["Must be a list of strings."]


@pytest.mark.parametrize(
    ("raw", "flag"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("false", False),
        ("", None),
        (None, None),
        ([], None),
        ([""], None),
    ],
    ids=repr,
)
def test_flag_is_read(raw, flag):
    assert clean_flag(raw) is flag


@pytest.mark.parametrize("raw", ["True", "yes", 1, 0, {}, ["true"]], ids=repr)
def test_flag_is_true_or_false(raw):
    with pytest.raises(ValidationError) as error:
        clean_flag(raw)

    assert error.value.messages == ["Must be true or false."]


@pytest.mark.parametrize("raw", [None, "", [None], [None, None], [""]], ids=repr)
def test_labels_that_are_none_are_left_alone(raw):
    assert clean_labels(raw) is None


def test_labels_are_found_by_id():
    gold = LabelFactory()

    assert clean_labels([]) == []
    assert clean_labels([gold.public_id, None, gold.public_id]) == [gold]
    assert clean_labels(gold.public_id) == [gold]


def test_keys_of_the_server_are_no_unknown_fields(settings):
    body = dict.fromkeys(settings.RESERVED_FIELD_KEYS, "anything") | {"labelUntil": ""}

    assert cleaned(body).first_name == "Jane Doe"


def test_unknown_keys_are_reported_with_every_other_problem():
    FieldFactory(key="age", type="number")

    assert problems({"nope": 1, "age": "x", "isAnonymous": "x", "labels": 5}) == {
        "nope": ["Unknown field."],
        "age": ["A valid number is required."],
        "isAnonymous": ["Must be true or false."],
        "labels": ["Must be a list of label ids."],
    }


def test_key_of_an_inactive_field_is_unknown():
    change_field(FieldFactory(key="town"), may_clear_pii=False, is_active=False)

    assert problems({"town": "Ulm"}) == {"town": ["Unknown field."]}


def test_number_without_country_is_of_the_region_of_its_channel():
    ChannelType.objects.filter(name="SMS").update(default_region="PK")
    touch_schema()

    result = cleaned({"phoneNumber": ["0300 1234567"]})

    assert identifiers(result, "phoneNumber") == [("0300 1234567", "+923001234567")]
    assert problems({"whatsapp": ["0300 1234567"]}) == {"whatsapp": [NO_COUNTRY_CODE]}
