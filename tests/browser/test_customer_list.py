from playwright.sync_api import expect

from customers.models import ColumnChoice, CustomerLabel, SavedFilter
from tests.factories import CustomerFactory, FieldFactory, LabelFactory, ValueFactory


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
