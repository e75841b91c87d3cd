import pytest

from customers.models import Customer
from schema_builder.models import FieldDefinition
from tests.factories import CustomerFactory, IdentityFactory, UserFactory

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
    assert page.get_by_label("Key").input_value() == "contractEnd"
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


def test_form_of_a_field_shows_what_its_type_has(page, log_in, supervisor, at_home):
    log_in(supervisor)
    page.goto("/admin/schema_builder/fielddefinition/add/")
    inputs = ("length", "min_value", "options", "pattern", "is_channel_identifier")

    shown = {}
    for field_type in ("string", "number", "choice", "phonenumber"):
        page.locator("#id_type").select_option(field_type)
        shown[field_type] = {name for name in inputs if page.locator(f"#id_{name}").is_visible()}

    assert shown == {
        "string": {"length", "pattern", "is_channel_identifier"},
        "number": {"min_value"},
        "choice": {"options"},
        "phonenumber": {"pattern", "is_channel_identifier"},
    }


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


def test_rows_are_dragged_and_saved(page, log_in, supervisor):
    log_in(supervisor)
    page.goto("/admin/schema_builder/fielddefinition/")
    handles = page.locator("#result_list tbody td[x-sort\\:handle] div")

    handles.nth(3).hover()
    page.mouse.down()
    target = handles.nth(1).bounding_box()
    page.mouse.move(target["x"] + 10, target["y"] + 20, steps=8)
    page.mouse.move(target["x"] + 10, target["y"] + 4, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("The new order of the fields is saved.").wait_for()

    order = FieldDefinition.objects.order_by("sort_order", "id").values_list("key", flat=True)
    assert list(order[:4]) == ["firstName", "whatsapp", "phoneNumber", "email"]
