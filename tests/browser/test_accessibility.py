"""Every page meets WCAG 2.1 AA, as far as axe can tell, in both colour schemes."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.installation import PHONE

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


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    path: str
    # What somebody does there before it is looked at.
    prepare: Callable = lambda page: None


def press(name, role="button"):
    return lambda page: page.get_by_role(role, name=name).first.click()


def build_a_filter(page):
    page.get_by_role("button", name="Edit filter").click()
    page.get_by_role("button", name="Add a condition").click()


def open_palette(page):
    page.keyboard.press("Control+k")
    page.keyboard.type("town")
    page.get_by_text("town").first.wait_for()


def see_activity(page):
    page.locator(".stream").wait_for()


def edit_town(page):
    page.get_by_role("link", name="Edit Town").press("Enter")
    page.get_by_label("Town").wait_for()


def save_a_wrong_address(page):
    page.get_by_label("Own ip").fill("nowhere")
    page.get_by_role("button", name="Save").click()
    page.locator("[aria-invalid=true]").wait_for()


def edit_e_mail(page):
    page.get_by_role("button", name="E-mail", exact=True).click()
    page.get_by_label("Label", exact=True).wait_for()


def open_link_dialog(page):
    press("Link this conversation", "link")(page)
    page.locator("#dialog").get_by_role("searchbox").wait_for()


def choose_in_link_dialog(page):
    open_link_dialog(page)
    page.locator("#dialog").get_by_role("searchbox").press_sequentially("ayesha")
    page.locator("#dialog").get_by_role("link", name="Ayesha").click()
    page.locator("#dialog").get_by_role("list", name="What will happen").wait_for()


def issue_a_token(page):
    page.get_by_label("Name").fill("Reports")
    page.locator("#id_group").select_option(label="Integration (read)")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".cxc-secret").wait_for()


def create_a_webhook(page):
    page.get_by_label("Name").fill(f"Reports {page.evaluate('Date.now()')}")
    page.get_by_label("URL").fill("https://8.8.8.8/")
    page.get_by_label("customer.created").check()
    page.locator("#id_role").select_option(label="Integration (read)")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".cxc-secret").wait_for()


def take(page):
    page.get_by_label("Channel").select_option("phoneNumber")
    page.get_by_label("Number, address or name there").fill(PHONE)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("heading", name="already belongs to").wait_for()


def claim(page):
    take(page)
    page.get_by_role("button", name="Claim it").click()
    page.get_by_label("Why?").wait_for()


AGENT = [
    Page("find", "/"),
    Page("find: results", "/?q=khan"),
    Page("find: nobody", "/?q=zzz"),
    Page("profile", "/customers/{ayesha.public_id}", see_activity),
    Page("profile of nobody known", "/customers/{unknown.public_id}"),
    Page("profile in a side panel", "/customers/{ayesha.public_id}?embed=1"),
    Page("edit", "/customers/{ayesha.public_id}/edit"),
    Page("edit in place", "/customers/{ayesha.public_id}", edit_town),
    Page("edit: refused", "/customers/{oliver.public_id}/edit", save_a_wrong_address),
    Page("create", "/customers/new"),
    Page("keys", "/", press("Keyboard shortcuts")),
]
DESK = [
    Page("merge", "/merge?customers={ayesha.public_id},{khan.public_id}"),
    Page("merge with", "/customers/{ayesha.public_id}/merge"),
    Page("duplicates", "/duplicates"),
    Page("split", "/customers/{ayesha.public_id}/split"),
    Page("activity", "/customers/{ayesha.public_id}/activity"),
    Page("undo", "/operations/{operation.public_id}/undo"),
    Page("link", "/link?conversation=c2"),
    Page("link dialog", "/customers/{unknown.public_id}", open_link_dialog),
    Page("link dialog: chosen", "/customers/{unknown.public_id}", choose_in_link_dialog),
    Page("add an identifier", "/customers/{oliver.public_id}/identities/add"),
    Page("identifier is taken", "/customers/{oliver.public_id}/identities/add", take),
    Page("claim", "/customers/{oliver.public_id}/identities/add", claim),
]
LIST = "/admin/customers/customer/"
CUSTOMERS = [
    Page("home", "/admin/"),
    Page("palette", "/admin/", open_palette),
    Page("customers", LIST),
    Page("saved filter, edited", LIST + "?saved={saved.public_id}", build_a_filter),
    Page("columns", LIST, press("Columns")),
    Page("customer", LIST + "{ayesha.pk}/change/"),
    Page("new customer", LIST + "add/"),
    Page("history", LIST + "{ayesha.pk}/history/"),
    Page("revert", LIST + "{ayesha.pk}/history/{operation.public_id}/revert/"),
    Page("delete", LIST + "{oliver.pk}/delete/"),
    Page("import", LIST + "import/"),
    Page("bulk: labels", LIST + "bulk/label/?keys={ayesha.pk},{khan.pk}"),
    Page("bulk: which field", LIST + "bulk/field/?keys={ayesha.pk}"),
    Page("bulk: field", LIST + "bulk/field/?keys={ayesha.pk}&field=town"),
    Page("bulk: delete", LIST + "bulk/delete/?keys={ayesha.pk}"),
    Page("jobs", "/admin/jobs/job/"),
    Page("job", "/admin/jobs/job/{job.pk}/change/"),
    Page("saved filters", "/admin/customers/savedfilter/"),
    Page("what was done", "/admin/customers/operation/"),
    Page("what was done: one", "/admin/customers/operation/{operation.pk}/change/"),
]
SET_UP = [
    Page("schema builder", "/admin/schema/"),
    Page("schema builder: types", "/admin/schema/", press("Add field")),
    Page("schema builder: field", "/admin/schema/", edit_e_mail),
    Page("schema changes", "/admin/schema/changes"),
    Page("schema changes: everybody", "/admin/schema/changes/{town.public_id}/refused"),
    Page("schema changes: nobody", "/admin/schema/changes/{town.public_id}/refused?after=99999"),
    Page("schema versions", "/admin/schema/versions"),
    Page("schema import", "/admin/schema/import"),
    Page("fields", "/admin/schema_builder/fielddefinition/"),
    Page("field", "/admin/schema_builder/fielddefinition/{town.pk}/change/"),
    Page("new field", "/admin/schema_builder/fielddefinition/add/"),
    Page("delete a field", "/admin/schema_builder/fielddefinition/{town.pk}/delete/"),
    Page("channel types", "/admin/schema_builder/channeltype/"),
    Page("channel type", "/admin/schema_builder/channeltype/{sms.pk}/change/"),
    Page("ignored identifiers", "/admin/schema_builder/ignoredidentifier/"),
    Page("labels", "/admin/labels/label/"),
    Page("label", "/admin/labels/label/{gold.pk}/change/"),
    Page("merge labels", "/admin/labels/label/{gold.pk}/merge"),
    Page("label groups", "/admin/labels/labelgroup/"),
    Page("label group", "/admin/labels/labelgroup/{tier.pk}/change/"),
    Page("duplicate rules", "/admin/customers/duplicaterule/"),
    Page("rule bench", "/admin/bench/"),
    Page("rule bench: tried", "/admin/bench/?channel=WHATSAPP&identifier=%2B923217654321"),
    Page("rule bench: several", "/admin/bench/?channel=VOICE&identifier=%2B923001234567"),
]
ACCESS = [
    Page("users", "/admin/auth/user/"),
    Page("user", "/admin/auth/user/{sue.pk}/change/"),
    Page("new user", "/admin/auth/user/add/"),
    Page("password", "/admin/auth/user/{sue.pk}/password/"),
    Page("own password", "/admin/password_change/"),
    Page("roles", "/admin/auth/group/"),
    Page("role", "/admin/auth/group/{role.pk}/change/"),
    Page("tokens", "/admin/access/apitoken/"),
    Page("token", "/admin/access/apitoken/{token.pk}/change/"),
    Page("new token", "/admin/access/apitoken/add/"),
    Page("token issued", "/admin/access/apitoken/add/", issue_a_token),
    Page("webhooks", "/admin/webhooks/subscription/"),
    Page("webhook", "/admin/webhooks/subscription/{webhook.pk}/change/"),
    Page("new webhook", "/admin/webhooks/subscription/add/"),
    Page("webhook created", "/admin/webhooks/subscription/add/", create_a_webhook),
    Page("test a webhook", "/admin/webhooks/subscription/{webhook.pk}/test/"),
    Page("webhook deliveries", "/admin/webhooks/delivery/"),
    Page("webhook delivery", "/admin/webhooks/delivery/{delivery.pk}/change/"),
    Page("log-ins", "/admin/axes/accesslog/"),
    Page("log-in", "/admin/axes/accesslog/{log_in.pk}/change/"),
    Page("failed log-ins", "/admin/axes/accessfailurelog/"),
    Page("locked", "/admin/axes/accessattempt/"),
]
AREAS = {"agent": AGENT, "desk": DESK, "customers": CUSTOMERS, "set-up": SET_UP, "access": ACCESS}
ON_A_PHONE = {
    "find: results", "profile", "edit", "duplicates", "home", "customers", "saved filter, edited",
    "customer", "schema builder", "schema changes: everybody", "fields", "field", "rule bench: tried",
    "webhook", "webhook delivery",
}  # fmt: skip
PHONE_PAGES = [each for area in AREAS.values() for each in area if each.name in ON_A_PHONE]
ENTRANCES = [Page("log-in", "/login"), Page("log-in to the admin", "/admin/login/")]


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
        found += [f"{each.name}: {violation}" for violation in violations_of(page)]
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
