"""What somebody who never saw the product before gets done by browser alone."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from customers.models import CustomerLabel, SavedFilter
from schema_builder.models import FieldDefinition
from tests.support.factories import CustomerFactory, FieldFactory, LabelFactory, ValueFactory


def go(page, path):
    """By the side bar; a page answers to clicks once all of it is there."""
    page.locator(f"a[href='{path}']").first.click()
    page.wait_for_url(f"**{path}")


def add_field(page):
    go(page, "/admin/schema/")
    page.get_by_role("button", name="Add field to Contract").click()
    page.get_by_role("link", name="Date A day").click()
    page.get_by_label("Label", exact=True).press_sequentially("Contract end")
    page.get_by_label("Searchable").check()
    page.get_by_role("button", name="Add to the draft").click()


def publish(page):
    page.get_by_role("link", name="See what changes").click()
    expect(page.locator(".bld-told")).to_contain_text("“Contract end” added")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Agents see it now.")).to_be_visible()


def fill(page, name, day):
    go(page, "/admin/customers/customer/")
    page.get_by_role("link", name=name).click()
    page.get_by_label("Contract end").fill(day)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()


def filter_by_end(page):
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_label("Field", exact=True).select_option(label="Contract end")
    page.get_by_label("How", exact=True).select_option(label="in the next")
    page.get_by_label("Value", exact=True).fill("60")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Contract end in the next 60 days")).to_be_visible()


def save_filter(page):
    page.get_by_role("button", name="Save filter…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Ends soon")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Ends soon")).to_have_class("active")


def label_all(page, until):
    page.locator("#action-toggle").check()
    page.get_by_role("button", name="Label").click()
    page.locator("#id_add").get_by_label("VIP").check()
    page.get_by_label("Until").fill(until)
    page.get_by_role("button", name="Label").click()
    expect(page.get_by_text("2 changed")).to_be_visible()


def test_a_new_field_is_made_filled_filtered_by_and_its_matches_labelled(
    page, log_in, supervisor, worker
):
    FieldFactory(key="contractNumber", label="Contract number", section="Contract")
    LabelFactory(name="VIP", priority=9)
    today = timezone.now().date()
    soon, later = today + timedelta(days=30), today + timedelta(days=300)
    names = ["Amal", "Bilal", "Chen"]
    amal, bilal, chen = (CustomerFactory(first_name=name) for name in names)
    log_in(supervisor)
    page.goto("/admin/")

    add_field(page)
    publish(page)
    fill(page, "Amal", soon.isoformat())
    field = FieldDefinition.objects.get(key="contractEnd")
    for customer, day in [(bilal, soon), (chen, later)]:
        value = field.field_type.clean(day.isoformat(), field)
        ValueFactory(customer=customer, field=field, text=value.text, timestamp=value.timestamp)
    go(page, "/admin/customers/customer/")
    filter_by_end(page)
    save_filter(page)
    label_all(page, until=soon.isoformat())

    worn = CustomerLabel.objects.order_by("customer_id")
    assert [row.customer_id for row in worn] == [amal.pk, bilal.pk]
    assert {row.expires_at.date() for row in worn} == {soon}
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 step taken back")).to_be_visible()
    assert not CustomerLabel.objects.exists()
    assert SavedFilter.objects.get().name == "Ends soon"
