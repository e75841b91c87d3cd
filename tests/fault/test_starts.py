"""Instances that start at the same time on one database."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg

from .conftest import ROOT, Service, free_port, new_database

# A state of the database that earlier versions left behind, and customers in it.
EARLIER = ("customers", "0018_exports")
FILL = """
INSERT INTO customers_customer
    (public_id, first_name, folded_name, is_anonymous, version, created_at, updated_at,
     created_by, updated_by)
SELECT lpad(to_hex(n), 24, '0'), 'Álvaro ' || n, 'álvaro ' || n, false, 0, now(), now(), '', ''
FROM generate_series(1, 20000) n
"""


@contextmanager
def two_instances(tmp_path_factory, url):
    both = [Service(tmp_path_factory.mktemp("start"), url, free_port()) for _ in range(2)]
    try:
        for service in both:
            service.start("--workers=1")
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(Service.wait_until_ready, both))
        yield both
    finally:
        for service in both:
            service.stop()


def said(services, sentence):
    """How many of the services printed the sentence."""
    return sum(sentence in service.output() for service in services)


def test_two_instances_on_an_empty_database_both_serve(tmp_path_factory):
    with new_database() as url, two_instances(tmp_path_factory, url) as both:
        assert said(both, "Log-in admin, password") == 1
        assert said(both, "Another instance is preparing the database.") == 1


def test_two_instances_upgrade_a_filled_database_once(tmp_path_factory):
    with new_database() as url:
        migrate = [sys.executable, "manage.py", "migrate", *EARLIER]
        service = Service(tmp_path_factory.mktemp("earlier"), url, free_port())
        environment = service.environment | {"SECRET_KEY": "0" * 50}
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True, capture_output=True)
        with psycopg.connect(url, autocommit=True) as database:
            database.execute(FILL)
        with two_instances(tmp_path_factory, url) as both, psycopg.connect(url) as database:
            assert said(both, "Another instance is preparing the database.") == 1
            customers = database.execute("SELECT count(*) FROM customers_customer").fetchone()
            applied = database.execute(
                "SELECT max(times) FROM (SELECT count(*) times FROM django_migrations"
                " GROUP BY app, name) counted"
            ).fetchone()

    assert (customers, applied) == ((20_000,), (1,))
