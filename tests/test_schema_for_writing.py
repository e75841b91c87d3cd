"""Every write of customers reads the schema by the function that keeps conversions of values away."""

import ast
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.duplicates.decisions import mark_not_duplicates
from customers.identities.ownership import (
    add_identity,
    claim_identity,
    flag_identity,
    release_identity,
    share_identity,
)
from customers.merging.split import SplitRequest, split_customer
from customers.profiles.lifecycle import (
    create_customer,
    delete_customer,
    label_customer,
    update_customer,
)
from customers.search_keys.rereading import read_all_again
from customers.undo.undo import undo
from schema_builder.schema import WRITERS_SQL
from tests.support.factories import CustomerFactory, IdentityFactory, LabelFactory, ValueFactory
from tests.support.operations import SAM, last_operation, linked, merged, relinked

READER = "schema_for_writing"
LOCKS = {"lock_customers", "lock_by_public_id"}
# Modules that lock customers and write none of their values or identities.
WITHOUT_VALUES = {
    "conversations.linking": "links conversations",
    "duplicates.decisions": "writes decisions about pairs",
    "imports.matching": "is called by an import, which has read the schema",
    "labelling.expiry": "removes labels",
    "locking": "has the locks",
}
# Modules that write match keys of identities within the transaction of another module.
WITHIN_A_WRITE = {
    "profiles.rows": "makes rows for the writes that insert them",
    "profiles.writing": "is called by writes, which have read the schema",
}
WRITING_METHODS = {"update", "bulk_update", "save", "create", "bulk_create", "get_or_create"}


def names_in(path):
    return {n.id for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Name)}


def modules():
    """Paths by name of the modules of customers."""
    root = Path(__file__).parent.parent / "customers"
    return {
        ".".join(path.relative_to(root).with_suffix("").parts): path
        for path in root.rglob("*.py")
        if "migrations" not in path.parts
    }


def test_module_that_locks_customers_reads_the_schema_for_writing():
    used = {name: names_in(path) for name, path in modules().items()}

    without = {name for name, names in used.items() if names & LOCKS and READER not in names}

    assert without == set(WITHOUT_VALUES)


def writes_match_keys(path):
    """Whether the module makes rows of identities, or writes the column of their match keys."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return any(
        name_called(call) in {"new_identity", "ChannelIdentity"}
        or (name_called(call) in WRITING_METHODS and names_match_key(call))
        for call in calls
    )


def name_called(call):
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def names_match_key(call):
    """Whether a keyword or a text among the arguments of the call is the column."""
    given = [node for part in [*call.args, *call.keywords] for node in ast.walk(part)]
    return any(
        getattr(node, "arg", None) == "match_key" or getattr(node, "value", None) == "match_key"
        for node in given
    )


def test_module_that_writes_match_keys_reads_the_schema_for_writing():
    writers = {name: path for name, path in modules().items() if writes_match_keys(path)}

    without = {name for name, path in writers.items() if READER not in names_in(path)}

    assert "search_keys.rereading" in writers
    assert without == set(WITHIN_A_WRITE)


def edited(customer):
    update_customer(customer, {"firstName": "Ben"}, caller=SAM, partial=True)
    return last_operation()


def split_off(customer):
    parts = SplitRequest(customer.public_id, "Ben", identities=[("web", "w1")])
    return split_customer(parts, caller=SAM)


WRITES = {
    "create": lambda one, other: create_customer({"firstName": "Ben"}, caller=SAM),
    "update": lambda one, other: edited(one),
    "delete": lambda one, other: delete_customer(one, caller=SAM),
    "label": lambda one, other: label_customer(one, add=[LabelFactory()], caller=SAM),
    "merge": lambda one, other: merged(one, other),
    "relink": lambda one, other: relinked("c1", other),
    "split": lambda one, other: split_off(one),
    "add": lambda one, other: add_identity(other.public_id, "web", "w2", caller=SAM),
    "claim": lambda one, other: claim_identity(other.public_id, "web", "w1", caller=SAM),
    "share": lambda one, other: share_identity(other.public_id, "web", "w1", caller=SAM),
    "release": lambda one, other: release_identity(one.public_id, "web", "w1", caller=SAM),
    "mark": lambda one, other: flag_identity(
        one.public_id, "web", "w1", {"is_shared": True}, caller=SAM
    ),
}


@pytest.fixture
def pair(db):
    one = ValueFactory(customer__first_name="Amy").customer
    IdentityFactory(customer=one, of="web", value="w1")
    linked("c1", one)
    return one, CustomerFactory(first_name="Bea")


def statements_of(write, *arguments):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        write(*arguments)
    return [query["sql"] for query in queries]


def reads_the_schema_first(statements):
    """Whether the schema was read for writing before any customer was locked or written."""
    reader = statements.index(WRITERS_SQL[connection.vendor])
    return not any(
        "customers_" in sql
        and (sql.startswith(("INSERT", "UPDATE", "DELETE")) or "FOR UPDATE" in sql)
        for sql in statements[:reader]
    )


@pytest.mark.parametrize("name", WRITES)
def test_write_reads_the_schema_before_it_locks_or_writes_customers(pair, name):
    assert reads_the_schema_first(statements_of(WRITES[name], *pair))


@pytest.mark.parametrize("name", sorted(WRITES.keys() - {"create"}))
def test_undo_reads_the_schema_before_it_locks_or_writes_customers(pair, name):
    WRITES[name](*pair)
    operation = last_operation()

    statements = statements_of(lambda: undo(operation, caller=SAM))

    assert reads_the_schema_first(statements)


def test_decision_about_a_pair_writes_no_value(pair):
    one, other = pair

    statements = statements_of(
        lambda: mark_not_duplicates(one.public_id, other.public_id, caller=SAM, reason="")
    )

    assert not any("attributevalue" in s and s.startswith(("INSERT", "UPDATE")) for s in statements)


def test_reading_identifiers_again_reads_the_schema_before_it_writes(db):
    IdentityFactory(value="00923001234567", match_key="00923001234567", is_valid=False)

    statements = statements_of(lambda: list(read_all_again()))

    [written] = [n for n, sql in enumerate(statements) if "match_key" in sql and "UPDATE" in sql]
    assert WRITERS_SQL[connection.vendor] in statements[:written]
    between = statements[statements.index(WRITERS_SQL[connection.vendor]) : written]
    assert not any("RELEASE" in sql or "COMMIT" in sql for sql in between)
