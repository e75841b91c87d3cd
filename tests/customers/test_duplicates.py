import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from customers.decisions import tell_apart, told_apart
from customers.duplicates import last_scan, refresh_pairs, score_of, told
from customers.identification import identify
from customers.lifecycle import create_customer, update_customer
from customers.models import Customer, DuplicatePair, DuplicateRule, NotSamePerson
from customers.trust import mark_identity
from schema_builder.snapshot import current_schema
from tests.factories import FieldFactory
from tests.operations import SAM, merged

pytestmark = pytest.mark.django_db


def customer(name="Amina Siddiqui", **fields):
    return create_customer({"firstName": name, **fields}, caller=SAM)


def rules_between(one, other):
    """The rules that speak for the pair, or None where it is not in the queue."""
    refresh_pairs([one.pk, other.pk])
    first, second = sorted((one.pk, other.pk))
    pair = DuplicatePair.objects.filter(first=first, second=second).first()
    return pair and {reason["rule"] for reason in pair.reasons}


@pytest.mark.parametrize(
    ("one", "other", "rules"),
    [
        ({"web": ["w1"]}, {"web": ["w1"]}, {"same_identifier"}),
        (
            {"phoneNumber": ["+923001234567"]},
            {"whatsapp": ["0092 300 1234567"]},
            {"same_identifier_other_channel"},
        ),
        (
            {"phoneNumber": ["+5511961234567"]},
            {"whatsapp": ["+551161234567"]},
            {"phone_variant"},
        ),
        (
            {"phoneNumber": ["+5215512345678"]},
            {"phoneNumber": ["+525512345678"]},
            {"phone_variant"},
        ),
        (
            {"phoneNumber": ["+5491123456789"]},
            {"phoneNumber": ["+541123456789"]},
            {"phone_variant"},
        ),
        ({"email": ["Amina@Example.com"]}, {"billing": "amina@example.COM"}, {"same_email"}),
        (
            {"firstName": "Amina Siddiqui", "born": "1988-04-17"},
            {"firstName": "Siddique Amina", "born": "1988-04-17"},
            {"similar_name"},
        ),
        (
            {"firstName": "Amina Siddiqui", "born": "1988-04-17"},
            {"firstName": "Oliver Grant", "born": "1988-04-17"},
            None,
        ),
        ({"firstName": "Amina Siddiqui"}, {"firstName": "Amina Siddiqui"}, None),
        ({"web": ["w1"]}, {"web": ["w2"]}, None),
    ],
)
def test_pair_is_found_by_its_rules(one, other, rules):
    FieldFactory(key="billing", type="email")
    FieldFactory(key="born", type="date")

    found = rules_between(customer(**{"name": "One", **renamed(one)}), customer(**renamed(other)))

    assert found == rules


def renamed(fields):
    """Factories of this file call the first name `name`."""
    fields = dict(fields)
    return ({"name": fields.pop("firstName")} if "firstName" in fields else {}) | fields


@pytest.mark.parametrize("mark", ["is_shared", "is_retired"])
def test_marked_identities_speak_for_nobody(mark):
    one, other = customer(web=["w1"]), customer("Oliver", web=["w1"])
    mark_identity(one.public_id, "web", "w1", {mark: True}, caller=SAM)

    assert rules_between(one, other) is None


def test_rule_that_is_switched_off_finds_nothing():
    DuplicateRule.objects.filter(key="same_identifier").update(is_active=False)

    assert rules_between(customer(web=["w1"]), customer("Oliver", web=["w1"])) is None


def test_key_that_many_share_says_nothing():
    crowd = [customer(f"Customer {number}", web=["kiosk"]) for number in range(21)]

    refresh_pairs([crowd[0].pk])

    assert not DuplicatePair.objects.exists()


@pytest.mark.parametrize(
    ("rules", "score"), [([], 0), (["a"], 90), (["a", "b"], 95), (["a", "b", "c"], 99)]
)
def test_reasons_together_make_surer_but_never_sure(rules, score):
    assert score_of(rules, {"a": 90, "b": 50, "c": 99}) == score


def test_reason_is_a_sentence():
    one, other = customer(web=["w1"]), customer("Oliver", web=["w1"])
    refresh_pairs([one.pk, other.pk])

    [pair] = DuplicatePair.objects.all()

    assert told(pair.reasons, current_schema()) == [
        {"rule": "same_identifier", "reason": "Both have the same Web."}
    ]
    assert pair.score == 90


def test_pair_goes_when_its_reason_goes():
    one, other = customer(web=["w1"]), customer("Oliver", web=["w1"])
    assert rules_between(one, other) == {"same_identifier"}

    update_customer(other, {"web": ["w2"]}, caller=SAM, partial=True)

    assert rules_between(one, other) is None


def test_people_told_apart_are_not_queued_again():
    one, other = customer(web=["w1"]), customer("Oliver", web=["w1"])
    refresh_pairs([one.pk])

    tell_apart(one.public_id, other.public_id, caller=SAM, reason="Brothers")

    assert not DuplicatePair.objects.exists()
    assert rules_between(one, other) is None
    [decision] = NotSamePerson.objects.all()
    assert (decision.decided_by, decision.reason) == ("sam", "Brothers")


def test_decision_outlives_a_merge():
    one, other = customer(web=["w1"]), customer("Oliver", web=["w2"])
    survivor = customer("Survivor", web=["w1", "w2"])
    tell_apart(one.public_id, other.public_id, caller=SAM)

    merged(survivor, other)

    assert told_apart([one.pk, survivor.pk]) == {(one.pk, survivor.pk)}


def test_nobody_is_told_apart_from_himself():
    one = customer()

    with pytest.raises(ValidationError):
        tell_apart(one.public_id, one.public_id, caller=SAM)


def test_lookup_does_not_suggest_who_was_told_apart():
    customer("One", web=["w1"])
    other = customer("Other", web=["w1"])
    anonymous = identify("WEB", "w1", caller=SAM)["customer"]["_id"]
    tell_apart(anonymous, other.public_id, caller=SAM)

    answer = identify("WEB", "w1", caller=SAM)

    assert answer["identification"]["outcome"] == "ambiguous"
    assert [document["firstName"] for document in answer["customerSuggestions"]] == ["One"]


def test_command_scans_all_then_only_what_changed(capsys):
    one, other = customer(web=["w1"]), customer("Oliver", web=["w1"])
    assert last_scan() is None

    call_command("find_duplicates")

    assert capsys.readouterr().out == "1 pairs found.\n"
    assert last_scan() is not None
    long_ago = last_scan().replace(year=2020)
    Customer.objects.filter(pk=one.pk).update(updated_at=long_ago)
    update_customer(other, {"web": ["w2"]}, caller=SAM, partial=True)

    call_command("find_duplicates", "--changed")

    assert not DuplicatePair.objects.exists()
