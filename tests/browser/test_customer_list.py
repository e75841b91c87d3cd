from playwright.sync_api import expect

from customers.duplicates.queue import refresh_pairs
from customers.models import ColumnChoice, Customer, CustomerLabel, SavedFilter
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
)


def test_supervisor_filters_saves_labels_all_and_takes_it_back(page, log_in, supervisor, worker):
    town = FieldFactory(key="town", label="Town", is_searchable=True)
    for n in range(60):
        ValueFactory(field=town, text="Ulm", customer__first_name=f"Amal {n}")
    CustomerFactory(first_name="Bob")
    LabelFactory(name="Gold")
    log_in(supervisor)
    page.goto("/admin/customers/customer/")

    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_label("Field", exact=True).select_option(label="Town")
    page.get_by_label("How", exact=True).select_option(label="starts with")
    page.get_by_label("Value", exact=True).fill("ul")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Town starts with ul")).to_be_visible()
    expect(page.get_by_text("60 customers")).to_be_visible()

    page.get_by_role("button", name="Save filter…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("From Ulm")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="From Ulm")).to_have_class("active")

    page.locator("#action-toggle").check()
    page.get_by_role("link", name="Choose all 60 that match").click()
    page.get_by_role("button", name="Label").click()
    page.locator("#id_add").get_by_label("Gold").check()
    page.get_by_role("button", name="Label").click()
    expect(page.get_by_text("60 changed")).to_be_visible()
    labelled = CustomerLabel.objects.count()

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Undo: Label Gold: 60 customers").first).to_be_visible()
    expect(page.get_by_text("1 step taken back")).to_be_visible()

    assert labelled == 60
    assert not CustomerLabel.objects.exists()
    assert SavedFilter.objects.get().conditions == [["town", "starts", "ul"]]


def test_filter_says_while_typing_that_a_part_is_too_short(page, log_in, supervisor):
    CustomerFactory(first_name="Amal")
    log_in(supervisor)
    page.goto("/admin/customers/customer/")

    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_label("Field", exact=True).select_option(label="First name")
    page.get_by_label("How", exact=True).select_option(label="contains")
    value, message = page.get_by_label("Value", exact=True), page.locator(".cxl-short")
    expect(value).to_have_attribute("placeholder", "3 characters or more")
    value.press_sequentially("am")
    expect(message).to_have_text("Type at least 3 characters.")
    value.press_sequentially("a")
    expect(message).to_have_text("")
    page.get_by_role("button", name="Apply").click()

    expect(page.get_by_text("First name contains ama")).to_be_visible()


def test_first_row_is_aligned_like_the_others(page, log_in, supervisor):
    CustomerFactory.create_batch(3, first_name="Amal")
    log_in(supervisor)
    page.goto("/admin/customers/customer/")

    heights = page.evaluate(
        "[...document.querySelectorAll('#result_list tbody tr')].map(row => row.offsetHeight)"
    )
    paddings = page.evaluate(
        "[...document.querySelectorAll('#result_list tbody tr')]"
        ".map(row => getComputedStyle(row.cells[1]).paddingTop)"
    )

    assert len(set(heights)) == len(set(paddings)) == 1


def test_columns_are_chosen_and_moved_by_the_keyboard(page, log_in, supervisor):
    FieldFactory(key="town", label="Town")
    CustomerFactory(first_name="Amal")
    log_in(supervisor)
    page.goto("/admin/customers/customer/")

    page.get_by_role("button", name="Columns").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Town").check()
    dialog.get_by_label("Updated", exact=True).uncheck()
    dialog.locator("li", has_text="Town").focus()
    page.keyboard.press("Alt+ArrowUp")
    dialog.get_by_role("button", name="Apply").click()
    page.wait_for_url("**/customer/")

    assert ColumnChoice.objects.get().keys == ["firstName", ".identifiers", "town", "labels"]


def choose_everybody(page):
    page.goto("/admin/customers/customer/")
    page.locator("#action-toggle").check()


def test_likely_duplicates_are_merged_and_parted_again(page, log_in, supervisor, worker):
    for name in ("Amal Noor", "Bea Lund"):
        for _ in range(2):
            IdentityFactory(
                customer=CustomerFactory(first_name=name), value=f"+4930{len(name)}5551"
            )
    refresh_pairs(Customer.objects.values_list("pk", flat=True))
    log_in(supervisor)
    choose_everybody(page)

    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_label("Likely duplicates whose names are alike: 2 groups")).to_be_checked()
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_text("2 customers merged into others")).to_be_visible()
    merged = Customer.objects.count()

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 steps taken back")).to_be_visible()
    assert (merged, Customer.objects.count()) == (2, 4)


def test_customers_are_exported_to_a_file(page, log_in, supervisor, worker):
    for n in range(3):
        CustomerFactory(first_name=f"Amal {n}")
    log_in(supervisor)
    choose_everybody(page)

    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_text("3 customers in the file")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()

    assert download.value.suggested_filename.startswith("customers-")
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ['"Amal 2"', '"Amal 1"', '"Amal 0"']
