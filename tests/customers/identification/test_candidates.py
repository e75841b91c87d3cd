"""Several customers for one identifier: the strictest do-not-contact and the highest priority."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.duplicates.decisions import mark_not_duplicates
from customers.duplicates.rules import save_rule
from customers.identification import candidates, crowds, lookup
from customers.identification.identify import identify
from customers.identification.simulation import simulate_lookup
from customers.models import Customer, DuplicateRule
from schema_builder.schema import current_schema
from tests.customers.test_role_visibility import show
from tests.support.factories import CustomerFactory, IdentityFactory, LabelFactory, WornLabelFactory
from tests.support.operations import SAM
from tests.support.staff import staff

pytestmark = pytest.mark.django_db
NUMBER = "+923001234567"


@pytest.fixture
def quiet(db):
    return LabelFactory(name="Quiet", do_not_contact=["SMS"])


@pytest.fixture
def vip(db):
    return LabelFactory(name="VIP", priority=9)


def holder(*labels, value=NUMBER, of="phoneNumber", name="Zed", **marks):
    customer = IdentityFactory(value=value, of=of, customer__first_name=name, **marks).customer
    for label in labels:
        WornLabelFactory(customer=customer, label=label)
    return customer


def found(identifier=NUMBER, caller=SAM, channel="SMS"):
    return identify(channel, identifier, caller=caller)["identification"]


def limits_and_priority(answer):
    return answer["doNotContact"], answer["priority"]


def test_ambiguous_answer_takes_the_strictest_of_all_holders(quiet, vip):
    one, other = holder(quiet), holder(quiet, vip)

    answer = found()

    assert answer["outcome"] == "ambiguous"
    assert limits_and_priority(answer) == (
        {
            "applies": True,
            "labels": [
                {
                    "label": "Quiet",
                    "channels": ["SMS"],
                    "customers": [one.public_id, other.public_id],
                }
            ],
        },
        {"value": 9, "label": "VIP", "customers": [other.public_id]},
    )


def test_one_of_several_holders_is_enough(quiet):
    one, _ = holder(quiet), holder()

    assert found()["doNotContact"]["applies"] is True
    assert found(channel="CX_VOICE")["doNotContact"]["applies"] is False
    assert found()["doNotContact"]["labels"][0]["customers"] == [one.public_id]


def test_shared_identifier_counts_for_those_who_share_it(quiet, vip):
    one, other = holder(quiet, is_shared=True), holder(vip, is_shared=True)

    answer = found()

    assert answer["outcome"] == "created"
    assert answer["doNotContact"]["applies"] is True
    assert answer["doNotContact"]["labels"][0]["customers"] == [one.public_id]
    assert answer["priority"] == {"value": 9, "label": "VIP", "customers": [other.public_id]}


def test_near_match_counts(quiet):
    near = holder(quiet, of="whatsapp")

    answer = found()

    assert [one["customerId"] for one in answer["suggestions"]] == [near.public_id]
    assert answer["doNotContact"]["applies"] is True


def test_known_customer_answers_for_itself_in_one_statement(quiet, vip, django_assert_num_queries):
    known = holder(vip)
    holder(quiet, of="whatsapp")
    found()

    with django_assert_num_queries(1):
        answer = found()

    assert limits_and_priority(answer) == (
        {"applies": False, "labels": []},
        {"value": 9, "label": "VIP", "customers": [known.public_id]},
    )


def test_anonymous_customer_and_suggestion_count_together(quiet, vip):
    anonymous = holder(vip, customer__is_anonymous=True)
    near = holder(quiet, of="whatsapp")

    answer = found()

    assert answer["outcome"] == "anonymous"
    assert answer["priority"]["customers"] == [anonymous.public_id]
    assert answer["doNotContact"]["labels"][0]["customers"] == [near.public_id]


def test_customer_that_is_not_suggested_does_not_count(quiet):
    holder(quiet, is_retired=True)

    assert found()["doNotContact"] == {"applies": False, "labels": []}


def test_hidden_field_gives_away_no_identifier(agent, quiet):
    show("web", Agent="hidden")
    one, _ = (holder(quiet, value="w-1", of="web") for _ in range(2))

    response = agent.get("/cim-customer/customers?channelType=WEB&customerChannelIdentifier=w-1")

    [limit] = response.json()["identification"]["doNotContact"]["labels"]
    assert limit["customers"][0] == one.public_id
    assert "w-1" not in response.content.decode()


@pytest.mark.parametrize("marks", [{}, {"is_shared": True}])
def test_rule_bench_agrees_with_the_answer(quiet, vip, marks):
    one, other = holder(quiet, name="Ann", **marks), holder(vip, name="Bob", **marks)

    told = simulate_lookup("SMS", NUMBER, current_schema(), viewer=SAM)
    answer = found()

    assert told.is_forbidden is answer["doNotContact"]["applies"] is True
    assert told.priority_customers() == [(other.public_id, "Bob")]
    assert [(limit.label, named) for limit, named in told.limits_by_customer()] == [
        ("Quiet", [(one.public_id, "Ann")])
    ]
    assert (told.priority.value, told.priority.customers) == (
        answer["priority"]["value"],
        answer["priority"]["customers"],
    )


@pytest.fixture
def crowd(monkeypatch):
    """More identified holders of the number than are read, each with the marks."""
    monkeypatch.setattr(lookup, "MOST_HOLDERS", 3)
    monkeypatch.setattr(crowds, "MOST_HOLDERS", 3)
    monkeypatch.setattr(candidates, "MOST_HOLDERS", 3)
    lookup.holders_statement.cache_clear()
    yield lambda number=4, **marks: [holder(**marks) for _ in range(number)]
    lookup.holders_statement.cache_clear()


@pytest.mark.parametrize(
    "marks", [{}, {"is_shared": True}, {"of": "whatsapp"}], ids=["ambiguous", "shared", "near"]
)
def test_holders_beyond_those_that_are_read_count(crowd, quiet, vip, marks):
    crowd(**marks)
    last = holder(quiet, vip, name="Bob", **marks)

    answer, told = found(), simulate_lookup("SMS", NUMBER, current_schema(), viewer=SAM)

    assert limits_and_priority(answer) == (
        {
            "applies": True,
            "labels": [{"label": "Quiet", "channels": ["SMS"], "customers": [last.public_id]}],
        },
        {"value": 9, "label": "VIP", "customers": [last.public_id]},
    )
    assert (told.is_forbidden, told.priority_customers()) == (True, [(last.public_id, "Bob")])


def test_at_most_as_many_customers_are_named_as_are_read(crowd, quiet):
    crowd(2)
    quiet_ones = [holder(quiet).public_id for _ in range(5)]

    [limit] = found()["doNotContact"]["labels"]

    assert limit["customers"] == quiet_ones[:3]


def test_holders_beyond_the_limit_that_are_other_people_do_not_count(crowd, quiet):
    crowd()
    last = holder(quiet)
    first = identify("SMS", NUMBER, caller=SAM)["customer"]["_id"]

    mark_not_duplicates(first, last.public_id, caller=SAM)

    assert found()["doNotContact"] == {"applies": False, "labels": []}


def test_holder_that_is_matched_answers_for_itself_among_many_who_share(
    crowd, quiet, django_assert_num_queries
):
    crowd(is_shared=True)
    holder(quiet, is_shared=True)
    known = holder()
    found()

    with django_assert_num_queries(1):
        answer = identify("SMS", NUMBER, caller=SAM)

    assert answer["customer"]["_id"] == known.public_id
    assert answer["identification"]["doNotContact"]["applies"] is False


def test_labels_of_any_number_of_holders_cost_one_statement(crowd, quiet, vip):
    crowd()
    found()

    def statements():
        with CaptureQueriesContext(connection) as queries:
            found()
        return len(queries)

    before = statements()
    for _ in range(5):
        holder(quiet, vip)
    assert statements() == before


def test_profile_says_what_holds_for_more_candidates_than_are_read(crowd, agent, quiet):
    crowd(name="Ann")
    holder(quiet, name="Bob")
    anonymous = holder(customer__is_anonymous=True, name="Jane Doe")

    page = agent.get(f"/customers/{anonymous.public_id}").content.decode()

    assert "<b>Do not contact: SMS.</b>" in page


def test_rule_bench_names_the_customers(quiet):
    one, _ = holder(quiet, name="Ann"), holder(name="Bob")
    client = staff("Supervisor")

    page = client.get("/admin/bench/", {"channel": "SMS", "identifier": NUMBER}).content.decode()

    assert "Must not be contacted on SMS" in page
    assert f'“Quiet” of <a href="/customers/{one.public_id}"><bdi>Ann</bdi></a> forbids' in page


def test_profile_of_an_anonymous_customer_says_what_holds_for_the_candidates(agent, quiet, vip):
    holder(quiet, name="Ann"), holder(quiet, vip, name="Bob")
    anonymous = holder(customer__is_anonymous=True, name="Jane Doe")

    page = " ".join(agent.get(f"/customers/{anonymous.public_id}").content.decode().split())

    assert "<b>Do not contact: SMS.</b>" in page
    assert "have the label “Quiet”" in page
    assert "<b>Priority 9.</b>" in page


def test_profile_of_an_identified_customer_has_no_such_notice(agent, quiet):
    holder(quiet)
    identified = holder()

    page = agent.get(f"/customers/{identified.public_id}").content.decode()

    assert "who may be this customer" not in page


def test_own_priority_is_not_said_twice(agent, vip):
    holder(LabelFactory(name="Silver", priority=5))
    anonymous = holder(vip, customer__is_anonymous=True)

    page = agent.get(f"/customers/{anonymous.public_id}").content.decode()

    assert "<b>Priority" not in page


def test_profile_of_an_anonymous_customer_without_identifiers_opens(agent):
    customer = CustomerFactory(is_anonymous=True)

    assert agent.get(f"/customers/{customer.public_id}").status_code == 200


@pytest.fixture
def without_rules(db):
    """All duplicate rules are switched off."""
    for rule in DuplicateRule.objects.all():
        rule.is_active = False
        save_rule(rule)


@pytest.mark.parametrize(
    ("marks", "number"),
    [
        ({"is_shared": True}, NUMBER),
        ({"of": "whatsapp"}, NUMBER),
        ({"value": "+551187654321"}, "+5511987654321"),
    ],
    ids=["shared", "other channel", "variant"],
)
def test_candidate_that_an_inactive_rule_does_not_suggest_counts(
    without_rules, agent, quiet, vip, marks, number
):
    one = holder(quiet, vip, name="Ann", **marks)

    told = simulate_lookup("SMS", number, current_schema(), viewer=SAM)
    answer = found(number)
    anonymous = Customer.objects.get(is_anonymous=True)
    page = " ".join(agent.get(f"/customers/{anonymous.public_id}").content.decode().split())

    assert answer["suggestions"] == told.suggestions == []
    assert answer["doNotContact"]["applies"] is told.is_forbidden is True
    assert answer["doNotContact"]["labels"][0]["customers"] == [one.public_id]
    assert answer["priority"] == {"value": 9, "label": "VIP", "customers": [one.public_id]}
    assert told.priority_customers() == [(one.public_id, "Ann")]
    assert "<b>Do not contact: SMS.</b>" in page
    assert "<b>Priority 9.</b>" in page


def test_rule_bench_names_candidates_that_are_not_suggested(without_rules, quiet):
    one = holder(quiet, name="Ann", is_shared=True)
    client = staff("Supervisor")

    page = client.get("/admin/bench/", {"channel": "SMS", "identifier": NUMBER}).content.decode()

    assert f'“Quiet” of <a href="/customers/{one.public_id}"><bdi>Ann</bdi></a> forbids' in page


def test_customer_that_is_not_the_same_person_is_no_candidate(quiet):
    one = holder(quiet, is_shared=True)
    first = identify("SMS", NUMBER, caller=SAM)["customer"]["_id"]

    mark_not_duplicates(first, one.public_id, caller=SAM)

    assert found()["doNotContact"] == {"applies": False, "labels": []}


def test_contact_limits_name_no_label_that_the_caller_may_not_see(agent, quiet, vip):
    """Every role sees the labels of customers: the field cannot be hidden or masked."""
    customers = [holder(quiet), holder(quiet, vip)]

    answer = agent.get(
        "/cim-customer/customers?channelType=SMS&customerChannelIdentifier=%2B923001234567"
    ).json()["identification"]

    shown = [
        agent.get(f"/cim-customer/customers/{one.public_id}").json()["labelNames"]
        for one in customers
    ]
    assert shown == [["Quiet"], ["Quiet", "VIP"]]
    assert [limit["label"] for limit in answer["doNotContact"]["labels"]] == ["Quiet"]
    assert answer["priority"]["label"] == "VIP"
