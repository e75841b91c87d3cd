"""What the list in the admin does to many customers, and the pages of the jobs."""

import json
from urllib.parse import urlencode

import pytest

from access.credentials import credential_of
from customers.models import Customer, Operation, SavedFilter
from jobs.execution import run_chunk
from jobs.models import Job, Status
from schema_builder.models import FieldDefinition
from schema_builder.versions import touch_schema
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    WornLabelFactory,
)
from tests.support.operations import edit
from tests.support.staff import staff

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"
JOBS = "/admin/jobs/job/"
NAMED_A = json.dumps([["firstName", "contains", "ama"]], separators=(",", ":"))


def bulk(deed, **address):
    return f"{LIST}bulk/{deed}/?{urlencode(address)}"


def keys_of(*customers):
    return ",".join(str(customer.pk) for customer in customers)


def ticked(client, deed, *customers, address="", **values):
    chosen = {"action": deed, "_selected_action": [c.pk for c in customers]}
    return client.post(f"{LIST}{address}", chosen | values)


def agreed(client, address, **values):
    """Say yes to what the page tells."""
    seen = client.get(address).context["seen"]
    return client.post(address, values | {"count": seen.count, "newest": seen.newest})


def work_off():
    while run_chunk():
        pass


def worn(customer):
    return [label.name for label in customer.labels.all()]


def test_buttons_are_those_that_the_user_may_press():
    CustomerFactory()
    supervisor, reader = staff("Supervisor"), staff(may=["customers.view_customer"])

    offered = [
        [deed.key for deed in client.get(LIST).context["cl"].deeds]
        for client in (supervisor, reader)
    ]

    assert offered == [["label", "field", "export", "merge", "delete"], []]


def test_ticked_rows_and_all_that_match_lead_to_the_page_of_the_deed():
    amy, bob = CustomerFactory(first_name="Amal"), CustomerFactory(first_name="Bob")
    client = staff("Supervisor")
    address = f"?{urlencode({'where': NAMED_A, 'p': 1})}"

    some = ticked(client, "label", amy, bob)
    every = ticked(client, "label", amy, address=address, select_across="1")

    assert some.url == bulk("label", keys=keys_of(amy, bob))
    assert every.url == bulk("label", where=NAMED_A, all="1")
    assert client.get(some.url).context["seen"].count == 2
    assert client.get(every.url).context["seen"].count == 1


def test_all_that_match_are_labelled_and_the_label_is_taken_back():
    amal, amaya = CustomerFactory(first_name="Amal"), CustomerFactory(first_name="Amaya")
    bob = CustomerFactory(first_name="Bob")
    gold = LabelFactory(name="Gold")
    client = staff("Supervisor")

    response = agreed(
        client, bulk("label", where=NAMED_A, all="1"), add=[gold.pk], reason="spring sale"
    )

    job = Job.objects.get()
    assert response.url == f"{JOBS}{job.pk}/change/"
    assert (job.total, job.owner) == (2, credential_of(client.user))
    waiting = client.get(response.url).content.decode()
    assert "every 1s" in waiting
    work_off()
    assert [worn(c) for c in (amal, amaya, bob)] == [["Gold"], ["Gold"], []]
    assert Operation.objects.get().reason == "spring sale"
    page = client.get(response.url)
    assert page.context["figures"] == [(2, "changed")]
    assert "every 1s" not in page.content.decode()
    undone = client.post(f"{JOBS}{job.pk}/undo/")
    work_off()
    assert undone.url == f"{JOBS}{Job.objects.latest('id').pk}/change/"
    assert [worn(c) for c in (amal, amaya, bob)] == [[], [], []]
    assert not client.get(response.url).context["may_undo"]


def test_label_is_taken_off_those_who_were_found():
    gold = LabelFactory(name="Gold")
    amal = CustomerFactory(first_name="Amal")
    other = CustomerFactory(first_name="Bob")
    for customer in (amal, other):
        WornLabelFactory(customer=customer, label=gold)
    client = staff("Supervisor")

    agreed(client, bulk("label", q="amal", all="1"), remove=[gold.pk])
    work_off()

    assert (worn(amal), worn(other)) == ([], ["Gold"])


def test_field_is_asked_for_and_set():
    FieldFactory(key="town", label="Town")
    FieldFactory(key="age", type="number", max_value=150)
    FieldFactory(key="hobbies", type="multichoice", options=[{"value": "a"}, {"value": "b"}])
    customer = CustomerFactory()
    client = staff("Supervisor")
    keys = str(customer.pk)

    asked = client.get(bulk("field", keys=keys))
    client.post(bulk("field", keys=keys, field="town"), {"value": "Ulm"})
    client.post(bulk("field", keys=keys, field="hobbies"), {"value": ["a", "b"]})
    refused = client.post(bulk("field", keys=keys, field="age"), {"value": "500"})
    work_off()

    offered = [key for key, _ in asked.context["form"].field_choices]
    assert offered == ["", "town", "age", "hobbies"]
    assert sorted(customer.values.values_list("text", flat=True)) == ["Ulm", "a\nb"]
    assert refused.status_code == 422
    assert Job.objects.count() == 2


