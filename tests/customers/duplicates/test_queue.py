from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.duplicates.decisions import mark_not_duplicates, not_duplicate_pairs
from customers.duplicates.queue import describe_reasons, last_scan, refresh_pairs, scan
from customers.duplicates.rules import save_rule, score_of
from customers.identification.identify import identify
from customers.identities.ownership import claim_identity, flag_identity, release_identity
from customers.merging.split import SplitRequest, split_customer
from customers.models import Customer, DuplicatePair, DuplicateRule, NotSamePerson
from customers.profiles.lifecycle import create_customer, delete_customer, update_customer
from schema_builder.schema import current_schema
from tests.support.factories import FieldFactory
from tests.support.operations import SAM, merged, undone

pytestmark = pytest.mark.django_db


def customer(name="Amina Siddiqui", **fields):
    return create_customer({"firstName": name, **fields}, caller=SAM)


def saved(key, **values):
    rule = DuplicateRule.objects.get(key=key)
    for name, value in values.items():
        setattr(rule, name, value)
    save_rule(rule)


def look_at_changes():
    call_command("find_duplicates", "--changed")


def look_at_nothing_old():
    """Let nobody count as written since the last scan but who is written from now on."""
    long_ago = timezone.now() - timedelta(days=9)
    Customer.objects.update(updated_at=long_ago)


def queued():
    return list(DuplicatePair.objects.order_by("id").values_list("first", "second", "score"))


def rules_between(one, other):
    """The rules that speak for the pair, or None where it is not in the queue."""
    return rules_of([one, other], one, other)


def rules_of(looked_at, one, other):
    refresh_pairs([customer.pk for customer in looked_at])
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
        (
            {"phoneNumber": ["+541123456789"]},
            {"whatsapp": ["+54 11 15 2345 6789"]},
            {"phone_variant"},
        ),
        ({"email": ["Amina@Example.com"]}, {"billing": "amina@example.COM"}, {"same_email"}),
        ({"billing": "amina@example.com"}, {"billing": "AMINA@example.com"}, {"same_email"}),
        ({"email": ["a.mina+shop@gmail.com"]}, {"email": ["amina@googlemail.com"]}, {"same_email"}),
        ({"email": ["am.ina@gmail.com"]}, {"billing": "Amina+x@gmail.com"}, {"same_email"}),
        ({"billing": "a.m.ina@gmail.com"}, {"billing": "amina@gmail.com"}, {"same_email"}),
        ({"email": ["a.mina@example.com"]}, {"email": ["amina@example.com"]}, None),
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
        (
            {"firstName": "Maria Garcia", "born": "1988-04-17"},
            {"firstName": "Mario Garcia", "born": "1988-04-17"},
            None,
        ),
        (
            {"firstName": "Dr. Amina Siddiqui", "company": "Acme"},
            {"firstName": "A. Siddiqui", "company": "ACME"},
            {"similar_name_and_value"},
        ),
        (
            {"firstName": "Amina Siddiqui", "note": "Acme"},
            {"firstName": "Amina Siddiqui", "note": "Acme"},
            None,
        ),
        ({"firstName": "Amina Siddiqui"}, {"firstName": "Amina Siddiqui"}, None),
        ({"web": ["w1"]}, {"web": ["w2"]}, None),
    ],
)
def test_pair_is_found_by_its_rules(one, other, rules):
    FieldFactory(key="billing", type="email")
    FieldFactory(key="born", type="date")
    FieldFactory(key="company", is_searchable=True)
    FieldFactory(key="note")
    one, other = customer(**{"name": "One", **renamed(one)}), customer(**renamed(other))

    # Whichever of the two was written last.
    assert [rules_of([one], one, other), rules_of([other], one, other)] == [rules, rules]


def renamed(fields):
    """Factories of this file call the first name `name`."""
    fields = dict(fields)
    return ({"name": fields.pop("firstName")} if "firstName" in fields else {}) | fields


@pytest.mark.parametrize("mark", ["is_shared", "is_retired"])
def test_marked_identities_speak_for_nobody(mark):
    one, other = customer(web=["w1"]), customer("Oliver", web=["w1"])
    flag_identity(one.public_id, "web", "w1", {mark: True}, caller=SAM)

    assert rules_between(one, other) is None


def test_rule_that_is_switched_off_finds_nothing():
    saved("same_identifier", is_active=False)

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

    assert describe_reasons(pair.reasons, current_schema()) == [
        {"rule": "same_identifier", "reason": "Both have the same Web."}
    ]
    assert pair.score == 90


