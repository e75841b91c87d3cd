from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db.models import ProtectedError

from customers.models import CustomerLabel
from labels.models import Label, LabelGroup
from supervisors import labels as admin_labels
from supervisors.customers.list_state import filtered_url
from tests.support.factories import CustomerFactory, FieldFactory, LabelFactory, WornLabelFactory
from tests.support.operations import labels_of
from tests.support.staff import errors_of, sent, staff

pytestmark = pytest.mark.django_db

LIST = "/admin/labels/label/"
CUSTOMERS = "/admin/customers/customer/"
PLAIN = {"name": "VIP", "color": "#112233", "priority": "5", "description": ""}


def url_of(label, page="change"):
    return f"{LIST}{label.pk}/{page}/"


def shown(response):
    return response.content.decode()


def test_rules_are_saved():
    group, role = LabelGroup.objects.create(name="Tier"), Group.objects.get(name="Supervisor")
    client = staff("Supervisor")

    client.post(
        f"{LIST}add/",
        PLAIN
        | {
            "group": group.pk,
            "expires_after_days": "30",
            "assignable_by": [role.pk],
            "requires_reason": "on",
            "do_not_contact": ["SMS", "EMAIL"],
        },
    )

    label = Label.objects.get(name="VIP")
    assert (label.group, label.expires_after_days, label.requires_reason) == (group, 30, True)
    assert label.do_not_contact == ["EMAIL", "SMS"]
    assert [*label.assignable_by.all()] == [role]


def test_all_channels_say_it_for_each():
    client = staff("Supervisor")

    client.post(f"{LIST}add/", PLAIN | {"do_not_contact": ["*", "SMS"]})

    assert Label.objects.get(name="VIP").do_not_contact == ["*"]


def test_unknown_channel_and_end_are_refused():
    client = staff("Supervisor")

    response = client.post(
        f"{LIST}add/", PLAIN | {"do_not_contact": ["PIGEON"], "expires_after_days": "0"}
    )

    assert errors_of(response).keys() == {"do_not_contact", "expires_after_days"}
    assert not Label.objects.filter(name="VIP").exists()


def test_agent_sets_no_rules():
    client = staff("Agent")

    client.post(f"{LIST}add/", PLAIN | {"requires_reason": "on", "do_not_contact": ["*"]})

    label = Label.objects.get(name="VIP")
    assert (label.requires_reason, label.do_not_contact) == (False, [])


def test_who_may_only_look_reads_words():
    label = LabelFactory(do_not_contact=["SMS"])

    assert "SMS" in shown(staff("Agent").get(url_of(label)))
    assert "All channels" not in shown(staff("Agent").get(url_of(label)))


def test_list_counts_who_wears_it_and_leads_there(monkeypatch):
    label = LabelFactory(name="Gold")
    customer = WornLabelFactory(label=label).customer
    WornLabelFactory()
    client = staff("Supervisor")

    page = client.get(f"{LIST}?q=Gold")
    there = client.get(filtered_url("labels", "any", label.public_id))

    assert f'href="{filtered_url("labels", "any", label.public_id)}">1</a>' in shown(page)
    assert [found.pk for found in there.context["cl"].result_list] == [customer.pk]


def test_who_may_not_see_customers_gets_the_number_alone():
    WornLabelFactory(label=LabelFactory(name="Gold"))
    client = staff(may=["labels.view_label"])

    assert f"{CUSTOMERS}?where=" not in shown(client.get(LIST))


def test_count_stops_at_its_limit():
    assert admin_labels.shown_count(9_999) == "9,999"
    assert admin_labels.shown_count(admin_labels.COUNT_LIMIT) == "10,000+"
    assert f"LIMIT {admin_labels.COUNT_LIMIT}" in admin_labels.WEARERS


def test_label_is_archived_and_offered_again():
    label = WornLabelFactory().label
    client = staff("Supervisor")
    archive, offer = "labels_label_archive", "labels_label_unarchive"

    client.post(url_of(label), sent(client, url_of(label)) | {archive: "1"})
    label.refresh_from_db()
    archived = label.is_archived
    page = shown(client.get(url_of(label)))
    client.post(url_of(label), sent(client, url_of(label)) | {offer: "1"})

    label.refresh_from_db()
    assert (archived, label.is_archived) == (True, False)
    assert (offer in page, f'"{archive}"' in page) == (True, False)
    assert CustomerLabel.objects.count() == 1


