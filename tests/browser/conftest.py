"""A real Chromium on a served copy of the product."""

import os
import threading

import pytest
from django.db import connection
from playwright.sync_api import sync_playwright

from jobs.execution import run_chunk
from tests.support.chromium import launch
from tests.support.factories import UserFactory

from .installation import install


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(os.path.dirname(__file__)):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser(chromium):
    # Playwright runs an event loop in this thread, in which Django would refuse its database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = launch(playwright, chromium)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser, live_server):
    """A fresh profile on the served product; what the console complains about fails the test."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def log_in(page, live_server, client):
    """Log the page in as a user, without the form."""

    def log_in(user):
        client.force_login(user)
        cookie = client.cookies["sessionid"]
        page.context.add_cookies(
            [{"name": "sessionid", "value": cookie.value, "url": live_server.url}]
        )

    return log_in


@pytest.fixture
def supervisor(live_server):
    return UserFactory(username="sue", role="Supervisor", is_staff=True)


@pytest.fixture
def worker(live_server):
    """What works off jobs beside the server."""
    stopping = threading.Event()

    def work():
        while not stopping.wait(0.2):
            run_chunk()
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stopping.set()
    thread.join()


@pytest.fixture
def installation(live_server):
    return install()
