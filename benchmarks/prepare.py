"""What a run needs in the database, printed as JSON: `python -m benchmarks.prepare COUNT SEED`."""

import json
import secrets
import sys

import django
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

NAME = "benchmark"
IDENTIFIERS = 20_000
# Everything but the customers of the demo was written by an earlier run.
LEFTOVERS = ["channelidentity", "attributevalue", "customerlabel", "conversation"]


def main(count: int, seed: int) -> None:
    django.setup()
    call_command("migrate", verbosity=0)
    mark = f"benchmark of {count} customers, seed {seed}"
    if stored_mark() != mark:
        fill(count, seed, mark)
    remove_leftovers()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    json.dump(
        {
            "token": own_token(),
            "typical_token": typical_token(),
            "identifiers": identifiers(),
            "cities": cities(),
        },
        sys.stdout,
    )


def stored_mark() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description('customers_customer'::regclass)")
        return cursor.fetchone()[0]


def fill(count: int, seed: int, mark: str) -> None:
    """Seed the database, again where an earlier benchmark wanted something else of it."""
    customers = apps.get_model("customers", "Customer").objects
    with connection.cursor() as cursor:
        if customers.exists():
            if not stored_mark():
                sys.exit("BENCH_DATABASE_URL: holds customers of your own; name another database.")
            cursor.execute("TRUNCATE customers_customer RESTART IDENTITY CASCADE")
        # First, so that an interrupted run may be repeated.
        cursor.execute("COMMENT ON TABLE customers_customer IS 'benchmark, incomplete'")
        call_command("seed_demo", customers=count, seed=seed, stdout=sys.stderr)
        cursor.execute(f"COMMENT ON TABLE customers_customer IS '{mark}'")


def remove_leftovers() -> None:
    with connection.cursor() as cursor:
        for table in LEFTOVERS:
            cursor.execute(
                f"DELETE FROM customers_{table} WHERE customer_id IN"
                " (SELECT id FROM customers_customer WHERE created_by = %s)",
                [NAME],
            )
        cursor.execute("DELETE FROM customers_customer WHERE created_by = %s", [NAME])


def own_token() -> str:
    tokens = apps.get_model("access", "ApiToken").objects
    tokens.filter(name=NAME).delete()
    group = apps.get_model("auth", "Group").objects.get(name="Integration (read/write)")
    return tokens.issue(name=NAME, group=group, may_view_pii=True)[1]


def typical_token() -> str:
    user, _ = get_user_model().objects.get_or_create(username=NAME)
    token, _ = apps.get_model("authtoken", "Token").objects.get_or_create(
        user=user, defaults={"key": secrets.token_hex(20), "created": timezone.now()}
    )
    return token.key


def identifiers() -> list[str]:
    """Phone numbers that identify one customer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.match_key FROM customers_channelidentity i"
            " JOIN schema_builder_fielddefinition f ON f.id = i.field_id"
            " WHERE f.key = 'phoneNumber' GROUP BY i.match_key"
            " HAVING count(*) = 1 AND NOT bool_or(i.is_anonymous)"
            " ORDER BY md5(i.match_key) LIMIT %s",
            [IDENTIFIERS],
        )
        return [number for (number,) in cursor.fetchall()]


def cities() -> list[str]:
    values = apps.get_model("customers", "AttributeValue").objects
    return list(
        values.filter(field__key="city").values_list("text", flat=True).distinct().order_by("text")
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
