"""Every page costs so many queries, however many rows it lists."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from schema_builder.schema import current_schema
from tests.support.pages import (
    ACCESS,
    AGENT,
    CUSTOMERS,
    DESK,
    ENTRANCES,
    FOR_NOBODY,
    NO_PAGES,
    ONLY_POST,
    PARTS,
    SET_UP,
    TRIED_OUT,
)
from tests.support.routes import pages, route_of, routes, sample_path
from tests.support.staff import staff
from tests.support.world import begun, grow

FIXED = CUSTOMERS | SET_UP | ACCESS | DESK
EVERYWHERE = [*FIXED, *TRIED_OUT, *PARTS, *AGENT, *ENTRANCES]
HTMX = {"HX-Request": "true"}


def looker():
    """Somebody who may see everything but personal data, and touch nothing."""
    client = staff()
    views = Permission.objects.filter(codename__startswith="view_").exclude(codename="view_pii")
    client.user.user_permissions.set(views)
    return client


def administrator(rows):
    client = Client()
    client.force_login(rows.sue)
    return client


def forget_and_learn():
    """Let no page profit from the one before."""
    cache.clear()
    ContentType.objects.get_for_models(*apps.get_models())
    current_schema()


def cost(client, address, rows, **options):
    """(status, queries) of a page, read to its end."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address.format(**vars(rows)), **options)
        b"".join(response)
    return response.status_code, len(queries)


def costs(client, addresses, rows, **options):
    forget_and_learn()
    return {address: cost(client, address, rows, **options) for address in addresses}


def opened(table):
    return {address: (200, queries) for address, queries in table.items()}


@pytest.fixture(params=[1, 3])
def rows(request, db):
    rows = begun()
    for _ in range(request.param):
        grow(rows)
    return rows


def test_page_costs_the_same_for_one_and_for_many(rows):
    client = administrator(rows)

    assert costs(client, FIXED, rows) == opened(FIXED)
    assert costs(client, PARTS, rows, headers=HTMX) == opened(PARTS)
    assert costs(staff("Agent"), AGENT, rows) == opened(AGENT)
    assert costs(Client(), ENTRANCES, rows) == opened(ENTRANCES)


def test_page_that_tries_something_out_costs_so_much_for_each_change(rows):
    expected = {place: once + each * (rows.size - 1) for place, (once, each) in TRIED_OUT.items()}

    assert costs(administrator(rows), TRIED_OUT, rows) == opened(expected)


@pytest.mark.django_db
def test_page_costs_whoever_opens_it_the_same_for_one_and_for_many():
    rows = begun()
    clients = {"supervisor": staff("Supervisor"), "looker": looker()}

    def costs_by_viewer():
        grow(rows)
        return {who: costs(client, FIXED, rows) for who, client in clients.items()}

    one = costs_by_viewer()
    grow(rows)

    assert costs_by_viewer() == one


def test_every_page_is_listed():
    listed = {route_of(address) for address in EVERYWHERE}

    assert pages() == listed | ONLY_POST | FOR_NOBODY | NO_PAGES.keys()


@pytest.mark.parametrize(("names", "status"), [(ONLY_POST, 405), (FOR_NOBODY, 403)])
def test_what_is_not_listed_is_no_page(admin_client, names, status):
    paths = {name: sample_path(path) for name, path in routes() if name in names}

    statuses = {name: admin_client.get(path).status_code for name, path in paths.items()}

    assert statuses == dict.fromkeys(names, status)
