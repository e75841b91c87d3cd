"""An administrator sets a webhook up, and a system of theirs learns of an edit."""

import threading
from ipaddress import ip_network

import pytest
from django.db import connection
from playwright.sync_api import expect
from standardwebhooks.webhooks import Webhook

from customers.history.webhook_payloads import payloads_for
from tests.support.factories import CustomerFactory, UserFactory
from tests.webhooks.receivers import receiving
from webhooks.delivering import deliver


@pytest.fixture
def sender(live_server):
    """What sends webhooks beside the server."""
    stopping = threading.Event()

    def work():
        while not stopping.wait(0.2):
            for _ in deliver(payloads_for):
                pass
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stopping.set()
    thread.join()


def test_webhook_is_set_up_tested_and_told(page, log_in, sender, settings):
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    log_in(UserFactory(username="ada", role="Administrator", is_staff=True))
    customer = CustomerFactory(first_name="Amy")

    with receiving() as receiver:
        page.goto("/admin/webhooks/subscription/add/")
        page.get_by_label("Name").fill("CRM")
        page.get_by_label("URL").fill(receiver.url)
        page.get_by_label("customer.updated").check()
        page.locator("#id_role").select_option(label="Integration (read)")
        page.get_by_role("button", name="Save", exact=True).click()
        secret = page.locator(".cxc-secret").inner_text()
        page.get_by_role("link", name="I have copied it").click()
        page.get_by_role("link", name="Send a test").click()
        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_text("The test is on its way")).to_be_visible()
        page.goto(f"/customers/{customer.public_id}/edit")
        page.get_by_label("First name").fill("Ann")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Ann")).to_be_visible()
        page.goto("/admin/webhooks/delivery/")
        expect(page.get_by_text("customer.updated")).to_be_visible()
        for _ in range(50):
            if len(receiver.got) == 2:
                break
            page.wait_for_timeout(200)
        page.reload()
        expect(page.locator(".cxc-chip", has_text="Delivered")).to_have_count(2)

    (_, test), (_, update) = receiver.told
    assert test == {"askedBy": "ada"}
    assert update["customer"]["firstName"] == "Ann"
    for headers, body in receiver.got:
        assert Webhook(secret).verify(body, headers)