@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        ({"name": "Oliver Grant", "web": ["w1"]}, {"name": "Sophie Grant", "web": ["w1"]}, 45),
        (
            {"name": "Oliver Grant", "phoneNumber": ["+442079460958"], "email": ["g@example.com"]},
            {"name": "Sophie Grant", "phoneNumber": ["+442079460958"], "email": ["g@example.com"]},
            45,
        ),
        (
            {"name": "Oliver Grant", "phoneNumber": ["+442079460958"]},
            {"name": "Sophie Grant", "whatsapp": ["+442079460958"]},
            40,
        ),
        (
            {"name": "Oliver Grant", "billing": "g@example.com"},
            {"name": "Sophie Grant", "email": ["g@example.com"]},
            40,
        ),
        ({"name": "Oliver Grant", "web": ["w1"]}, {"name": "GRANT, Oliver", "web": ["w1"]}, 90),
        ({"name": "Bob Grant", "web": ["w1"]}, {"name": "Robert Grant", "web": ["w1"]}, 90),
        ({"name": "Jane Doe", "web": ["w1"]}, {"name": "Sophie Grant", "web": ["w1"]}, 90),
    ],
)
def test_different_given_names_lower_the_score_of_a_shared_contact(one, other, score):
    FieldFactory(key="billing", type="email")
    one, other = customer(**one), customer(**other, isAnonymous=False)

    refresh_pairs([one.pk, other.pk])

    assert queued() == [(one.pk, other.pk, score)]


def test_rule_against_a_pair_is_switched_and_weighted():
    one, other = customer("Oliver Grant", web=["w1"]), customer("Sophie Grant", web=["w1"])
    look_at_changes()

    scores = [DuplicatePair.objects.get().score]
    for values in ({"weight": 20}, {"is_active": False}):
        saved("different_given_names", **values)
        look_at_changes()
        scores.append(DuplicatePair.objects.get().score)

    assert (scores, other.pk > one.pk) == ([45, 72, 90], True)


def test_pair_with_nothing_but_a_reason_against_it_goes():
    customer("Oliver Grant", web=["w1"])
    customer("Sophie Grant", web=["w1"])
    look_at_changes()
    assert len(queued()) == 1
    look_at_nothing_old()

    saved("same_identifier", is_active=False)
    look_at_changes()

    assert queued() == []


def test_pair_goes_when_its_reason_goes():
    one, other = customer(web=["w1"]), customer("Oliver", web=["w1"])
    assert rules_between(one, other) == {"same_identifier"}

    update_customer(other, {"web": ["w2"]}, caller=SAM, partial=True)

    assert rules_between(one, other) is None


def test_people_told_apart_are_not_queued_again():
    one, other = customer(web=["w1"]), customer("Oliver", web=["w1"])
    refresh_pairs([one.pk])

    mark_not_duplicates(one.public_id, other.public_id, caller=SAM, reason="Brothers")

    assert not DuplicatePair.objects.exists()
    assert rules_between(one, other) is None
    [decision] = NotSamePerson.objects.all()
    assert (decision.decided_by, decision.reason) == ("sam", "Brothers")


def test_decision_outlives_a_merge():
    one, other = customer(web=["w1"]), customer("Oliver", web=["w2"])
    survivor = customer("Survivor", web=["w1", "w2"])
    mark_not_duplicates(one.public_id, other.public_id, caller=SAM)

    merged(survivor, other)

    assert not_duplicate_pairs([one.pk, survivor.pk]) == {(one.pk, survivor.pk)}


def test_nobody_is_told_apart_from_himself():
    one = customer()

    with pytest.raises(ValidationError):
        mark_not_duplicates(one.public_id, one.public_id, caller=SAM)


def test_lookup_does_not_suggest_who_was_told_apart():
    customer("One", web=["w1"])
    other = customer("Other", web=["w1"])
    anonymous = identify("WEB", "w1", caller=SAM)["customer"]["_id"]
    mark_not_duplicates(anonymous, other.public_id, caller=SAM)

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


def test_value_that_many_share_compares_no_names():
    FieldFactory(key="company", is_searchable=True)
    crowd = [customer("Amina Siddiqui", company="Acme") for _ in range(51)]

    refresh_pairs([crowd[0].pk])

    assert not DuplicatePair.objects.exists()


def test_statements_do_not_grow_with_the_customers():
    FieldFactory(key="company", is_searchable=True)
    one, *others = [customer("Amina Siddiqui", web=["w1"], company="Acme") for _ in range(6)]
    refresh_pairs([one.pk])

    with CaptureQueriesContext(connection) as single:
        refresh_pairs([one.pk])
    with CaptureQueriesContext(connection) as several:
        refresh_pairs([customer.pk for customer in others])

    assert len(several) == len(single) <= 20


def test_undone_merge_is_queued_again():
    one, other = customer(web=["w1"]), customer("Oliver", web=["w1"])
    look_at_changes()
    found = queued()
    merge = merged(one, other)
    look_at_changes()
    assert queued() == []
    look_at_nothing_old()

    undone(merge.operation)
    look_at_changes()

    assert queued() == found


def test_what_is_split_off_is_looked_at():
    one = customer(web=["w1", "w2"])
    other = customer("Oliver", web=["w1"])
    look_at_changes()
    look_at_nothing_old()

    parts = SplitRequest(one.public_id, "Omar", identities=[("web", "w1")])
    omar = split_customer(parts, caller=SAM).customer
    look_at_changes()

    pk = Customer.objects.get(public_id=omar).pk
    assert [pair[:2] for pair in queued()] == [(other.pk, pk)]