def test_field_is_emptied():
    town = FieldFactory(key="town")
    customer = ValueFactory(field=town).customer
    client = staff("Supervisor")
    page = bulk("field", keys=customer.pk, field="town")

    neither = client.post(page, {"value": ""})
    both = client.post(page, {"value": "x", "empty": "on"})
    client.post(page, {"value": "", "empty": "on"})
    work_off()

    assert (neither.status_code, both.status_code) == (422, 422)
    assert not customer.values.exists()


def test_customers_are_deleted_and_brought_back():
    customer = CustomerFactory(first_name="Amal")
    IdentityFactory(customer=customer)
    client = staff("Supervisor")
    page = bulk("delete", keys=customer.pk)

    unsure = client.post(page, {})
    client.post(page, {"sure": "on"})
    work_off()
    gone = not Customer.objects.exists()
    client.post(f"{JOBS}{Job.objects.get().pk}/undo/")
    work_off()

    assert unsure.status_code == 422
    assert gone
    assert Customer.objects.get().identities.count() == 1


@pytest.mark.parametrize("deed", ["label", "field", "export", "merge", "delete"])
def test_deed_is_refused_without_its_right(deed):
    customer = CustomerFactory()
    client = staff(may=["customers.view_customer"])

    statuses = [
        getattr(client, method)(bulk(deed, keys=customer.pk), {"sure": "on"}).status_code
        for method in ("get", "post")
    ]

    assert statuses == [403, 403]
    assert Customer.objects.filter(pk=customer.pk).exists()
    assert not Job.objects.exists()


@pytest.mark.parametrize("keys", ["", "x", "1" * 30, "-1", "1;2", "\x00"])
def test_nobody_chosen_starts_nothing(keys):
    CustomerFactory()
    gold = LabelFactory()
    client = staff("Supervisor")

    response = client.post(bulk("label", keys=keys), {"add": [gold.pk]})

    assert response.status_code in (400, 422)
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "values", [{}, {"add": ["x"]}, {"add": ["999999"]}, {"reason": "a\x00", "add": []}]
)
def test_change_that_makes_no_sense_starts_nothing(values):
    customer = CustomerFactory()
    client = staff("Supervisor")

    response = client.post(bulk("label", keys=customer.pk), values)

    assert response.status_code == 422
    assert not Job.objects.exists()


def test_others_who_match_by_now_are_not_changed_unseen():
    CustomerFactory(first_name="Amal")
    client = staff("Supervisor")
    address = bulk("delete", where=NAMED_A, all="1")
    seen = client.get(address).context["seen"]
    told = {"sure": "on", "count": seen.count, "newest": seen.newest}
    renamed, newcomer = CustomerFactory(first_name="Bob"), CustomerFactory(first_name="Amaya")

    started = client.post(address, told)
    Customer.objects.filter(pk=newcomer.pk).delete()
    Customer.objects.filter(first_name="Amal").update(first_name="Bob", folded_name="bob")
    refused = client.post(address, told)
    unsaid = client.post(address, {"sure": "on"})

    assert (started.status_code, Job.objects.get().total) == (302, 1)
    assert [refused.status_code, unsaid.status_code] == [422, 422]
    assert "Other customers match by now" in refused.content.decode()
    assert refused.context["seen"].count == 0
    assert Customer.objects.filter(pk=renamed.pk).exists()


def test_filter_that_is_changed_meanwhile_chooses_nobody_else():
    amal = CustomerFactory(first_name="Amal")
    client = staff("Supervisor")
    saved = SavedFilter.objects.create(owner=client.user, name="A", conditions=json.loads(NAMED_A))

    chosen = ticked(client, "delete", amal, address=f"?saved={saved.public_id}", select_across="1")

    assert chosen.url == bulk("delete", where=NAMED_A, all="1")


def test_broken_filter_does_nothing_to_everybody():
    CustomerFactory()
    client = staff("Supervisor")
    broken = {"where": "[[1]]", "all": "1"}

    answers = [
        client.post(bulk("delete", **broken), {"sure": "on"}),
        client.get(bulk("export", **broken)),
    ]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Customer.objects.count() == 1
    assert not Job.objects.exists()


def test_job_names_who_was_left_alone():
    FieldFactory(key="town", is_required=False)
    customer = CustomerFactory()
    client = staff("Supervisor")
    client.post(bulk("field", keys=customer.pk, field="town"), {"value": "Ulm"})
    job = Job.objects.get()
    job.result = {
        "refused": 1,
        "refusals": [{"customer": customer.public_id, "errors": {"town": ["Too long."]}}],
    }
    job.status = Status.DONE
    job.save()

    page = client.get(f"{JOBS}{job.pk}/change/")

    assert page.context["refusals"] == [(customer.public_id, "Too long.", customer.pk)]
    assert page.context["figures"] == [(1, "refused")]


