"""What somebody does on a page before it is pictured."""

from collections.abc import Callable

from playwright.sync_api import Page

Hand = Callable[[Page], None]


def nothing(page: Page) -> None:
    pass


def press(name: str) -> Hand:
    return lambda page: page.get_by_role("button", name=name).first.click()


def scroll_to(text: str) -> Hand:
    """So that the heading is at the top."""

    def scroll(page: Page) -> None:
        page.get_by_text(text, exact=True).first.evaluate(
            "one => one.scrollIntoView({block: 'start'})"
        )
        page.mouse.wheel(0, -90)

    return scroll


def search_for_city(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Type to search").press_sequentially("city")
    page.get_by_text("Schema - Field").wait_for()


def build_a_filter(page: Page) -> None:
    press("Edit filter")(page)
    press("Add a condition")(page)
    page.get_by_label("Field", exact=True).last.select_option(label="Updated")
    page.get_by_label("How", exact=True).last.select_option(label="in the last")
    page.get_by_label("Value", exact=True).last.fill("60")


def name_a_filter(page: Page) -> None:
    press("Save filter…")(page)
    page.get_by_role("dialog").get_by_label("Name").fill("From Karachi")


def tick_all(page: Page) -> None:
    page.locator("#action-toggle").check()


def choose_labels(page: Page) -> None:
    page.locator("#id_add").get_by_label("Business").check()
    page.get_by_label("Until").fill("2030-12-31")
    page.get_by_label("Reason").fill("Work for the same company")


def open_field(name: str) -> Hand:
    def open_it(page: Page) -> None:
        page.get_by_role("button", name=name, exact=True).click()
        page.get_by_label("Label", exact=True).wait_for()

    return open_it


def keep_in_the_draft(page: Page, text: str) -> None:
    page.get_by_label("Label", exact=True).fill(text)
    press("Keep in the draft")(page)


def change_what_moved(page: Page) -> None:
    """Somebody else is faster, in a page of their own."""
    open_website = open_field("Website")
    open_website(page)
    other = page.context.new_page()
    other.goto(page.url)
    open_website(other)
    keep_in_the_draft(other, "Web page")
    other.get_by_role("button", name="Web page", exact=True).wait_for()
    other.close()
    keep_in_the_draft(page, "Home page")
    page.get_by_text("has changed since you opened it").wait_for()


def add_a_section(page: Page) -> None:
    press("Add section")(page)
    page.get_by_label("Name", exact=True).fill("Loyalty")


def paste_options(page: Page) -> None:
    open_field("Segment")(page)
    press("Paste many")(page)
    page.get_by_label("Options").fill(
        "consumer | Consumer\nagency | Agency | #0f766e\ngold | Gold | reddish"
    )
    press("Show as rows")(page)
    page.get_by_text("is no colour").wait_for()


def issue_a_token(page: Page) -> None:
    page.get_by_label("Name").fill("Reports")
    page.locator("#id_group").select_option(label="Integration (read)")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".cxc-secret").wait_for()


def create_a_webhook(page: Page) -> None:
    page.get_by_label("Name").fill("Reports")
    page.get_by_label("URL").fill("https://192.0.2.10/in")
    page.get_by_label("customer.created").check()
    page.locator("#id_role").select_option(label="Integration (read)")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".cxc-secret").wait_for()


def link(page: Page) -> None:
    page.get_by_role("link", name="Link this conversation").first.click()
    dialog = page.locator("#dialog")
    dialog.get_by_role("searchbox").press_sequentially("amina sid")
    dialog.get_by_role("link", name="Amina Siddiqui").first.click()
    dialog.get_by_role("list", name="What will happen").wait_for()


def log_out(page: Page) -> None:
    page.context.clear_cookies()
    page.reload()


def claim(page: Page) -> None:
    page.get_by_label("Channel").select_option("phoneNumber")
    page.get_by_label("Number, address or name there").fill("+923001234567")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("heading", name="already belongs to").wait_for()