def test_archiving_is_told_once():
    label = LabelFactory(name="Trial")
    client = staff("Supervisor")
    fields = sent(client, url_of(label))

    page = client.post(url_of(label), fields | {"labels_label_archive": "1"}, follow=True)
    client.post(url_of(label), fields | {"name": "Try", "labels_label_unarchive": "1"})

    told = [str(message) for message in page.context["messages"]]
    entries = LogEntry.objects.order_by("id")
    assert told == ["Archived: Trial."]
    assert [entry.get_change_message() for entry in entries] == [
        "Archived.",
        "Offered again.",
        "Changed Name.",
    ]


def test_labels_are_archived_from_the_list():
    label, _ = LabelFactory.create_batch(2)
    rows = {"_selected_action": [label.pk]}
    client, agent = staff("Supervisor"), staff("Agent")

    agent.post(LIST, {"action": "archive_selected", **rows})
    assert not Label.objects.filter(is_archived=True).exists()
    client.post(LIST, {"action": "archive_selected", **rows})
    assert [*Label.objects.filter(is_archived=True)] == [label]
    client.post(LIST, {"action": "unarchive_selected", **rows})
    assert not Label.objects.filter(is_archived=True).exists()


def test_deletion_says_how_many_lose_it():
    label = LabelFactory()
    rows = WornLabelFactory.create_batch(2, label=label)
    client = staff("Supervisor")

    asked = client.get(url_of(label, "delete"))
    client.post(url_of(label, "delete"), {"post": "yes"})

    assert "Customers who lose it" in shown(asked)
    assert dict(asked.context["model_count"])["customers who lose it"] == "2"
    assert rows[0].customer.public_id not in shown(asked)
    assert not Label.objects.filter(pk=label.pk).exists()


@pytest.mark.parametrize("way", ["delete", "delete_selected"])
def test_deletion_gives_customers_their_next_version(way):
    row, other = WornLabelFactory(), WornLabelFactory()
    client = staff("Supervisor")

    if way == "delete":
        client.post(url_of(row.label, "delete"), {"post": "yes"})
    else:
        client.post(
            LIST, {"action": way, "_selected_action": [row.label.pk], "post": "yes"}, follow=True
        )

    for customer in (row.customer, other.customer):
        customer.refresh_from_db()
    assert not Label.objects.filter(pk=row.label_id).exists()
    assert (row.customer.version, row.customer.updated_by) == (1, client.user.username)
    assert other.customer.version == 0


def test_merge_shows_numbers_before_anything_happens():
    gold, loyal = LabelFactory(name="Gold"), LabelFactory(name="Loyal")
    customer = WornLabelFactory(label=loyal).customer
    client = staff("Supervisor")

    chosen = client.get(f"{url_of(loyal, 'merge')}?survivor={gold.pk}")
    before = labels_of(customer)
    merged = client.post(url_of(loyal, "merge"), {"survivor": gold.pk})

    assert "1 customers get Gold instead." in shown(chosen)
    assert "Loyal is deleted. This cannot be undone." in shown(chosen)
    assert (before, labels_of(customer)) == (["Loyal"], ["Gold"])
    assert merged.status_code == 302


@pytest.mark.parametrize("survivor", ["", "x", "0", "9" * 30, "itself", "archived"])
def test_merge_into_what_is_no_label_is_refused(survivor):
    label, archived = LabelFactory(), LabelFactory(is_archived=True)
    named = {"itself": label.pk, "archived": archived.pk}.get(survivor, survivor)

    response = staff("Supervisor").post(url_of(label, "merge"), {"survivor": named})

    assert response.status_code == 200
    assert Label.objects.count() == 2


def test_merge_of_a_label_of_others_is_refused_at_the_choice():
    gold, loyal = LabelFactory(name="Gold"), LabelFactory(name="Loyal", do_not_contact=["SMS"])
    gold.assignable_by.add(Group.objects.get(name="Administrator"))
    wish = {"survivor": gold.pk}

    refused = staff("Supervisor").post(url_of(loyal, "merge"), wish)
    asked = staff(is_superuser=True).get(url_of(loyal, "merge"), wish)

    told = '"Gold" is put on and taken off by Administrator only.'
    assert refused.context["form"].errors == {"survivor": [told]}
    assert "Gold does not forbid contact by SMS, as Loyal does." in shown(asked)
    assert Label.objects.count() == 2


