"""Random sequences of operations: nothing is lost or doubled, and all of it can be taken back."""

from django.db import connection
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from customers.bulk.change import BulkChange, bulk_change
from customers.conversations.linking import link_conversation
from customers.conversations.relinking import RelinkRequest, relink_conversation
from customers.merging.merge import MergeRefused, MergeRequest, merge_customers
from customers.merging.split import SplitRequest, split_customer
from customers.models import ChannelIdentity, Conversation, Customer, Operation
from customers.profiles.lifecycle import AnonymousHolderExists, create_customer, update_customer
from customers.undo.undo import UndoConflictError, undo
from labels.models import Label
from schema_builder.models import ChannelType, FieldDefinition
from tests.support.factories import FieldFactory
from tests.support.operations import SAM, everything

NAMES = st.sampled_from(["Jane Doe", "Amina", "Oliver"])
NUMBERS = st.lists(st.sampled_from([f"+92300123456{digit}" for digit in range(6)]), max_size=3)
WEBS = st.lists(st.sampled_from(["w1", "w2", "w3"]), max_size=2)
CITIES = st.sampled_from(["", "Lahore", "Karachi"])
LABELS = st.sets(st.integers(0, 1))
BULK_FIELDS = st.fixed_dictionaries(
    {}, optional={"city": CITIES, "firstName": NAMES, "phoneNumber": st.just([])}
)


