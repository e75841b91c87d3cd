"""Every page that somebody opens, and what they do there before it is looked at."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.browser.installation import PHONE
from tests.schema_builder.schemas import want


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    path: str
    # What somebody does there before it is looked at.
    prepare: Callable = lambda page: None


def of_model(model, many, one, row, *doings):
    """The list of a model in the admin, one of its rows, and what else is done there."""
    path = f"/admin/{model}/"
    yield Page(many, path)
    yield Page(one, f"{path}{{{row}.pk}}/change/")
    for doing in doings:
        where = doing if doing == "add" else f"{{{row}.pk}}/{doing}"
        yield Page(f"{one}: {doing}", f"{path}{where}/")


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


def edit_what_changed_meanwhile(page):
    edit_e_mail(page)
    want("email", description="Where bills go")
    page.get_by_label("Label", exact=True).fill("Mail")
    page.get_by_role("button", name="Keep in the draft").click()
    page.get_by_text("has changed since you opened it").wait_for()


def paste_wrong_options(page):
    page.get_by_role("button", name="Own choice", exact=True).click()
    page.get_by_role("button", name="Paste many").click()
    page.get_by_label("Options").fill("gold | Gold\ngold | Golden\ntin | Tin | reddish")
    page.get_by_role("button", name="Show as rows").click()
    page.get_by_text("is no colour").wait_for()


def add_a_section(page):
    press("Add section")(page)
    page.get_by_label("Name", exact=True).fill("Loyalty")
    page.get_by_role("button", name="Add the section").click()
    page.get_by_text("kept for you alone").wait_for()


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
    Page("all about customers", "/admin/customers/"),
    *of_model("customers/customer", "customers", "customer", "ayesha", "add", "history"),
    Page("saved filter, edited", LIST + "?saved={saved.public_id}", build_a_filter),
    Page("columns", LIST, press("Columns")),
    Page("revert", LIST + "{ayesha.pk}/history/{operation.public_id}/revert/"),
    Page("delete", LIST + "{oliver.pk}/delete/"),
    Page("import", LIST + "import/"),
    Page("import: columns", LIST + "import/{upload.public_id}/columns/"),
    Page("import: check", LIST + "import/{upload.public_id}/check/"),
    Page("bulk: labels", LIST + "bulk/label/?keys={ayesha.pk},{khan.pk}"),
    Page("bulk: which field", LIST + "bulk/field/?keys={ayesha.pk}"),
    Page("bulk: field", LIST + "bulk/field/?keys={ayesha.pk}&field=town"),
    Page("bulk: export", LIST + "bulk/export/?keys={ayesha.pk},{khan.pk}"),
    Page("bulk: merge", LIST + "bulk/merge/?all=1"),
    Page("bulk: delete", LIST + "bulk/delete/?keys={ayesha.pk}"),
    *of_model("jobs/job", "jobs", "job", "job"),
    *of_model("customers/savedfilter", "saved filters", "saved filter", "saved", "delete"),
    Page("what was done", "/admin/customers/operation/"),
]
FIELDS = "schema_builder/fielddefinition"
CHANNELS = "schema_builder/channeltype"
IGNORED = "schema_builder/ignoredidentifier"
SET_UP = [
    Page("schema builder", "/admin/schema/"),
    Page("schema builder: types", "/admin/schema/", press("Add field")),
    Page("schema builder: field", "/admin/schema/", edit_e_mail),
    Page("schema builder: field that moved", "/admin/schema/", edit_what_changed_meanwhile),
    Page("schema builder: wrong options", "/admin/schema/", paste_wrong_options),
    Page("schema builder: empty section", "/admin/schema/", add_a_section),
    Page("schema builder: new section", "/admin/schema/sections/new"),
    Page("schema builder: types alone", "/admin/schema/fields/new"),
    Page("schema builder: field alone", "/admin/schema/fields/{town.public_id}"),
    Page("schema builder: delete", "/admin/schema/fields/{town.public_id}/delete"),
    Page("schema builder: section", "/admin/schema/sections/rename?section=Personal"),
    Page("schema preview", "/admin/schema/preview"),
    Page("schema preview: form", "/admin/schema/preview?view=form"),
    Page("schema changes", "/admin/schema/changes"),
    Page("schema changes: everybody", "/admin/schema/changes/{town.public_id}/refused"),
    Page("schema versions", "/admin/schema/versions"),
    Page("schema version", "/admin/schema/versions/2"),
    Page("schema import", "/admin/schema/import"),
    Page("schema import: template", "/admin/schema/import?template=bank"),
    *of_model(FIELDS, "fields", "field", "town", "add", "delete"),
    *of_model(CHANNELS, "channel types", "channel type", "sms", "add", "delete"),
    *of_model(IGNORED, "ignored identifiers", "ignored identifier", "ignored", "add", "delete"),
    Page("ignored identifiers: check", f"/admin/{IGNORED}/check/"),
    # The history as that of all models but the customers.
    *of_model("labels/label", "labels", "label", "gold", "add", "delete", "merge", "history"),
    Page("label: merge, chosen", "/admin/labels/label/{gold.pk}/merge/?survivor={quiet.pk}"),
    *of_model("labels/labelgroup", "label groups", "label group", "tier", "add", "delete"),
    *of_model("customers/duplicaterule", "duplicate rules", "duplicate rule", "rule"),
    Page("rule bench", "/admin/bench/"),
    Page("rule bench: tried", "/admin/bench/?channel=WHATSAPP&identifier=%2B923217654321"),
    Page("rule bench: several", "/admin/bench/?channel=VOICE&identifier=%2B923001234567"),
]
USER_DOINGS = ("add", "password", "delete", "unlock", "log-out")
HOOKS = "webhooks/subscription"
HOOK_DOINGS = ("add", "test", "again", "rotate", "delete")
ACCESS = [
    *of_model("auth/user", "users", "user", "sue", *USER_DOINGS),
    Page("own password", "/admin/password_change/"),
    Page("own password: changed", "/admin/password_change/done/"),
    *of_model("auth/group", "roles", "role", "role", "add"),
    Page("role: delete", "/admin/auth/group/{shift.pk}/delete/"),
    *of_model("access/apitoken", "tokens", "token", "token", "add", "revoke"),
    Page("token issued", "/admin/access/apitoken/add/", issue_a_token),
    *of_model(HOOKS, "webhooks", "webhook", "webhook", *HOOK_DOINGS),
    Page("webhook created", f"/admin/{HOOKS}/add/", create_a_webhook),
    *of_model("webhooks/delivery", "webhook deliveries", "webhook delivery", "delivery", "again"),
    *of_model("axes/accesslog", "log-ins", "log-in", "log_in"),
    *of_model("axes/accessfailurelog", "failed log-ins", "failed log-in", "failure"),
    *of_model("axes/accessattempt", "locks", "lock", "attempt", "delete"),
]
AREAS = {"agent": AGENT, "desk": DESK, "customers": CUSTOMERS, "set-up": SET_UP, "access": ACCESS}
ENTRANCES = [Page("log-in", "/login"), Page("log-in to the admin", "/admin/login/")]
