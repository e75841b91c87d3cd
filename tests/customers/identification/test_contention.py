"""Identification while the schema is edited without a pause: no lookup is refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from customers.identification.identify import identify, identify_for_conversation
from customers.models import Conversation, Customer
from schema_builder.schema import current_schema, one_moment
from schema_builder.versions import touch_schema
from tests.support.factories import IdentityFactory
from tests.support.operations import SAM

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "+923001234567"
# The statements before which the schema of another process may move.
MOMENTS = ("BEGIN IMMEDIATE", "revision.token", "FOR KEY SHARE", "FOR SHARE")


class RestlessSupervisor:
    """Changes the schema over another connection before each statement that depends on it."""

    def __init__(self):
        self.edits = 0
        self.is_kept_out = False

    def __call__(self, execute, sql, params, many, context):
        if any(moment in sql for moment in MOMENTS) and not self.is_waiting:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(self.edit).result()
        self.is_kept_out |= "FOR SHARE" in sql
        return execute(sql, params, many, context)

    @property
    def is_waiting(self):
        """Whether an edit would wait for our transaction, and we would for it."""
        holds_file = connection.vendor == "sqlite" and connection.in_atomic_block
        return self.is_kept_out or holds_file

    def edit(self):
        touch_schema()
        self.edits += 1
        connections.close_all()


@pytest.fixture
def supervisor():
    # What the process holds is current when the lookup begins.
    current_schema()
    restless = RestlessSupervisor()
    with connection.execute_wrapper(restless):
        yield restless


def test_known_customer_is_matched_though_the_schema_changes_at_every_read(supervisor):
    holder = IdentityFactory(value=NUMBER).customer
    edits = supervisor.edits

    answer = identify("SMS", NUMBER, caller=SAM)

    assert answer["identification"]["outcome"] == "matched"
    assert answer["customer"]["_id"] == holder.public_id
    assert supervisor.edits - edits == 2


def test_first_contact_is_created_though_the_schema_changes_before_every_write(supervisor):
    answer = identify("SMS", NUMBER, caller=SAM)

    assert answer["identification"]["outcome"] == "created"
    assert Customer.objects.count() == 1
    assert supervisor.edits >= 3


def test_conversation_is_linked_though_the_schema_changes_all_the_time(supervisor):
    answer = identify_for_conversation("SMS", NUMBER, "c1", caller=SAM)

    assert answer["identification"]["outcome"] == "created"
    assert Conversation.objects.get().customer == Customer.objects.get()
    assert supervisor.edits >= 1


def test_reads_of_one_moment_do_not_see_what_is_written_meanwhile(supervisor):
    with one_moment():
        before = Customer.objects.count()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(created_elsewhere).result()
        within = Customer.objects.count()

    assert (before, within, Customer.objects.count()) == (0, 0, 1)


def created_elsewhere():
    IdentityFactory(value=NUMBER)
    connections.close_all()
