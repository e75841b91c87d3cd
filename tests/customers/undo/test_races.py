"""Operations on the same customers at the same time: one wins, the other is told, nothing is lost."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import sleep

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections, transaction

from customers.background import bulk
from customers.bulk.change import BulkChange, bulk_change
from customers.conversations.linking import LinkedElsewhere
from customers.conversations.relinking import UnknownConversation
from customers.identification.identify import identify, identify_for_conversation
from customers.identities.ownership import add_identity, claim_identity
from customers.labelling.label_merge import merge_labels
from customers.labelling.rules import GONE
from customers.locking import CustomerMerged, UnknownCustomer
from customers.merging.merge import MergeRefused
from customers.models import ChannelIdentity, Conversation, Customer, CustomerAlias, Operation
from customers.profiles.lifecycle import (
    CustomerChanged,
    create_customer,
    delete_customer,
    label_customer,
    update_customer,
)
from customers.undo.undo import AlreadyUndone, UndoConflictError
from jobs.execution import run_chunk
from tests.support.factories import CustomerFactory, IdentityFactory, LabelFactory, UserFactory
from tests.support.operations import (
    SAM,
    conversations_of,
    identifiers_of,
    labels_of,
    last_operation,
    linked,
    merged,
    relinked,
    resolved,
    undone,
)

pytestmark = pytest.mark.django_db(transaction=True)

# One database server promises more, and is faster.
ROUNDS, FEWER = (50, 8) if connection.vendor == "postgresql" else (10, 5)
NUMBERS = [f"+92300123450{digit}" for digit in range(10)]
# Answered 404 or 409, each with a sentence.
CLEAR = (
    AlreadyUndone,
    Customer.DoesNotExist,
    CustomerChanged,
    CustomerMerged,
    LinkedElsewhere,
    MergeRefused,
    UndoConflictError,
    UnknownConversation,
    UnknownCustomer,
)


@pytest.fixture
def race(in_threads):
    """Run the functions at once, in so many rounds; `check` gets their answers."""

    def run(prepare, *, rounds=ROUNDS):
        for number in range(rounds):
            functions, check = prepare(number)
            answers = in_threads(lambda i, f=functions: f[i](), len(functions))
            unclear = [a for a in answers if isinstance(a, Exception) and not isinstance(a, CLEAR)]
            assert unclear == []
            sound()
            check(answers)
            clear()

    return run


def clear():
    Customer.objects.all().delete()


def sound():
    """What holds after every operation."""
    flags = ChannelIdentity.objects.values_list("is_anonymous", "customer__is_anonymous")
    assert all(own == customers for own, customers in flags)
    ids = set(Customer.objects.values_list("public_id", flat=True))
    assert not ids & set(CustomerAlias.objects.values_list("public_id", flat=True))
    held = list(ChannelIdentity.objects.filter(is_anonymous=True).values_list("field", "match_key"))
    assert len(held) == len(set(held))


def failed(answers):
    return [isinstance(answer, Exception) for answer in answers]


def holder_of(*numbers, **values):
    customer = CustomerFactory(**values)
    for number in numbers:
        IdentityFactory(customer=customer, value=number)
    return customer


def test_m07_opposite_merges_end_in_one_customer(race):
    def prepare(number):
        one, other = holder_of(*NUMBERS[:3]), holder_of(*NUMBERS[3:6])
        linked("c1", one)
        linked("c2", other)

        def check(answers):
            assert sorted(failed(answers)) == [False, False, True, True]
            [survivor] = Customer.objects.all()
            assert sorted(v for _, v in identifiers_of(survivor)) == NUMBERS[:6]
            assert conversations_of(survivor) == ["c1", "c2"]
            assert resolved(one.public_id) == resolved(other.public_id) == [survivor.public_id]

        return [lambda: merged(one, other), lambda: merged(other, one)] * 2, check

    race(prepare)


def test_merges_among_five_lose_nothing(race):
    def prepare(number):
        customers = [holder_of(NUMBERS[index]) for index in range(5)]
        for index, customer in enumerate(customers):
            linked(f"c{index}", customer)

        def check(answers):
            assert not all(failed(answers))
            assert Conversation.objects.count() == ChannelIdentity.objects.count() == 5
            assert all(len(resolved(customer.public_id)) == 1 for customer in customers)

        pairs = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 1), (0, 3)]
        return [lambda a=a, b=b: merged(customers[a], customers[b]) for a, b in pairs], check

    race(prepare, rounds=FEWER)


def test_a_merge_and_an_edit_both_count_or_the_edit_is_refused(race):
    def prepare(number):
        survivor, duplicate = holder_of(NUMBERS[0]), holder_of(NUMBERS[1])

        def edit():
            body = {"web": ["w1"]}
            return update_customer(duplicate, body, caller=SAM, partial=True)

        def check(answers):
            is_late = isinstance(answers[1], CustomerMerged)
            assert failed(answers) == [False, is_late]
            expected = [("phoneNumber", NUMBERS[0]), ("phoneNumber", NUMBERS[1])]
            edited = [] if is_late else [("web", "w1")]
            assert sorted(identifiers_of(survivor)) == expected + edited
            assert resolved(duplicate.public_id) == [survivor.public_id]

        return [lambda: merged(survivor, duplicate), edit], check

    race(prepare)


def test_a_merge_and_an_edit_with_a_version_exclude_each_other(race):
    def prepare(number):
        survivor, duplicate = CustomerFactory(), CustomerFactory()
        versions = {survivor.public_id: 0, duplicate.public_id: 0}

        def edit():
            body = {"firstName": "Amina"}
            return update_customer(duplicate, body, caller=SAM, partial=True, known_version=0)

        def check(answers):
            assert sorted(failed(answers)) == [False, True]

        return [lambda: merged(survivor, duplicate, versions=versions), edit], check

    race(prepare, rounds=FEWER)


def test_r08_a_relink_and_a_delete_of_the_target_leave_nothing_dangling(race):
    def prepare(number):
        source, target = holder_of(NUMBERS[0]), CustomerFactory()
        for index in range(4):
            linked(f"c{index}", source, NUMBERS[0])

        def check(answers):
            assert failed(answers)[-1] is False
            assert not Customer.objects.filter(pk=target.pk).exists()
            gone = failed(answers[:4]).count(False)
            assert Conversation.objects.count() == len(conversations_of(source)) == 4 - gone

        relinks = [lambda i=i: relinked(f"c{i}", target, add_identity=True) for i in range(4)]
        return [*relinks, lambda: delete_customer(target, caller=SAM)], check

    race(prepare)


def test_r08_a_relink_and_a_delete_of_the_source_leave_nothing_dangling(race):
    def prepare(number):
        source = holder_of(NUMBERS[0], is_anonymous=True)
        linked("c1", source, NUMBERS[0])
        target = CustomerFactory()

        def check(answers):
            relink, _ = failed(answers)
            assert sorted(failed(answers)) == [False, True]
            assert conversations_of(target) == ([] if relink else ["c1"])
            assert resolved(source.public_id) == ([] if relink else [target.public_id])

        calls = [
            lambda: relinked("c1", target, add_identity=True),
            lambda: delete_customer(source, caller=SAM),
        ]
        return calls, check

    race(prepare)


def test_a_relink_comes_before_the_merge_of_its_target_or_is_refused(race):
    def prepare(number):
        source, target, survivor = holder_of(NUMBERS[0]), CustomerFactory(), CustomerFactory()
        linked("c1", source, NUMBERS[0])

        def check(answers):
            is_late = isinstance(answers[0], CustomerMerged)
            assert failed(answers) == [is_late, False]
            assert conversations_of(survivor) == ([] if is_late else ["c1"])
            linked_to = [] if is_late else [("phoneNumber", NUMBERS[0])]
            assert identifiers_of(survivor) == linked_to

        calls = [
            lambda: relinked("c1", target, add_identity=True),
            lambda: merged(survivor, target),
        ]
        return calls, check

    race(prepare)


def test_a_relink_follows_the_merge_of_its_source(race):
    def prepare(number):
        survivor, target = CustomerFactory(), CustomerFactory()
        source = holder_of(NUMBERS[0], is_anonymous=True)
        linked("c1", source, NUMBERS[0])

        def check(answers):
            assert not failed(answers)[0]
            assert conversations_of(target) == ["c1"]
            assert len(resolved(source.public_id)) == 1

        calls = [
            lambda: relinked("c1", target, add_identity=True),
            lambda: merged(survivor, source),
        ]
        return calls, check

    race(prepare, rounds=FEWER)


def test_relinks_of_one_conversation_put_it_at_one_customer(race):
    def prepare(number):
        source = holder_of(NUMBERS[0], is_anonymous=True)
        linked("c1", source, NUMBERS[0])
        targets = CustomerFactory.create_batch(4)

        def check(answers):
            assert failed(answers) == [False] * 4
            assert [c for target in targets for c in conversations_of(target)] == ["c1"]
            assert len(resolved(source.public_id)) == 1

        return [lambda t=t: relinked("c1", t, add_identity=True) for t in targets], check

    race(prepare, rounds=FEWER)


def test_an_undo_and_an_edit_exclude_each_other(race):
    def prepare(number):
        customer = CustomerFactory(first_name="Jane Doe")
        update_customer(customer, {"firstName": "Amina"}, caller=SAM, partial=True)
        operation = last_operation()

        def edit():
            body = {"firstName": "Zoë"}
            return update_customer(customer, body, caller=SAM, partial=True, known_version=1)

        def check(answers):
            undo, edited = failed(answers)
            assert undo != edited
            name = Customer.objects.get(pk=customer.pk).first_name
            assert name == ("Zoë" if undo else "Jane Doe")

        return [lambda: undone(operation), edit], check

    race(prepare)


def test_an_operation_is_undone_once(race):
    def prepare(number):
        survivor, duplicate = holder_of(NUMBERS[0]), holder_of(NUMBERS[1])
        merged(survivor, duplicate)
        operation = last_operation()

        def check(answers):
            assert sorted(failed(answers)) == [False, True, True, True]
            assert identifiers_of(survivor) == [("phoneNumber", NUMBERS[0])]
            assert identifiers_of(duplicate) == [("phoneNumber", NUMBERS[1])]

        return [lambda: undone(operation)] * 4, check

    race(prepare, rounds=FEWER)


def test_an_undo_and_the_next_merge_keep_everybody(race):
    def prepare(number):
        survivor, duplicate = holder_of(NUMBERS[0]), holder_of(NUMBERS[1])
        third = holder_of(NUMBERS[2])
        merged(survivor, duplicate)
        operation = last_operation()

        def check(answers):
            undo, merge = failed(answers)
            assert not merge
            assert ChannelIdentity.objects.count() == 3
            assert len(resolved(duplicate.public_id)) == 1
            assert resolved(survivor.public_id) == [third.public_id]
            assert Customer.objects.count() == (1 if undo else 2)

        return [lambda: undone(operation), lambda: merged(third, survivor)], check

    race(prepare, rounds=FEWER)


def test_anonymous_customers_that_take_from_each_other_do_not_deadlock(race):
    def prepare(number):
        one, other = (holder_of(n, is_anonymous=True) for n in NUMBERS[:2])

        def take(customer, value):
            body = {"phoneNumber": [value], "isAnonymous": True}
            return update_customer(customer, body, caller=SAM, partial=True)

        def check(answers):
            assert failed(answers) == [False] * 4
            held = sorted(ChannelIdentity.objects.values_list("value", flat=True))
            assert set(held) <= set(NUMBERS[:2])
            assert len(held) == len(set(held))

        calls = [lambda: take(one, NUMBERS[1]), lambda: take(other, NUMBERS[0])] * 2
        return calls, check

    race(prepare, rounds=FEWER)


def test_claims_of_one_identifier_leave_one_holder(race):
    def prepare(number):
        customers = [holder_of(NUMBERS[0]) for _ in range(4)]

        def claim(customer):
            return claim_identity(customer.public_id, "phoneNumber", NUMBERS[0], caller=SAM)

        def check(answers):
            assert failed(answers) == [False] * 4
            assert ChannelIdentity.objects.count() == 1

        return [lambda c=c: claim(c) for c in customers], check

    race(prepare, rounds=FEWER)


def test_identification_and_merge_keep_the_conversation(race):
    def prepare(number):
        survivor, duplicate = CustomerFactory(), holder_of(NUMBERS[0])

        def contact():
            return identify_for_conversation("SMS", NUMBERS[0], "c1", caller=SAM)

        def check(answers):
            assert failed(answers) == [False, False, False]
            assert conversations_of(survivor) == ["c1"]
            assert Customer.objects.count() == 1

        return [contact, contact, lambda: merged(survivor, duplicate)], check

    race(prepare, rounds=FEWER)


def test_first_contacts_and_an_absorbing_relink_make_one_customer(race):
    def prepare(number):
        source, target = holder_of(NUMBERS[0], is_anonymous=True), CustomerFactory()
        linked("c1", source, NUMBERS[0])

        def check(answers):
            assert failed(answers) == [False] * 3
            known = {answer["customer"]["_id"] for answer in answers[1:]}
            assert {resolved(public_id)[0] for public_id in known} == {target.public_id}
            assert identifiers_of(target) == [("phoneNumber", NUMBERS[0])]

        def contact():
            return identify("SMS", NUMBERS[0], caller=SAM)

        return [lambda: relinked("c1", target, add_identity=True), contact, contact], check

    race(prepare, rounds=FEWER)


def test_bulk_changes_and_edits_of_the_same_customers_all_count(race):
    vip, gold = LabelFactory(name="VIP"), LabelFactory(name="Gold")

    def prepare(number):
        customers = CustomerFactory.create_batch(5)
        ids = [customer.public_id for customer in customers]

        def bulk(label, order):
            change = BulkChange(add=[label.public_id])
            return bulk_change(order, change, caller=SAM)

        def edit(customer):
            return update_customer(customer, {"web": ["w1"]}, caller=SAM, partial=True)

        def check(answers):
            assert failed(answers) == [False] * 4
            for customer in customers:
                assert labels_of(customer) == ["Gold", "VIP"]
            assert identifiers_of(customers[0]) == identifiers_of(customers[4]) == [("web", "w1")]
            versions = Customer.objects.order_by("pk").values_list("version", flat=True)
            assert list(versions) == [3, 2, 2, 2, 3]

        calls = [
            lambda: bulk(vip, ids),
            lambda: bulk(gold, ids[::-1]),
            lambda: edit(customers[0]),
            lambda: edit(customers[4]),
        ]
        return calls, check

    race(prepare, rounds=FEWER)


def test_a_bulk_change_comes_before_a_merge_of_its_customers_or_is_refused(race):
    vip = LabelFactory(name="VIP")

    def prepare(number):
        survivor, duplicate, other = CustomerFactory.create_batch(3)
        ids = [duplicate.public_id, other.public_id]

        def check(answers):
            is_late = isinstance(answers[0], CustomerMerged)
            assert failed(answers) == [is_late, False]
            expected = [] if is_late else ["VIP"]
            assert [labels_of(survivor), labels_of(other)] == [expected, expected]

        change = BulkChange(add=[vip.public_id])
        calls = [
            lambda: bulk_change(ids, change, caller=SAM),
            lambda: merged(survivor, duplicate),
        ]
        return calls, check

    race(prepare, rounds=FEWER)


def test_a_chunk_is_worked_off_by_one_of_many_workers(race, monkeypatch):
    monkeypatch.setattr(bulk, "MOST_CUSTOMERS", 1)
    vip, sue = LabelFactory(name="VIP"), UserFactory(role="Supervisor")

    def prepare(number):
        CustomerFactory.create_batch(4)
        change = BulkChange(add=[vip.public_id])
        job = bulk.enqueue_bulk(Customer.objects.all(), change, caller=sue)

        def check(answers):
            assert failed(answers) == [False] * 3
            while run_chunk():
                pass
            job.refresh_from_db()
            assert (job.status, job.result["changed"]) == ("done", 4)
            assert Operation.objects.filter(job=job).count() == 4

        return [run_chunk] * 3, check

    race(prepare, rounds=FEWER)


@pytest.fixture
def while_merging():
    """Call a function while two labels are being merged; answers its result or exception."""

    def call(work, survivor, duplicate):
        def one():
            try:
                return work()
            except Exception as error:
                return error
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as thread:
            with transaction.atomic():
                merge_labels(survivor, duplicate, caller=SAM)
                answer = thread.submit(one)
                sleep(0.3)
            return answer.result()

    return call


@pytest.fixture
def labels():
    return LabelFactory(name="Gold"), LabelFactory(name="Golden")


def test_label_that_is_merged_meanwhile_is_not_put_on(while_merging, labels):
    gold, golden = labels
    customer = CustomerFactory()

    answer = while_merging(lambda: label_customer(customer, caller=SAM, add=[golden]), gold, golden)

    assert answer.message_dict == {"labels": [GONE]}
    assert labels_of(customer) == []


def test_customer_with_a_label_that_is_merged_meanwhile_is_not_created_without(
    while_merging, labels
):
    gold, golden = labels
    body = {"firstName": "Amina", "phoneNumber": NUMBERS[:1], "labels": [golden.public_id]}

    answer = while_merging(lambda: create_customer(body, caller=SAM), gold, golden)

    # Who read before the merge is refused; on SQLite, the one writer reads after it.
    if isinstance(answer, ValidationError):
        assert list(answer.message_dict) == ["labels"]
        assert Customer.objects.count() == 0
    else:
        assert labels_of(answer) == ["Gold"]


def test_merged_customers_wear_what_their_label_was_merged_into(while_merging, labels):
    gold, golden = labels
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    label_customer(duplicate, caller=SAM, add=[golden])

    answer = while_merging(lambda: merged(survivor, duplicate), gold, golden)

    assert answer.moved["labels"] == 1
    assert labels_of(survivor) == ["Gold"]


def test_labelling_and_merging_of_labels_do_not_block_each_other(in_threads):
    for _ in range(FEWER):
        gold, golden = LabelFactory(), LabelFactory()
        customers = CustomerFactory.create_batch(3)
        label_customer(customers[0], caller=SAM, add=[golden])
        calls = [
            partial(merge_labels, gold, golden, caller=SAM),
            partial(label_customer, customers[0], caller=SAM, remove=[golden]),
            partial(label_customer, customers[1], caller=SAM, add=[golden]),
            partial(label_customer, customers[2], caller=SAM, add=[gold, golden]),
        ]

        answers = in_threads(lambda i, c=calls: c[i](), len(calls))

        problems = [answer for answer in answers if isinstance(answer, Exception)]
        assert all(isinstance(problem, ValidationError) for problem in problems), problems
        clear()


def test_two_identifiers_added_at_once_are_both_kept(in_threads):
    for _ in range(FEWER):
        customer = CustomerFactory()

        answers = in_threads(
            lambda i, c=customer: add_identity(c.public_id, "phoneNumber", NUMBERS[i], caller=SAM),
            4,
        )

        assert failed(answers) == [False] * 4
        assert sorted(identifiers_of(customer)) == [("phoneNumber", n) for n in NUMBERS[:4]]
        clear()
