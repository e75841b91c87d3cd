import pytest
from playwright.sync_api import expect

from customers.models import Customer
from tests.factories import FieldFactory, UserFactory


@pytest.fixture
def supervisor(live_server):
    return UserFactory(username="sue", role="Supervisor", is_staff=True)


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
