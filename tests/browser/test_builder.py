import json
from pathlib import Path

from playwright.sync_api import expect

from schema_builder.drafts import read_draft
from schema_builder.models import FieldDefinition
from tests.support.factories import CustomerFactory, FieldFactory, ValueFactory

BOARD = "/admin/schema/"


def keys():
    return [one["key"] for one in read_draft().fields]


def test_supervisor_adds_a_date_sees_what_it_changes_publishes_it_and_finds_it(
    page, log_in, supervisor
):
    customer = CustomerFactory(first_name="Amal")
    FieldFactory(key="contractNumber", label="Contract number", section="Contract")
    log_in(supervisor)
    page.goto(BOARD)

    page.get_by_role("button", name="Add field to Contract").click()
    page.get_by_role("link", name="Date A day").press("Enter")
    label = page.get_by_label("Label", exact=True)
    expect(label).to_be_focused()
    label.press_sequentially("Contract end")
    expect(page.get_by_label("Key", exact=True)).to_have_value("contractEnd")
    expect(page.get_by_label("Section", exact=True)).to_have_value("Contract")
    page.get_by_label("A value to try").fill("31.3.2027")
    expect(page.locator("#tried")).to_contain_text("Date has wrong format")
    page.get_by_label("Required").check()
    label.press("Enter")

    row = page.locator('[data-section="Contract"] .bld-row', has_text="contractEnd")
    expect(row).to_contain_text("New")
    expect(page.locator("#bar")).to_contain_text("1 unpublished change")
    expect(page.frame_locator("#preview").locator("body")).to_contain_text("Contract end")
    page.get_by_role("link", name="See what changes").click()
    expect(page.locator(".bld-told")).to_contain_text("“Contract end” added")
    expect(page.locator(".bld-finding")).to_contain_text("1 customer has no value")
    page.get_by_label("Note for the others").fill("For renewals")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Agents see it now.")).to_be_visible()

    page.goto(f"/customers/{customer.public_id}")
    expect(page.locator('[data-field="contractEnd"]')).to_contain_text("Contract end")


def test_fields_are_moved_with_the_keyboard_within_and_across_sections(page, log_in, supervisor):
    log_in(supervisor)
    page.goto(BOARD)

    handle = page.get_by_role("button", name="Move E-mail")
    handle.focus()
    handle.press("Alt+ArrowUp")
    expect(page.locator("#bar")).to_contain_text("1 unpublished change")
    expect(handle).to_be_focused()
    handle.press("Alt+ArrowUp")
    expect(page.locator('[data-section="Details"] .bld-row').last).to_contain_text("E-mail")
    expect(page.locator("#bar")).to_contain_text("2 unpublished changes")

    assert keys()[:5] == ["firstName", "labels", "isAnonymous", "email", "phoneNumber"]
    assert next(one for one in read_draft().fields if one["key"] == "email")["section"] == "Details"


def test_fields_are_dragged_into_another_section(page, log_in, supervisor):
    log_in(supervisor)
    # Both sections are in sight.
    page.set_viewport_size({"width": 1280, "height": 1200})
    page.goto(BOARD)

    page.get_by_role("button", name="Move WhatsApp").hover()
    page.mouse.down()
    target = page.locator(".bld-row", has_text="firstName").bounding_box()
    page.mouse.move(target["x"] + 20, target["y"] + 60, steps=8)
    page.mouse.move(target["x"] + 20, target["y"] + 4, steps=4)
    page.mouse.up()
    expect(page.locator("#bar")).to_contain_text("2 unpublished changes")

    assert keys()[0] == "whatsapp"


def test_drawer_with_something_typed_is_not_left_by_mistake(page, log_in, supervisor):
    log_in(supervisor)
    page.goto(BOARD)
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))

    page.get_by_role("button", name="E-mail", exact=True).click()
    page.get_by_label("Description").fill("Of the person")
    page.keyboard.press("Escape")

    expect(page.locator("#drawer")).to_be_visible()
    assert asked == ["Close without keeping what you typed?"]
    page.once("dialog", lambda dialog: dialog.accept())
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    assert not read_draft().is_begun