@pytest.mark.parametrize("deed", [claim_identity, release_identity])
def test_claimed_and_released_identities_are_looked_at(deed):
    one, _ = customer(web=["w1"]), customer("Oliver", web=["w1"])
    look_at_changes()
    assert len(queued()) == 1
    look_at_nothing_old()

    deed(one.public_id, "web", "w1", caller=SAM)
    look_at_changes()

    assert queued() == []


def test_pair_goes_with_a_deleted_customer():
    one, _ = customer(web=["w1"]), customer("Oliver", web=["w1"])
    look_at_changes()

    delete_customer(one, caller=SAM)

    assert queued() == []


def test_saved_weight_scores_the_stored_pairs_anew():
    one, other = customer(web=["w1"]), customer("Oliver", web=["w1"])
    look_at_changes()
    look_at_nothing_old()

    saved("same_identifier", weight=40)
    look_at_changes()

    assert queued() == [(one.pk, other.pk, 40)]


def test_rule_switched_off_takes_its_reason_from_the_stored_pairs():
    FieldFactory(key="born", type="date")
    one, other = (customer(web=["w1"], born="1988-04-17") for _ in range(2))
    third = customer("Oliver", web=["w1"])
    look_at_changes()
    look_at_nothing_old()
    assert len(queued()) == 3

    saved("same_identifier", is_active=False)
    look_at_changes()

    assert queued() == [(one.pk, other.pk, 60)]
    assert third.pk > other.pk


def test_rule_switched_on_lets_the_next_scan_look_at_everybody():
    saved("same_identifier", is_active=False)
    one, other = customer(web=["w1"]), customer("Oliver", web=["w1"])
    look_at_changes()
    look_at_nothing_old()
    assert (queued(), last_scan() is None) == ([], False)

    saved("same_identifier", is_active=True)
    assert last_scan() is None
    look_at_changes()

    assert queued() == [(one.pk, other.pk, 90)]
    assert last_scan() is not None


def test_scan_of_all_that_breaks_off_begins_again():
    customer(web=["w1"])
    look_at_changes()

    next(scan(None))

    assert last_scan() is None


def test_suggestions_of_the_lookup_have_the_weights_of_the_rules():
    other = customer(whatsapp=["+923001234567"])
    saved("same_identifier_other_channel", weight=33)

    [suggestion] = identify("SMS", "+923001234567", caller=SAM)["identification"]["suggestions"]

    assert (suggestion["customerId"], suggestion["score"]) == (other.public_id, 33)


@pytest.mark.parametrize(
    ("rule", "stored", "channel", "asked"),
    [
        ("same_identifier_other_channel", {"whatsapp": ["+923001234567"]}, "SMS", "+923001234567"),
        ("phone_variant", {"phoneNumber": ["+551187654321"]}, "SMS", "+5511987654321"),
        ("same_email", {"email": ["a.b@gmail.com"]}, "EMAIL", "ab@gmail.com"),
    ],
)
def test_rule_that_is_switched_off_suggests_nobody(rule, stored, channel, asked):
    customer(**stored)
    before = identify(channel, asked, caller=SAM)["identification"]["suggestions"]

    saved(rule, is_active=False)
    after = identify(channel, asked, caller=SAM)["identification"]["suggestions"]

    assert ([found["rule"] for found in before], after) == ([rule], [])


def test_shared_identifier_suggests_nobody_where_its_rule_is_switched_off():
    one = customer(web=["w1"])
    flag_identity(one.public_id, "web", "w1", {"is_shared": True}, caller=SAM)
    saved("shared_identifier", is_active=False)

    assert identify("WEB", "w1", caller=SAM)["customerSuggestions"] == []


def test_holders_of_an_ambiguous_identifier_stay_suggestions_whatever_the_rules():
    customer(web=["w1"])
    customer("Oliver", web=["w1"])
    for rule in DuplicateRule.objects.all():
        saved(rule.key, is_active=False)

    answer = identify("WEB", "w1", caller=SAM)

    assert answer["identification"]["outcome"] == "ambiguous"
    assert [found["score"] for found in answer["identification"]["suggestions"]] == [90, 90]


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("a.mina+shop@gmail.com", "amina@gmail.com"),
        ("amina@gmail.com", "a.mina+shop@gmail.com"),
        ("amina@googlemail.com", "Am.Ina@gmail.com"),
        ("amina@gmail.com", "amina@googlemail.com"),
    ],
)
def test_another_spelling_of_a_mailbox_is_suggested(stored, asked):
    other = customer(email=[stored])

    answer = identify("EMAIL", asked, caller=SAM)["identification"]

    assert answer["outcome"] == "created"
    assert answer["suggestions"] == [
        {
            "customerId": other.public_id,
            "rule": "same_email",
            "score": 80,
            "reason": "Has another spelling of the same mailbox as E-mail.",
        }
    ]