def test_job_is_cancelled_once():
    customer = CustomerFactory()
    client = staff("Supervisor")
    client.post(bulk("delete", keys=customer.pk), {"sure": "on"})
    job = Job.objects.get()

    client.post(f"{JOBS}{job.pk}/cancel/")
    again = client.post(f"{JOBS}{job.pk}/cancel/", follow=True)
    work_off()

    job.refresh_from_db()
    assert job.status == Status.CANCELLED
    assert "The job is cancelled already." in again.content.decode()
    assert Customer.objects.exists()


def test_jobs_of_others_are_seen_with_the_right_only():
    supervisor = staff("Supervisor")
    supervisor.post(bulk("delete", keys=CustomerFactory().pk), {"sure": "on"})
    job = Job.objects.get()
    other = staff(may=["customers.view_customer", "customers.change_in_bulk"])
    watcher = staff(may=["jobs.view_job"])

    statuses = {
        page: [client.get(f"{JOBS}{page}").status_code for client in (supervisor, other, watcher)]
        for page in ("", f"{job.pk}/change/")
    }

    assert statuses == {"": [200, 200, 200], f"{job.pk}/change/": [200, 404, 200]}
    assert other.get(JOBS).context["cl"].result_count == 0
    assert watcher.post(f"{JOBS}{job.pk}/cancel/").status_code == 403
    job.refresh_from_db()
    assert job.status == Status.QUEUED


def test_history_tells_differences_and_reverts():
    FieldFactory(key="town", label="Town")
    customer = CustomerFactory(first_name="Amal")
    operation = edit(customer, town="Ulm")
    client = staff("Supervisor")
    history = f"{LIST}{customer.pk}/history/"
    revert = f"{history}{operation.public_id}/revert/"

    told = client.get(history).content.decode()
    asked = client.get(revert).content.decode()
    response = client.post(revert, {"reason": "typo"})

    assert "Town: — → Ulm" in told
    assert "Will be" in asked
    assert response.url == history
    assert not customer.values.exists()
    assert Operation.objects.latest("id").reason == "typo"


@pytest.mark.parametrize("count", [1, 3])
def test_history_costs_the_same_for_more_operations(count, django_assert_num_queries):
    FieldFactory(key="town")
    customer = CustomerFactory()
    for n in range(count):
        edit(customer, town=f"Town {n}")
    client = staff("Supervisor")
    client.get(f"{LIST}{customer.pk}/history/")

    with django_assert_num_queries(15):
        response = client.get(f"{LIST}{customer.pk}/history/")

    assert len(response.context["entries"]) == count


def test_revert_names_what_stands_in_the_way():
    FieldFactory(key="town")
    FieldFactory(key="tier")
    customer = CustomerFactory()
    operation = edit(customer, town="Ulm", tier="a")
    edit(customer, town="Bonn")
    client = staff("Supervisor")
    revert = f"{LIST}{customer.pk}/history/{operation.public_id}/revert/"

    refused = client.post(revert, {})
    client.post(revert, {"rest": "1"})

    assert refused.status_code == 409
    assert "Not all of it can be put back." in refused.content.decode()
    assert [value.text for value in customer.values.all()] == ["Bonn"]


def test_reverting_a_bulk_change_says_that_it_is_everybodys():
    gold = LabelFactory(name="Gold")
    amal, amaya = CustomerFactory(first_name="Amal"), CustomerFactory(first_name="Amaya")
    client = staff("Supervisor")
    agreed(client, bulk("label", where=NAMED_A, all="1"), add=[gold.pk])
    work_off()
    operation = Operation.objects.get()
    revert = f"{LIST}{amal.pk}/history/{operation.public_id}/revert/"

    asked = client.get(revert)
    client.post(revert, {})

    assert asked.context["others"] == 1
    assert (worn(amal), worn(amaya)) == ([], [])


def test_history_is_masked_and_takes_a_right():
    FieldDefinition.objects.filter(key="firstName").update(is_pii=True)
    touch_schema()
    customer = CustomerFactory(first_name="Amal")
    operation = edit(customer, firstName="Amalthea")
    history = f"{LIST}{customer.pk}/history/"
    look = ["customers.view_customer"]
    client, blind = staff(may=[*look, "customers.view_operation"]), staff(may=look)

    page = client.get(history).content.decode()
    refused = [
        blind.get(history).status_code,
        blind.post(f"{history}{operation.public_id}/revert/").status_code,
        client.post(f"{history}{operation.public_id}/revert/").status_code,
    ]

    assert "Amalthea" not in page
    assert refused == [403, 403, 403]
    customer.refresh_from_db()
    assert customer.first_name == "Amalthea"


def test_operation_of_somebody_else_is_not_reverted_here():
    operation = edit(CustomerFactory(), firstName="Amy")
    other = CustomerFactory()
    client = staff("Supervisor")

    response = client.post(f"{LIST}{other.pk}/history/{operation.public_id}/revert/")

    assert response.status_code == 404
    assert Operation.objects.count() == 1
