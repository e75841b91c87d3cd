import re

import pytest
from playwright.sync_api import expect

from customers.profiles.lifecycle import create_customer
from tests.support.factories import UserFactory
from tests.support.operations import SAM, identifiers_of

NUMBER = "+923001234567"


@pytest.fixture
def page_of_supervisor(page, log_in, live_server):
    log_in(UserFactory(username="sue", role="Supervisor"))
    return page


def test_identifier_is_claimed_by_the_keyboard_alone(page_of_supervisor):
    page = page_of_supervisor
    ayesha = create_customer({"firstName": "Ayesha Khan"}, caller=SAM)
    oliver = create_customer({"firstName": "Oliver Grant", "phoneNumber": [NUMBER]}, caller=SAM)
    page.goto(f"/customers/{ayesha.public_id}")

    page.get_by_role("link", name="Add a number or address").press("Enter")
    dialog = page.locator("#dialog")
    expect(dialog.get_by_label("Number, address or name there")).to_be_focused()
    page.keyboard.type(NUMBER)
    dialog.get_by_label("Channel").select_option("phoneNumber")
    dialog.get_by_label("Number, address or name there").press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("already belongs to Oliver Grant")
    page.get_by_role("button", name="Claim it").press("Enter")
    expect(page.locator(".owners")).to_contain_text("Oliver Grant")
    expect(page.get_by_label("Why?")).to_be_focused()
    page.keyboard.type("Number was given to her")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(f"/customers/{ayesha.public_id}$"))
    expect(page.locator('[data-field="phoneNumber"] .value')).to_have_text(NUMBER)
    assert identifiers_of(oliver) == []
    page.keyboard.press("z")
    expect(page.locator(".stream")).to_contain_text("undone")
    assert identifiers_of(oliver) == [("phoneNumber", NUMBER)]


def test_identifier_is_removed_from_the_menu_of_its_row(page_of_supervisor):
    page = page_of_supervisor
    oliver = create_customer({"firstName": "Oliver Grant", "phoneNumber": [NUMBER]}, caller=SAM)
    page.goto(f"/customers/{oliver.public_id}")

    page.locator(".marks summary").press("Enter")
    page.get_by_role("button", name="Remove", exact=True).press("Enter")

    expect(page.get_by_text("Phone number removed.")).to_be_visible()
    assert identifiers_of(oliver) == []
