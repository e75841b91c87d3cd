import re

import pytest
from playwright.sync_api import expect

from customers.profiles.lifecycle import create_customer
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    LabelFactory,
    UserFactory,
    ValueFactory,
)


@pytest.fixture
def agent(live_server):
    user = UserFactory(username="amy", role="Agent")
    user.set_password("a good password")
    user.save()
    return user


@pytest.fixture
def customer(agent):
    FieldFactory(key="city", label="City", section="Personal")
    body = {"firstName": "Ayesha Khan", "phoneNumber": ["+92 300 1234567"]}
    return create_customer(body, caller=agent)


def test_agent_logs_in_finds_and_opens_by_keyboard(page, customer, live_server):
    other = CustomerFactory(first_name="Omar Khan")
    outside = []
    page.on(
        "request",
        lambda request: request.url.startswith(live_server.url) or outside.append(request),
    )
    page.goto("/")
    page.get_by_label("User name").fill("amy")
    page.get_by_label("Password").fill("a good password")
    page.keyboard.press("Enter")

    box = page.get_by_role("searchbox", name="Number, e-mail, name or id")
    expect(box).to_be_focused()
    box.press_sequentially("khan")
    expect(page.get_by_role("status")).to_contain_text(["2 customers found"])
    expect(page).to_have_url(re.compile(r"\?q=khan$"))
    expect(page.locator("mark")).to_have_text(["Khan", "Khan"])

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Ayesha Khan")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator(f'article[data-customer="{other.public_id}"]')).to_be_visible()

    page.go_back()
    expect(box).to_have_value("khan")
    assert outside == []


def test_enter_opens_the_only_customer_found_and_keys_work(page, log_in, agent, customer):
    log_in(agent)
    page.goto("/")

    page.locator("[data-find]").fill("0092 300 1234567")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ayesha Khan")

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("[data-find]")).to_be_focused()
    page.keyboard.type("e?")
    expect(page.locator("[data-find]")).to_have_value("e?")
    page.locator("[data-find]").blur()
    page.keyboard.press("e")
    expect(page.get_by_role("heading", level=1)).to_have_text("Edit Ayesha Khan")


def test_field_with_a_key_in_another_script_is_edited_in_place(page, log_in, agent, customer):
    for key, label in (("größe", "Größe"), ("العمر", "العمر")):
        ValueFactory(field=FieldFactory(key=key, label=label), customer=customer)
    log_in(agent)
    page.goto(f"/customers/{customer.public_id}")

    for label in ("Größe", "العمر"):
        page.get_by_role("link", name=f"Edit {label}").click()
        page.get_by_label(label).fill("42")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".editable", has_text=label).locator("dd")).to_have_text("42")


def test_agent_edits_a_field_and_sees_it(page, log_in, agent, customer):
    log_in(agent)
    page.goto(f"/customers/{customer.public_id}/edit")

    page.get_by_label("City").fill("Lahore")
    channel = page.locator('[data-field="phoneNumber"]')
    channel.get_by_role("button", name="Add another").click()
    page.keyboard.type("+92 321 7654321")
    channel.get_by_role("button", name="Remove").first.click()
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#notices")).to_contain_text("Saved.")
    expect(page.locator('[data-field="city"] dd')).to_have_text("Lahore")
    expect(page.locator('[data-field="phoneNumber"] .value')).to_have_text(["+92 321 7654321"])


def test_agent_puts_a_label_on_and_takes_it_off(page, log_in, agent, customer):
    LabelFactory(name="Gold", color="#ffd700", priority=7)
    log_in(agent)
    page.goto(f"/customers/{customer.public_id}")

    page.get_by_role("button", name="Add").click()
    expect(page.locator("#labels .chip")).to_have_text(["Gold"])
    expect(page.locator("#badges")).to_contain_text("Priority 7")
    expect(page.locator("#record dd").last).to_have_text("1")
    page.get_by_role("button", name="Take off Gold").click()

    expect(page.locator("#labels .chip")).to_have_count(0)
    expect(page.locator("#badges")).to_contain_text("Priority 1")


@pytest.mark.parametrize("width", [480, 1500])
def test_pages_fit_the_window(page, log_in, agent, customer, width):
    log_in(agent)
    page.set_viewport_size({"width": width, "height": 900})

    for path in ("/", f"/customers/{customer.public_id}", f"/customers/{customer.public_id}/edit"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