class OperationSequences(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        Customer.objects.all().delete()
        Operation.objects.update(undone_by=None, takes_back=None)
        Operation.objects.all().delete()
        self.labels = [
            Label.objects.get_or_create(name=name)[0].public_id for name in ("VIP", "Gold")
        ]
        if not FieldDefinition.objects.filter(key="city").exists():
            FieldFactory(key="city")
        self.channel = ChannelType.objects.get(name="SMS")
        self.ids = set()
        self.conversations = {}
        self.states = []

    def pick(self, index):
        found = list(Customer.objects.order_by("pk").values_list("public_id", flat=True))
        return found[index % len(found)]

    def begin_step(self):
        self.states.append((Operation.objects.count(), everything()))

    @rule(name=NAMES, numbers=NUMBERS, webs=WEBS, city=CITIES, worn=LABELS)
    def create(self, name, numbers, webs, city, worn):
        body = {"firstName": name, "phoneNumber": numbers, "web": webs, "city": city}
        labels = {"labels": [self.labels[index] for index in worn]}
        try:
            customer = create_customer(body | labels, caller=SAM)
        except AnonymousHolderExists:
            return
        self.ids.add(customer.public_id)
        number = len(self.conversations)
        link_conversation(
            f"c{number}",
            customer=customer.public_id,
            channel_type=self.channel,
            details={"identifier": numbers[0] if numbers else ""},
        )
        self.conversations[f"c{number}"] = True
        # What was created stays; only later steps are taken back.
        self.states.clear()

    @precondition(lambda self: Customer.objects.exists())
    @rule(who=st.integers(0, 9), name=NAMES, numbers=NUMBERS)
    def edit(self, who, name, numbers):
        self.write(who, {"firstName": name, "phoneNumber": numbers})

    @precondition(lambda self: Customer.objects.exists())
    @rule(who=st.integers(0, 9), city=CITIES, worn=LABELS)
    def fill_in(self, who, city, worn):
        self.write(who, {"city": city, "labels": [self.labels[index] for index in worn]})

    def write(self, who, body):
        self.begin_step()
        customer = Customer.objects.get(public_id=self.pick(who))
        update_customer(customer, body, caller=SAM, partial=True)

    @precondition(lambda self: Conversation.objects.exists())
    @rule(which=st.integers(0, 9), who=st.integers(0, 9), add=st.booleans())
    def relink(self, which, who, add):
        self.begin_step()
        conversations = sorted(self.conversations)
        relink_conversation(
            conversations[which % len(conversations)],
            RelinkRequest(target=self.pick(who), add_identity=add),
            caller=SAM,
        )

    @precondition(lambda self: Customer.objects.count() > 1)
    @rule(
        survivor=st.integers(0, 9),
        duplicate=st.integers(0, 9),
        choice=st.sampled_from(["survivor", "newest", {"value": "Quetta"}]),
    )
    def merge(self, survivor, duplicate, choice):
        survivor, duplicate = self.pick(survivor), self.pick(duplicate)
        if survivor == duplicate:
            return
        self.begin_step()
        before = everything()
        try:
            merge_customers(MergeRequest(survivor, [duplicate], {"city": choice}), caller=SAM)
        except MergeRefused:
            assert everything() == before

    @precondition(lambda self: Customer.objects.exists())
    @rule(who=st.integers(0, 9))
    def split(self, who):
        customer = Customer.objects.get(public_id=self.pick(who))
        spoken = list(customer.conversations.values_list("conversation_id", flat=True)[:1])
        if not spoken:
            return
        self.begin_step()
        held = [(i.field.key, i.value) for i in customer.identities.order_by("pk")[:1]]
        request = SplitRequest(
            customer.public_id,
            first_name="New",
            identities=held,
            fields=["city"] if customer.values.exists() else [],
            conversations=spoken,
        )
        split_customer(request, caller=SAM)

    @precondition(lambda self: Customer.objects.exists())
    @rule(
        who=st.lists(st.integers(0, 9), min_size=1, max_size=4),
        add=LABELS,
        remove=LABELS,
        fields=BULK_FIELDS,
    )
    def change_in_bulk(self, who, add, remove, fields):
        change = BulkChange(
            add=[self.labels[index] for index in add],
            remove=[self.labels[index] for index in remove - add],
            fields=fields,
        )
        self.begin_step()
        if change != BulkChange(add=[], remove=[], fields={}):
            bulk_change([self.pick(index) for index in who], change, caller=SAM)

    @precondition(lambda self: Operation.objects.filter(undone_by=None).exists())
    @rule(which=st.integers(0, 9), partly=st.booleans())
    def undo_any(self, which, partly):
        open_operations = list(Operation.objects.filter(undone_by=None).order_by("pk"))
        operation = open_operations[which % len(open_operations)]
        self.begin_step()
        before = everything()
        try:
            undo(operation, caller=SAM, skip_collisions=partly)
        except UndoConflictError:
            assert everything() == before

    @rule()
    def undo_all(self):
        if not self.states:
            return
        known, first = self.states[0]
        later = list(Operation.objects.order_by("pk").values_list("pk", flat=True))[known:]
        for pk in reversed(later):
            undo(Operation.objects.get(pk=pk), caller=SAM)
        assert everything() == first
        self.states.clear()

    @invariant()
    def every_conversation_is_there_once(self):
        if not hasattr(self, "conversations"):
            return
        kept = sorted(Conversation.objects.values_list("conversation_id", flat=True))
        assert kept == sorted(self.conversations)

    @invariant()
    def every_old_id_resolves(self):
        for public_id in getattr(self, "ids", ()):
            assert Customer.objects.known_as(public_id).count() == 1

    @invariant()
    def one_anonymous_customer_has_an_identifier(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM (SELECT 1 FROM customers_channelidentity i"
                " JOIN customers_customer c ON c.id = i.customer_id WHERE c.is_anonymous"
                " GROUP BY i.field_id, i.match_key HAVING count(*) > 1) doubled"
            )
            assert cursor.fetchone()[0] == 0

    @invariant()
    def identities_know_whether_their_customer_is_anonymous(self):
        wrong = ChannelIdentity.objects.exclude(is_anonymous=F("customer__is_anonymous"))
        assert not wrong.exists()


class TestOperationSequences(TestCase):
    settings = settings(
        max_examples=20,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )

    def runTest(self):
        run_state_machine_as_test(OperationSequences, settings=self.settings)
