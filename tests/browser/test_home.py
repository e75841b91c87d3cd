import pytest
from playwright.sync_api import expect

from customers.models import DuplicatePair
from tests.support.factories import IdentityFactory, UserFactory

PHONE = "+923001234567"


@pytest.fixture
def supervisor(live_server):
    return UserFactory(username="sue", role="Supervisor", is_staff=True)


def test_home_leads_a_supervisor_to_who_is_behind_a_number(page, log_in, supervisor):
    one, other = [IdentityFactory(value=PHONE).customer for _ in range(2)]
    DuplicatePair.objects.create(first=one, second=other, score=90)
    log_in(supervisor)

    page.goto("/admin/")
    expect(page.get_by_role("img", name="New customers by channel")).to_be_visible()
    drawn = page.locator("canvas.chart").first.evaluate("chart => chart.toDataURL().length")
    assert drawn > 3000
    page.get_by_text("The same as a table").first.click()
    expect(page.get_by_role("columnheader", name="Phone number")).to_be_visible()
    page.get_by_role("link", name="Ambiguous identifiers").click()

    expect(page.get_by_text("2 customers", exact=True)).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Hide this list").click()
    page.wait_for_url("**/admin/")
    expect(page.get_by_role("heading", name="Set up")).to_have_count(0)


def test_home_fits_a_phone(page, log_in, supervisor):
    IdentityFactory.create_batch(2, value=PHONE)
    log_in(supervisor)
    page.set_viewport_size({"width": 360, "height": 740})

    page.goto("/admin/")

    # The scroll bar takes its room.
    width = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    assert len(set(page.evaluate(width))) == 1
