import re

import pytest
from playwright.sync_api import expect

from access.actors import Actor
from customers.duplicates.queue import refresh_pairs
from customers.models import Conversation, Customer, DuplicatePair
from customers.profiles.lifecycle import create_customer
from schema_builder.models import ChannelType
from tests.support.factories import FieldFactory, UserFactory

PHONE = "+923001234567"
SAM = Actor(name="sam", user_id="1", is_superuser=True)


@pytest.fixture
def city(live_server):
    return FieldFactory(key="city", label="City", section="Personal")


@pytest.fixture
def ayesha(city):
    body = {"firstName": "Ayesha Khan", "phoneNumber": [PHONE], "city": "Lahore"}
    return create_customer(body, caller=SAM)


@pytest.fixture
def khan(city):
    body = {"firstName": "A. Khan", "phoneNumber": [PHONE], "city": "Karachi"}
    return create_customer(body, caller=SAM)


@pytest.fixture
def supervisor(page, log_in, live_server):
    log_in(UserFactory(username="sue", role="Supervisor"))
    # Where a page breaks its policy, the browser says so in the console, which fails the test.
    page.context.add_init_script(
        "document.addEventListener('securitypolicyviolation', e => console.error(e.violatedDirective))"
    )
    return page


def heading(page):
    return page.get_by_role("heading", level=1)


def test_conversation_is_linked_and_the_link_undone(supervisor, ayesha):
    stranger = create_customer({"phoneNumber": ["+923217654321"]}, caller=SAM)
    Conversation.objects.create(
        conversation_id="c1",
        customer=stranger,
        channel_type=ChannelType.objects.get(name="SMS"),
        identifier="+923217654321",
    )
    page = supervisor
    page.goto(f"/customers/{stranger.public_id}")

    page.get_by_role("link", name="Link this conversation to another customer").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    # As fast as people type: the dialog needs a moment to listen.
    page.keyboard.type("ayesha", delay=60)
    dialog.get_by_role("link", name="Ayesha Khan").click()
    outcome = dialog.get_by_role("list", name="What will happen")
    expect(outcome).to_contain_text("is added")
    dialog.get_by_label("Add the identity").uncheck()
    expect(outcome).to_contain_text("is dropped: It was not to be added.")
    dialog.get_by_label("Add the identity").check()
    expect(outcome).to_contain_text("is added")
    dialog.get_by_role("button", name="Link").click()

    expect(heading(page)).to_have_text("Ayesha Khan")
    expect(page.locator('[data-field="phoneNumber"] .value')).to_have_text([PHONE, "+923217654321"])
    expect(page.locator(".stream")).to_contain_text("Conversation moved here from Jane Doe")
    page.get_by_role("button", name="Undo").click()

    expect(page.locator(f'article[data-customer="{stranger.public_id}"]')).to_be_visible()
    expect(page.locator(".stream")).to_contain_text("undone")


def test_customers_are_merged_field_by_field_and_parted_again(supervisor, ayesha, khan):
    refresh_pairs([ayesha.pk])
    page = supervisor
    page.goto(f"/customers/{ayesha.public_id}")

    page.get_by_role("link", name="Compare").click()
    result = page.get_by_role("region", name="After the merge")
    expect(result).to_contain_text("Lahore")
    page.get_by_role("radio", name="Karachi").check()
    expect(result).to_contain_text("Karachi")
    page.get_by_role("button", name="Merge").click()
    expect(heading(page)).to_have_text("Ayesha Khan")
    expect(page.locator('[data-field="city"] dd')).to_have_text("Karachi")
    assert not Customer.objects.filter(pk=khan.pk).exists()
    page.keyboard.press("z")

    expect(page.locator('[data-field="city"] dd')).to_have_text("Lahore")
    assert Customer.objects.filter(pk=khan.pk).exists()


def test_queue_is_worked_off_by_keyboard(supervisor, city):
    for number in range(3):
        for name in ("Amy", "Bob"):
            body = {"firstName": f"{name} {number}", "phoneNumber": [f"+92300123456{number}"]}
            create_customer(body, caller=SAM)
    refresh_pairs(Customer.objects.values_list("pk", flat=True))
    page = supervisor
    page.goto("/duplicates")
    kept = page.locator("th.kept")

    expect(kept).to_contain_text("Amy 0")
    page.keyboard.press("j")
    expect(kept).to_contain_text("Amy 1")
    page.keyboard.press("k")
    expect(kept).to_contain_text("Amy 0")
    page.keyboard.press("2")
    expect(kept).to_contain_text("Bob 0")
    page.keyboard.press("m")
    expect(page.locator("#notices")).to_contain_text("Amy 0 merged into Bob 0.")
    expect(kept).to_contain_text("Amy 1")
    page.keyboard.press("s")
    expect(kept).to_contain_text("Amy 2")
    page.keyboard.press("n")
    expect(kept).to_contain_text("Amy 1")
    page.keyboard.press("n")

    expect(heading(page)).to_have_text("No duplicates in sight")
    assert not DuplicatePair.objects.exists()


def test_field_is_edited_where_it_stands(supervisor, ayesha):
    page = supervisor
    page.goto(f"/customers/{ayesha.public_id}")
    row = page.locator('[data-field="city"]')

    row.locator("dd").click()
    expect(row.get_by_label("City")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row.locator("dd")).to_have_text("Lahore")
    expect(row.get_by_role("link", name="Edit City")).to_be_focused()
    page.keyboard.press("e")
    expect(row.get_by_label("City")).to_be_focused()
    page.keyboard.type("Multan")
    page.keyboard.press("Enter")

    expect(row.locator("dd")).to_have_text("Multan")
    expect(page.locator(".stream")).to_contain_text("City: Lahore → Multan")
    page.keyboard.press("z")
    expect(row.locator("dd")).to_have_text("Lahore")


def test_side_panel_goes_on_as_one(supervisor, ayesha):
    page = supervisor
    page.set_viewport_size({"width": 480, "height": 900})
    page.goto(f"/customers/{ayesha.public_id}?embed=1")

    expect(page.get_by_role("button", name="Log out")).to_be_hidden()
    page.get_by_role("link", name="Edit all").click()
    expect(page).to_have_url(re.compile(r"/edit\?embed=1$"))
    page.get_by_label("City").fill("Multan")
    page.get_by_role("button", name="Save").click()

    expect(page).to_have_url(re.compile(rf"/customers/{ayesha.public_id}\?embed=1$"))
    expect(page.locator("#notices")).to_contain_text("Saved.")


@pytest.mark.parametrize("width", [480, 1500])
def test_desk_pages_fit_the_window(supervisor, ayesha, khan, width):
    refresh_pairs([ayesha.pk])
    page = supervisor
    page.set_viewport_size({"width": width, "height": 900})

    both = f"{ayesha.public_id},{khan.public_id}"
    person = f"/customers/{ayesha.public_id}"
    for path in (
        person,
        f"{person}/split",
        f"{person}/merge",
        f"/merge?customers={both}",
        "/duplicates",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
