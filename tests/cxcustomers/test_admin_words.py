import re

import pytest
from axes.models import AccessLog
from django.contrib.auth.models import User
from django.test import Client

from customers.models import DuplicateRule
from labels.models import Label, LabelGroup
from schema_builder.models import FieldDefinition
from schema_builder.versions import touch_schema
from tests.support.factories import (
    CustomerFactory,
    JobFactory,
    LabelFactory,
    UserFactory,
    WornLabelFactory,
)
from tests.support.staff import errors_of, staff

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"
ADMIN = "/admin/login/"
PASSWORD = "a long secret"


def crumbs(page):
    """The words in the header of a page."""
    head = page.content.decode().split('class="align-middle inline-block leading-5 min-w-0')[1:]
    return [re.sub(r"\s+", " ", part.split(">", 1)[1].split("<")[0]).strip() for part in head]


def squeezed(page):
    return re.sub(r"\s+", " ", page.content.decode())


@pytest.mark.parametrize(
    ("url", "names"),
    [
        (LIST, ["Customers"]),
        ("/admin/jobs/job/", ["Customers", "Background jobs"]),
        ("/admin/labels/label/", ["Customers", "Labels"]),
        ("/admin/customers/operation/", ["Customers", "What was done"]),
        ("/admin/customers/savedfilter/", ["Customers", "Saved filters"]),
        ("/admin/schema_builder/channeltype/", ["Schema", "Channel types"]),
        ("/admin/schema_builder/fielddefinition/", ["Schema", "Fields"]),
        ("/admin/webhooks/delivery/", ["Access", "Webhook deliveries"]),
    ],
)
def test_header_and_title_name_each_page_as_the_side_bar_does(admin_client, url, names):
    page = admin_client.get(url)

    assert crumbs(page) == names
    assert f"<title> {names[-1]} | cxcustomers</title>" in squeezed(page)


def test_header_names_a_customer_as_the_viewer_may():
    customer = CustomerFactory(first_name="Amina")
    FieldDefinition.objects.filter(key="firstName").update(is_pii=True)
    touch_schema()
    nobody = CustomerFactory(first_name="")
    reader = staff(may=["customers.view_customer"])

    def named(client, one):
        return crumbs(client.get(f"{LIST}{one.pk}/change/"))

    assert named(staff("Supervisor"), customer) == ["Customers", "Amina"]
    assert named(reader, customer) == ["Customers", "Ami**"]
    assert named(reader, nobody) == ["Customers", "Unnamed"]


def test_header_names_a_rule_in_words():
    rule = DuplicateRule.objects.get(key="same_identifier")

    page = staff("Supervisor").get(f"/admin/customers/duplicaterule/{rule.pk}/change/")

    assert crumbs(page) == ["Customers", "Duplicate rules", "The same identifier on one channel"]


def test_empty_list_says_whether_it_is_filtered():
    client = staff("Supervisor")
    nobody = client.get(LIST).content.decode()
    CustomerFactory()

    filtered = client.get(f'{LIST}?where=[["firstName","is","zed"]]').content.decode()

    assert "No customers" in nobody
    assert "No customer matches this filter" in filtered
    assert '<a class="cxc-link" href="?">Clear it to see all customers</a>' in filtered
    assert "yielded" not in nobody + filtered


@pytest.mark.parametrize(
    ("query", "landing"), [("", "/admin/"), ("?next=/admin/jobs/job/", "/admin/jobs/job/")]
)
def test_log_in_of_the_admin_leads_into_the_admin(query, landing):
    user = UserFactory(username="sam", role="Supervisor")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.refresh_from_db()
    user.set_password(PASSWORD)
    user.save()

    answer = Client().post(ADMIN + query, {"username": "sam", "password": PASSWORD})

    assert (answer.status_code, answer.url) == (302, landing)


@pytest.mark.parametrize("url", ["/admin/labels/label/add/", "/admin/labels/labelgroup/add/"])
def test_name_that_is_taken_is_refused_in_a_sentence(url):
    label = LabelFactory(name="Taken")
    LabelGroup.objects.create(name="Taken")
    kind = "label" if url.endswith("/label/add/") else "group"

    page = staff("Supervisor").post(
        url, {"name": "Taken", "color": label.color, "priority": label.priority}
    )

    assert errors_of(page) == {"name": [f"Another {kind} has this name."]}


def test_merge_of_labels_says_into_which():
    gone, stays = LabelFactory(name="premium"), LabelFactory(name="VIP")
    WornLabelFactory(label=gone)

    page = staff("Supervisor").post(
        f"/admin/labels/label/{gone.pk}/merge/", {"survivor": stays.pk}, follow=True
    )

    assert "premium was merged into VIP: 1 customer wore it before." in page.content.decode()
    assert not Label.objects.filter(pk=gone.pk).exists()


def test_progress_of_a_job_is_told():
    JobFactory(total=4, done=1)

    page = staff("Supervisor").get("/admin/jobs/job/").content.decode()

    assert '<progress class="cxc-progress" max="4" value="1" aria-label="1 of 4 done">' in page


def test_customer_who_may_not_be_contacted_is_told_so_once():
    label = LabelFactory(name="Do not contact", do_not_contact=["*"])
    WornLabelFactory(label=label)
    vip = WornLabelFactory(label=LabelFactory(name="No calls", do_not_contact=["*"]))

    rows = staff("Supervisor").get(LIST).context["cl"].result_list

    cells = {row.pk: row.cells["labels"] for row in rows}
    assert cells.pop(vip.customer_id).count(">No calls<") == 1
    (once,) = cells.values()
    assert once.count(">Do not contact<") == 1


@pytest.mark.parametrize("query", ["", "?p=1"])
def test_list_that_shows_everything_does_not_offer_to(admin_client, query):
    AccessLog.objects.create(username="sam", ip_address="192.0.2.1")

    everything = admin_client.get(f"/admin/axes/accesslog/{query}")
    found = admin_client.get("/admin/axes/accesslog/?q=nobody")

    assert "Show all" not in squeezed(everything)
    assert '0 results (<a href="?">Show all</a>)' in squeezed(found)