def test_options_are_edited_as_rows_and_mapped_when_they_go(page, log_in, supervisor):
    options = [{"value": "gold", "label": "Gold"}, {"value": "silver", "label": "Silver"}]
    field = FieldFactory(key="tier", label="Tier", type="choice", options=options)
    customer = ValueFactory(field=field, text="gold").customer
    log_in(supervisor)
    page.goto(BOARD)

    page.get_by_role("button", name="Tier", exact=True).click()
    rows = page.locator(".bld-options li")
    rows.first.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Add option").click()
    rows.last.get_by_label("Value of the option").press_sequentially("bronze")
    rows.last.get_by_label("Value of the option").press("Enter")
    rows.last.get_by_label("Value of the option").press_sequentially("tin")
    page.get_by_role("button", name="Keep in the draft").click()
    page.get_by_role("link", name="See what changes").click()
    expect(page.get_by_role("button", name="Publish")).to_be_disabled()
    page.get_by_label("In place of “gold”").select_option("silver")
    page.get_by_role("button", name="Set").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Agents see it now.")).to_be_visible()

    published = FieldDefinition.objects.get(key="tier").options
    assert [option["value"] for option in published] == ["silver", "bronze", "tin"]
    assert customer.values.get().text == "silver"


def test_supervisor_follows_a_finding_to_everybody_and_takes_them_along(page, log_in, supervisor):
    field = FieldFactory(key="town", label="Town", is_searchable=True)
    named = [
        ValueFactory(field=field, text=text, customer__first_name=name).customer
        for text, name in [("Rome", "Amal"), ("oslo", "Bo"), ("Ulm", "Cy")]
    ]
    CustomerFactory(first_name="Dee")
    log_in(supervisor)
    page.goto(BOARD)

    page.get_by_role("button", name="Town", exact=True).click()
    page.get_by_label("Pattern").fill("[a-z]+")
    page.get_by_label("Required").check()
    page.get_by_role("button", name="Keep in the draft").click()
    page.get_by_role("link", name="See what changes").click()
    page.get_by_role("link", name="See all who are concerned: Town").last.click()
    expect(page.locator(".bld-list tbody tr")).to_have_count(2)
    expect(page.locator(".bld-list")).to_contain_text("Does not have the required format.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all as CSV").click()
    lines = Path(download.value.path()).read_text().splitlines()
    page.get_by_role("link", name="Back to the changes").click()
    page.get_by_role("link", name="See all who are concerned: Town").first.click()

    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.locator("#result_list")).to_contain_text("Dee")
    assert [line.split(",")[0] for line in lines[1:]] == [
        f'"{one.public_id}"' for one in (named[0], named[2])
    ]


def file_of(*fields):
    document = {"format": "cxcustomers-schema", "version": 1, "fields": list(fields)}
    return {
        "name": "fields.json",
        "mimeType": "application/json",
        "buffer": json.dumps(document).encode(),
    }


def test_file_is_chosen_looked_at_and_taken_into_the_draft(page, log_in, supervisor):
    log_in(supervisor)
    page.goto(f"{BOARD}import")

    chosen = page.get_by_label("Exported schema (JSON)")
    chosen.set_input_files(file_of({"key": "town", "label": "Town", "type": "string"}))
    page.get_by_label("or paste it").fill("{}")
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.locator(".bld-told")).to_contain_text("“Town” added")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_label("or paste it").fill("{}")
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.get_by_role("alert")).to_contain_text("Not an exported schema.")
    expect(page.get_by_label("or paste it")).to_have_value("{}")
    chosen.set_input_files(file_of({"key": "town", "label": "Town", "type": "string"}))
    expect(page.get_by_label("Choose file to upload")).to_have_value("fields.json")
    page.get_by_role("button", name="Show what it would do").click()
    page.get_by_role("button", name="Take into the draft").click()

    expect(page.locator("#bar")).to_contain_text("1 unpublished change")
    assert "town" in keys()


