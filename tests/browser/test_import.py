import pytest
from playwright.sync_api import expect

from customers.models import Customer
from tests.support.factories import FieldFactory, UserFactory


@pytest.fixture
def supervisor(live_server):
    return UserFactory(username="sue", role="Supervisor", is_staff=True)


EUROPEAN = "Name;Mobil;Joined;Tier\nAmal;0151 12345678;03/04/1980;Premium\n"
PEOPLE = "Name;Phone number;Town\nAmal;+923001234567;Köln\nBea;0000;\n"


def test_supervisor_imports_a_file_and_takes_it_back(page, log_in, supervisor, worker):
    FieldFactory(key="town", label="Town")
    log_in(supervisor)
    page.goto("/admin/customers/customer/")

    page.get_by_role("link", name="Import", exact=True).click()
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": PEOPLE.encode("cp1252")}
    page.get_by_label("A CSV file").set_input_files(file)
    page.get_by_role("button", name="Next").click()

    expect(page.get_by_text("Köln")).to_be_visible()
    expect(page.get_by_label("Town")).to_have_value("town")
    page.get_by_role("button", name="Check", exact=True).press("Enter")

    expect(page.get_by_text("1 created")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("Is not an identifier")).to_be_visible()
    assert not Customer.objects.exists()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the refused rows with the reasons").click()
    assert download.value.suggested_filename.startswith("refused-rows-")

    page.get_by_role("button", name="Import the others").click()
    page.get_by_role("button", name="Undo").click(timeout=20_000)
    expect(page.get_by_text("1 step taken back")).to_be_visible(timeout=20_000)
    assert not Customer.objects.exists()


def test_supervisor_says_how_columns_are_written_by_keyboard(page, log_in, supervisor, worker):
    FieldFactory(key="joined", label="Joined", type="date")
    FieldFactory(key="tier", label="Tier", type="choice", options=[{"value": "Gold"}])
    log_in(supervisor)
    page.set_viewport_size({"width": 480, "height": 900})
    page.goto("/admin/customers/customer/import/")
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": EUROPEAN.encode()}
    page.get_by_label("A CSV file").set_input_files(file)
    page.get_by_role("button", name="Next").press("Enter")

    expect(page.get_by_text("1980-04-03")).to_be_visible()
    expect(page.get_by_text("can be read in another way")).to_be_visible()
    order = page.get_by_label("Order of dates")
    order.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text("1980-03-04")).to_be_visible()
    expect(order).to_be_focused()
    page.get_by_label("“Premium” is").select_option("Gold")
    page.get_by_label("Country of numbers without country code").select_option("DE")
    expect(page.get_by_text("+4915112345678")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 480
    page.get_by_role("button", name="Check", exact=True).press("Enter")

    expect(page.get_by_text("1 created")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("1980-03-04")).to_be_visible()
