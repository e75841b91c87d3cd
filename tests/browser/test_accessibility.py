"""Every page meets WCAG 2.1 AA, as far as axe can tell, in both colour schemes.

Its checkboxes and radio buttons are measured as well: axe does not see that one is squeezed.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.boxes import unreadable_boxes
from tests.browser.pages import AREAS, ENTRANCES, Page
from tests.support.pages import FOR_NOBODY, NO_PAGES, ONLY_POST
from tests.support.routes import pages, route_of

pytestmark = pytest.mark.appearance

DESK_SIZE, PHONE_SIZE = {"width": 1500, "height": 900}, {"width": 480, "height": 900}
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    "resultTypes": ["violations"],
    # Else it judges no text over a decoration.
    "checks": {"color-contrast": {"options": {"ignorePseudo": True}}},
}
# Nor any over a gradient: this is its end with the least contrast.
FLATTEN = (
    "document.querySelector('.top, .plain') && (document.body.style.background = 'var(--glow)')"
)
REST = "Promise.allSettled(document.getAnimations().map(one => one.finished))"
CONTRAST = "{contrastRatio} of {expectedContrastRatio}, {fgColor} on {bgColor}, {fontSize}"
ON_A_PHONE = {
    "find: results", "profile", "edit", "duplicates", "home", "customers", "saved filter, edited",
    "customer", "schema builder", "schema changes: everybody", "fields", "field", "rule bench: tried",
    "webhook", "webhook delivery",
}  # fmt: skip
PHONE_PAGES = [each for area in AREAS.values() for each in area if each.name in ON_A_PHONE]
# A file, an answer to a script, or a part of a page that is looked at with it.
UNSEEN = {
    "admin-search",
    "admin:autocomplete",
    "admin:customers_customer_import_rejects",
    "admin:jobs_job_file",
    "builder:concerned-file",
    "builder:export",
    "customers:customer-field",
}


@pytest.fixture(params=["light", "dark"])
def page(page, request):
    """A page in one colour scheme, where nothing fades while its colours are read."""
    page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    page.set_viewport_size(DESK_SIZE)
    return page


def told(node):
    """What is wrong with an element, in a line."""
    facts = next((check["data"] for check in node["any"] if check["data"]), None)
    figures = CONTRAST.format(**facts) if isinstance(facts, dict) and "fgColor" in facts else ""
    return " ".join([*map(str, node["target"]), figures]).strip()


def violations_of(page):
    """All that axe finds on the page, each a line with its rule."""
    page.evaluate(REST)
    page.evaluate(FLATTEN)
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{rule['id']}: {told(node)}" for rule in found for node in rule["nodes"]]


def assert_accessible(page, pages, rows=None):
    found = []
    for each in pages:
        page.goto(each.path.format(**vars(rows)) if rows else each.path)
        each.prepare(page)
        problems = [*violations_of(page), *unreadable_boxes(page)]
        found += [f"{each.name}: {problem}" for problem in problems]
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("area", AREAS)
def test_pages_are_accessible(page, log_in, installation, area):
    log_in(installation.sue)

    assert_accessible(page, AREAS[area], installation)


def test_pages_are_accessible_on_a_phone(page, log_in, installation):
    page.set_viewport_size(PHONE_SIZE)
    log_in(installation.sue)

    assert_accessible(page, PHONE_PAGES, installation)


def test_entrances_are_accessible(page):
    assert_accessible(page, ENTRANCES)


def test_page_of_an_error_is_accessible(page, log_in, installation):
    # The browser would complain about the status.
    page.route("**/nowhere", lambda route: route.fulfill(response=route.fetch(), status=200))
    log_in(installation.sue)

    assert_accessible(page, [Page("error", "/nowhere")])


def test_every_page_is_looked_at():
    looked_at = [*ENTRANCES, *(each for area in AREAS.values() for each in area)]
    no_pages = UNSEEN | ONLY_POST | FOR_NOBODY | NO_PAGES.keys()
    alike = {name for name in pages() - no_pages if name.endswith("_history")}

    assert {route_of(each.path) for each in looked_at} | alike == pages() - no_pages
