import pytest
from playwright.sync_api import expect

from customers.models import Customer
from schema_builder.models import FieldDefinition
from tests.support.factories import CustomerFactory, IdentityFactory, UserFactory

PASSWORD = "correct-horse-battery"


@pytest.fixture
def supervisor(live_server):
    user = UserFactory(username="sue", role="Supervisor", is_staff=True)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def at_home(page, live_server):
    """Fails the test where a page asked anybody but our own server."""
    strangers = []
    page.on(
        "request",
        lambda request: (
            request.url.startswith((live_server.url, "data:")) or strangers.append(request.url)
        ),
    )
    yield
    assert strangers == []


def test_supervisor_defines_a_field_fills_it_and_agents_see_it(page, supervisor, at_home):
    customer = CustomerFactory(first_name="Amal")
    IdentityFactory(customer=customer)

    page.goto("/admin/")
    page.get_by_label("Username").fill("sue")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    page.get_by_role("link", name="Fields").first.click()
    page.goto("/admin/schema_builder/fielddefinition/add/")
    page.get_by_label("Label").fill("Contract end")
    expect(page.get_by_label("Key")).to_have_value("contractEnd")
    page.locator("#id_type").select_option(label="Date")
    page.get_by_label("Section").fill("Contract")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/fielddefinition/")

    page.goto("/admin/customers/customer/?q=amal")
    page.get_by_role("link", name="Amal").click()
    page.locator("[name=contractEnd]").fill("2027-03-31")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/customer/?q=amal")

    page.goto(f"/customers/{customer.public_id}")
    row = page.locator('[data-field="contractEnd"]')
    assert "Contract end" in row.inner_text()
    assert "2027" in row.inner_text()
    assert Customer.objects.get().values.get().text == "2027-03-31"


@pytest.mark.parametrize(
    ("field_type", "shown"),
    [
        ("string", {"length", "pattern", "is_channel_identifier"}),
        ("number", {"min_value"}),
        ("choice", {"options"}),
        ("phonenumber", {"pattern", "is_channel_identifier"}),
    ],
)
def test_form_of_a_field_shows_what_its_type_has(page, log_in, supervisor, field_type, shown):
    log_in(supervisor)
    page.goto("/admin/schema_builder/fielddefinition/add/")

    page.locator("#id_type").select_option(field_type)

    # The page follows the choice in a moment of its own.
    for name in ("length", "min_value", "options", "pattern", "is_channel_identifier"):
        expect(page.locator(f"#id_{name}")).to_be_visible(visible=name in shown)


def test_key_that_was_typed_stays(page, log_in, supervisor):
    log_in(supervisor)
    page.goto("/admin/schema_builder/fielddefinition/add/")

    page.get_by_label("Label").fill("2nd Phone-number ÄÖ")
    derived = page.get_by_label("Key").input_value()
    page.get_by_label("Key").press("End")
    page.get_by_label("Key").press_sequentially("X")
    page.get_by_label("Label").fill("Another")

    assert derived == "ndPhoneNumberÄÖ"
    assert page.get_by_label("Key").input_value() == "ndPhoneNumberÄÖX"


def drag(page, handle, place):
    handle.hover()
    page.mouse.down()
    target = place.bounding_box()
    page.mouse.move(target["x"] + 10, target["y"] + 20, steps=8)
    page.mouse.move(target["x"] + 10, target["y"] + 4, steps=4)
    page.mouse.up()


def test_rows_are_dragged_and_saved(page, log_in, supervisor):
    log_in(supervisor)
    page.goto("/admin/schema_builder/fielddefinition/")
    rows, handle = page.locator("#result_list tbody tr"), page.locator("td[x-sort\\:handle] div")
    moved, second = rows.filter(has_text="WhatsApp"), rows.nth(1)

    # Rows glide while they are dragged over, so that one may be dropped too early.
    while "WhatsApp" not in second.inner_text():
        drag(page, moved.locator(handle), second.locator(handle))
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("The new order of the fields is saved.").wait_for()

    order = FieldDefinition.objects.order_by("sort_order", "id").values_list("key", flat=True)
    assert list(order[:4]) == ["firstName", "whatsapp", "phoneNumber", "email"]
