"""Whoever has no mouse reaches every control, and sees where they are."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.appearance

# What somebody can press or fill in, whether or not the keyboard gets there.
CONTROLS = """() => {
  // The frame of a control may be drawn around it, or around what it stands in.
  const frame = (node, pseudo) => {
    const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(node, pseudo);
    return [outlineStyle, outlineWidth, outlineColor, boxShadow].join();
  };
  const looks = (node) => {
    const frames = [frame(node, "::after")];
    for (let each = node, steps = 0; each && steps < 5; each = each.parentElement, steps += 1) {
      frames.push(frame(each));
    }
    return frames.join();
  };
  const isOffered = (node) =>
    node.checkVisibility({ visibilityProperty: true }) &&
    !node.closest("[inert], [aria-hidden=true]") &&
    // Lists that a search box stands for.
    !node.matches(".select2-hidden-accessible") &&
    // Of a group of radio buttons, one has the focus.
    !(node.type === "radio" && !node.checked);
  window.controls = [...document.querySelectorAll(
    "a[href], button:enabled, input:enabled:not([type=hidden]), select:enabled, " +
    "textarea:enabled, summary, [role=button], [tabindex='0'], [x-on\\\\:click]"
  )].filter(isOffered);
  document.activeElement.blur();
  window.looks = looks;
  window.atRest = new Map(controls.map((node) => [node, looks(node)]));
  return controls.length;
}"""
STEP = """() => {
  const node = document.activeElement;
  const place = controls.indexOf(node);
  return [place, place >= 0 && looks(node) !== atRest.get(node)];
}"""
NAMES = """(places) => places.map((place) => controls[place].outerHTML.slice(0, 160))"""
IN_DIALOG = """() => {
  const dialog = document.querySelector("dialog[open]");
  return document.activeElement === document.body || dialog.contains(document.activeElement);
}"""

PATHS = {
    "find": "/?q=khan",
    "profile": "/customers/{ayesha.public_id}",
    "edit": "/customers/{ayesha.public_id}/edit",
    "merge": "/merge?customers={ayesha.public_id},{khan.public_id}",
    "duplicates": "/duplicates",
    "split": "/customers/{ayesha.public_id}/split",
    "activity": "/customers/{ayesha.public_id}/activity",
    "undo": "/operations/{operation.public_id}/undo",
    "link": "/link?conversation=c2&target={ayesha.public_id}",
    "add an identifier": "/customers/{ayesha.public_id}/identities/add",
    "home": "/admin/",
    "customers": "/admin/customers/customer/",
    "customer": "/admin/customers/customer/{ayesha.pk}/change/",
    "history": "/admin/customers/customer/{ayesha.pk}/history/",
    "bulk": "/admin/customers/customer/bulk/label/?keys={ayesha.pk}",
    "import": "/admin/customers/customer/import/",
    "import: columns": "/admin/customers/customer/import/{upload.public_id}/columns/",
    "import: check": "/admin/customers/customer/import/{upload.public_id}/check/",
    "saved filters": "/admin/customers/savedfilter/",
    "duplicate rules": "/admin/customers/duplicaterule/",
    "job": "/admin/jobs/job/{job.pk}/change/",
    "schema builder": "/admin/schema/",
    "schema builder: field": "/admin/schema/fields/{town.public_id}",
    "schema changes": "/admin/schema/changes",
    "schema version": "/admin/schema/versions/2",
    "schema import": "/admin/schema/import?template=bank",
    "field": "/admin/schema_builder/fielddefinition/{town.pk}/change/",
    "schema changes: everybody": "/admin/schema/changes/{town.public_id}/refused?after=1",
    "labels": "/admin/labels/label/",
    "webhook": "/admin/webhooks/subscription/{webhook.pk}/change/",
    "label": "/admin/labels/label/{gold.pk}/change/",
    "merge labels": "/admin/labels/label/{gold.pk}/merge/",
    "delete": "/admin/labels/label/{gold.pk}/delete/",
    "user": "/admin/auth/user/{sue.pk}/change/",
    "role": "/admin/auth/group/{role.pk}/change/",
    "confirm": "/admin/access/apitoken/{token.pk}/revoke/",
    "rule bench": "/admin/bench/?channel=VOICE&identifier=%2B923001234567",
}


@pytest.fixture
def page(page, log_in, installation):
    page.emulate_media(reduced_motion="reduce")
    log_in(installation.sue)
    return page


def walked(page):
    """The controls that Tab does not reach, and those that look the same when it does."""
    count = page.evaluate(CONTROLS)
    reached, shown = set(), set()
    # Dates have several stops each.
    for _ in range(3 * count):
        page.keyboard.press("Tab")
        place, is_shown = page.evaluate(STEP)
        if place == 0 and place in reached:
            break
        reached.add(place)
        if is_shown:
            shown.add(place)
    places = set(range(count))
    return [page.evaluate(NAMES, sorted(places - each)) for each in (reached, shown)]


@pytest.mark.parametrize("name", PATHS)
def test_tab_reaches_every_control_and_shows_it(page, installation, name):
    # Parts of a page are fetched after it.
    page.goto(PATHS[name].format(**vars(installation)), wait_until="networkidle")

    missed, faint = walked(page)

    assert missed == []
    assert faint == []


@pytest.mark.parametrize(
    ("path", "role", "opener"),
    [
        ("/", "button", "Keyboard shortcuts"),
        ("/customers/{unknown.public_id}", "link", "Link this conversation to another customer"),
        ("/customers/{ayesha.public_id}", "link", "Add a number or address"),
        ("/admin/customers/customer/", "button", "Columns"),
        ("/admin/customers/customer/?where=%5B%5B%22town%22%2C%22is%22%2C%22Ulm%22%5D%5D",
         "button", "Save filter"),
    ],
)  # fmt: skip
def test_dialog_keeps_the_focus_and_gives_it_back(page, installation, path, role, opener):
    page.goto(path.format(**vars(installation)))
    opens = page.get_by_role(role, name=opener).first

    opens.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    inside = []
    for key in ["Tab"] * 30 + ["Shift+Tab"] * 5:
        page.keyboard.press(key)
        inside.append(page.evaluate(IN_DIALOG))
    page.keyboard.press("Escape")

    assert all(inside)
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(opens).to_be_focused()


def test_what_the_theme_gives_the_mouse_alone_takes_keys(page):
    page.goto("/admin/")
    account = page.get_by_role("button", name="Your account")

    account.press("Enter")
    expect(page.get_by_role("link", name="Change password")).to_be_visible()
    account.press(" ")

    expect(page.get_by_role("link", name="Change password")).to_be_hidden()