def test_merge_needs_the_rights_and_the_label():
    label, other = LabelFactory(), LabelFactory()
    wish = {"survivor": other.pk}

    refused = staff("Agent").post(url_of(label, "merge"), wish)
    missing = staff("Supervisor").get(f"{LIST}999999/merge/")

    assert (refused.status_code, missing.status_code) == (403, 404)
    assert Label.objects.count() == 2


def test_customer_form_offers_what_its_reader_may_put_on():
    vip, old = LabelFactory(name="VIP"), LabelFactory(name="Old", is_archived=True)
    vip.assignable_by.add(Group.objects.get(name="Administrator"))
    plain, worn = LabelFactory(name="Plain"), LabelFactory(name="Worn", is_archived=True)
    customer = WornLabelFactory(label=worn).customer

    form = staff("Supervisor").get(f"{CUSTOMERS}{customer.pk}/change/").context["adminform"].form

    assert {*form.fields["labels"].queryset} == {plain, worn}
    assert old not in form.fields["labels"].queryset


def test_customer_form_refuses_at_the_labels_and_takes_terms():
    label, customer = LabelFactory(name="Complaint", requires_reason=True), CustomerFactory()
    client, url = staff("Supervisor"), f"{CUSTOMERS}{customer.pk}/change/"

    silent = client.post(url, sent(client, url, labels=[label.pk]))
    client.post(
        url,
        sent(client, url, labels=[label.pk], labelReason="Invoice", labelUntil="2030-12-31"),
    )

    assert errors_of(silent) == {"labels": ['"Complaint" needs a reason.']}
    assert [*customer.worn_labels.values_list("reason", "expires_at__year")] == [("Invoice", 2030)]


def test_admin_shows_do_not_contact():
    label = LabelFactory(name="Calls", do_not_contact=["SMS"])
    customer = WornLabelFactory(label=label).customer
    client = staff("Supervisor")

    for url in (CUSTOMERS, f"{CUSTOMERS}{customer.pk}/change/"):
        assert "Do not contact: SMS" in shown(client.get(url))
    total = WornLabelFactory(label=LabelFactory(do_not_contact=["*"])).customer
    assert ">Do not contact</span>" in shown(client.get(f"{CUSTOMERS}{total.pk}/change/"))


def test_groups_are_arranged_by_supervisors():
    client = staff("Supervisor")
    LabelFactory(group=LabelGroup.objects.create(name="Tier"))

    client.post("/admin/labels/labelgroup/add/", {"name": "Size", "is_exclusive": "on"})
    page = client.get("/admin/labels/labelgroup/")

    assert {*LabelGroup.objects.values_list("name", "is_exclusive")} == {
        ("Tier", True),
        ("Size", True),
    }
    assert {group.name: group.label_count for group in page.context["cl"].result_list} == {
        "Tier": 1,
        "Size": 0,
    }
    assert staff("Agent").get("/admin/labels/labelgroup/").status_code == 403


@pytest.mark.parametrize("way", ["delete", "delete_selected"])
def test_role_that_labels_and_fields_name_is_not_deleted(way):
    role = Group.objects.create(name="Night shift")
    LabelFactory(name="VIP").assignable_by.add(role)
    FieldFactory(label="Income", role_visibility={str(role.pk): "hidden"})
    client = staff("Administrator")

    if way == "delete":
        response = client.post(f"/admin/auth/group/{role.pk}/delete/", {"post": "yes"})
    else:
        chosen = {"action": way, "_selected_action": [role.pk], "post": "yes"}
        response = client.post("/admin/auth/group/", chosen)

    page = unescape(shown(response))
    assert 'Label "VIP" is assigned by Night shift' in page
    assert 'Field "Income" says what Night shift sees' in page
    assert Group.objects.filter(pk=role.pk).exists()


def test_role_of_a_label_is_kept_by_the_database():
    role = Group.objects.create(name="Night shift")
    label = LabelFactory(name="VIP")
    label.assignable_by.add(role)

    with pytest.raises(ProtectedError):
        role.delete()

    assert [*label.assignable_by.all()] == [role]
    label.delete()
    role.delete()