def test_two_who_edit_the_same_field_see_each_others_changes(page, log_in, supervisor):
    log_in(supervisor)
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(BOARD)
        tab.get_by_role("button", name="E-mail", exact=True).click()
    other.get_by_label("Description").fill("Where bills go")
    other.get_by_role("button", name="Keep in the draft").click()
    expect(other.locator("#bar")).to_contain_text("1 unpublished change")

    page.get_by_label("Label", exact=True).fill("Mail")
    page.get_by_role("button", name="Keep in the draft").click()

    expect(page.get_by_role("alert").last).to_contain_text("E-mail: description changed")
    expect(page.get_by_label("Label", exact=True)).to_have_value("Mail")
    expect(page.get_by_label("Description")).to_have_value("Where bills go")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.keyboard.press("Escape")
    assert asked == ["Close without keeping what you typed?"]
    page.get_by_role("button", name="Keep in the draft").click()
    expect(page.locator("#drawer")).to_be_hidden()
    email = next(one for one in read_draft().fields if one["key"] == "email")
    assert (email["label"], email["description"]) == ("Mail", "Where bills go")


def test_refused_field_says_so_in_the_drawer(page, log_in, supervisor):
    log_in(supervisor)
    page.goto(BOARD)

    page.get_by_role("button", name="E-mail", exact=True).click()
    label = page.get_by_label("Label", exact=True)
    label.fill("")
    page.get_by_role("button", name="Keep in the draft").click()
    expect(page.locator("#drawer .bld-error")).to_have_text("This field is required.")
    expect(page.locator("#tried")).to_contain_text("For example")
    label.fill("x" * 60)
    page.get_by_label("A value to try").evaluate("input => { input.value = '\\u0000' }")
    label.press("End")
    label.press("x")

    expect(page.locator("#drawer-notice")).to_contain_text("Null characters are not allowed.")
    expect(page.locator("#drawer")).to_be_visible()


def test_field_is_edited_on_a_page_of_its_own(page, log_in, supervisor):
    field = FieldFactory(key="town", label="Town")
    log_in(supervisor)
    page.goto(f"{BOARD}fields/{field.public_id}")

    page.get_by_label("Label", exact=True).fill("Place")
    page.get_by_role("button", name="Keep in the draft").click()

    expect(page.locator("#bar")).to_contain_text("1 unpublished change")


def test_new_section_stays_while_it_waits_for_its_first_field(page, log_in, supervisor):
    log_in(supervisor)
    page.goto(BOARD)

    page.get_by_role("button", name="Add section").click()
    page.get_by_label("Name", exact=True).fill("Loyalty")
    page.get_by_role("button", name="Add the section").click()
    expect(page.get_by_role("button", name="Add field to Loyalty")).to_be_focused()
    page.get_by_role("button", name="Move E-mail").press("Alt+ArrowUp")
    expect(page.locator("#bar")).to_contain_text("1 unpublished change")
    page.reload()
    expect(page.get_by_role("region", name="Loyalty")).to_contain_text("kept for you alone")
    page.get_by_role("button", name="Add field to Loyalty").click()
    page.get_by_role("link", name="Date A day").click()
    page.get_by_label("Label", exact=True).press_sequentially("Member since")
    page.get_by_role("button", name="Add to the draft").click()

    row = page.get_by_role("region", name="Loyalty").get_by_role("button", name="Member since")
    expect(row.first).to_be_visible()
    expect(page.locator('[data-section="Loyalty"] .bld-name button')).to_be_focused()
    inside = page.frame_locator("#preview").locator('[data-field="memberSince"]')
    expect(inside).to_have_class("is-kept")
    expect(inside).to_be_in_viewport()


def test_section_that_is_not_needed_is_removed(page, log_in, supervisor):
    log_in(supervisor)
    page.goto(BOARD)

    page.get_by_role("button", name="Add section").click()
    page.get_by_label("Name", exact=True).fill("Details")
    page.keyboard.press("Enter")
    expect(page.locator("#id_section_new_error")).to_have_text("There is a section “Details”.")
    page.get_by_label("Name", exact=True).fill("Loyalty")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove section Loyalty").click()

    expect(page.locator(".bld-section")).to_have_count(2)


SEND_AT_ONCE = """
() => {
  new MutationObserver((_, observer) => {
    const input = document.querySelector("#drawer-body [name=name]");
    if (input) {
      observer.disconnect();
      input.value = "Personal";
      input.form.requestSubmit();
    }
  }).observe(document.getElementById("drawer-body"), { childList: true, subtree: true });
}
"""


def test_form_that_is_sent_the_moment_it_is_there_stays_on_the_page(page, log_in, supervisor):
    FieldFactory(key="town", section="Personal")
    log_in(supervisor)
    page.goto(BOARD)

    page.evaluate(SEND_AT_ONCE)
    page.get_by_role("button", name="Add section").click()

    expect(page.locator("#id_section_new_error")).to_have_text("There is a section “Personal”.")
    assert page.url.endswith(BOARD)


def begin_choice(page):
    page.goto(BOARD)
    page.get_by_role("button", name="Add field", exact=True).click()
    page.locator("a[href*='type=choice']").click()
    page.get_by_label("Label", exact=True).fill("Tier")
    return page.locator(".bld-options li")


def invalid(rows):
    return rows.locator("[aria-invalid=true]").evaluate_all(
        "inputs => inputs.map(input => input.ariaLabel + ': ' + input.value)"
    )


def test_options_that_are_pasted_say_what_is_wrong_with_which(page, log_in, supervisor):
    log_in(supervisor)
    rows = begin_choice(page)

    page.get_by_role("button", name="Paste many").click()
    pasted = "gold | Gold\nsilver\nsilver\ngold | Golden\ntin | Tin | reddish"
    page.get_by_label("Options").fill(pasted)
    page.get_by_role("button", name="Show as rows").click()
    notes = page.locator(".bld-option-notes")
    expect(rows).to_have_count(4)
    expect(notes).to_contain_text("There twice, and dropped once: silver.")
    expect(notes).to_contain_text("The value “gold” is there twice.")
    expect(notes).to_contain_text("“reddish” of “Tin” is no colour: choose one")
    assert invalid(rows) == ["Value of the option: gold", "Colour of the option: #a9a9a9"]
    page.get_by_role("button", name="Add to the draft").click()
    expect(page.locator("#id_options_error")).to_have_text("An option is there twice.")
    assert invalid(rows) == ["Value of the option: gold", "Colour of the option: #a9a9a9"]
    page.get_by_role("button", name="Drop the second one").click()
    rows.last.get_by_label("Colour of the option").fill("#aa0000")
    expect(notes).to_be_empty()
    page.get_by_role("button", name="Add to the draft").click()

    expect(page.locator("#bar")).to_contain_text("1 unpublished change")
    tier = next(one for one in read_draft().fields if one["key"] == "tier")
    assert tier["options"] == [
        {"value": "gold", "label": "Gold"},
        {"value": "silver"},
        {"value": "tin", "label": "Tin", "color": "#aa0000"},
    ]


def test_value_of_an_option_follows_its_label_until_it_is_typed(page, log_in, supervisor):
    log_in(supervisor)
    rows = begin_choice(page)

    label, value = (rows.first.get_by_label(f"{name} of the option") for name in ("Label", "Value"))
    label.press_sequentially("Very good")
    expect(value).to_have_value("veryGood")
    value.fill("vg")
    label.press_sequentially("!")
    expect(value).to_have_value("vg")
    label.press("Enter")
    expect(rows.last.get_by_label("Label of the option")).to_be_focused()
    page.keyboard.type("24 hours")
    expect(rows.last.get_by_label("Value of the option")).to_have_value("24 hours")


def test_bench_of_the_longest_identifier_does_not_scroll_sideways(page, log_in, supervisor):
    log_in(supervisor)
    page.goto(f"/admin/bench/?channel=WEB&identifier={'x' * 255}")

    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")

    assert widths[0] <= widths[1]
