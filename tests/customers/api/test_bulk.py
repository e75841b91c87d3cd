import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.background import bulk
from customers.background.bulk import enqueue_bulk
from customers.bulk.change import BulkChange
from customers.models import Customer, Operation
from jobs.models import Job
from jobs.worker import Worker
from tests.contract.shapes import invalid, lacking, refused, without
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    JobFactory,
    LabelFactory,
    UserFactory,
    ValueFactory,
)
from tests.support.operations import everything, labels_of, values_of

pytestmark = pytest.mark.django_db
URL = "/api/customers/bulk"
ID = "f" * 24


def post(client, customers, **more):
    ids = [customer.public_id for customer in customers]
    return client.post(URL, {"customers": ids, **more}, format="json")


def test_many_customers_are_changed_at_once(supervisor):
    vip, old = LabelFactory(name="VIP"), LabelFactory(name="Old")
    FieldFactory(key="city")
    one, other = CustomerFactory.create_batch(2)
    labels = {"add": [vip.public_id], "remove": [old.public_id]}
    post(supervisor, [other], labels=labels, fields={"city": "Ulm"})

    response = post(
        supervisor, [one, other], labels=labels, fields={"city": "Ulm"}, reason="Spring"
    )

    operation = Operation.objects.order_by("pk").last()
    assert response.status_code == 200
    assert response.json() == {
        "operation": operation.public_id,
        "changed": 1,
        "unchanged": [other.public_id],
    }
    assert (operation.kind, operation.reason) == ("bulk", "Spring")
    assert (labels_of(one), values_of(one)) == (["VIP"], {"city": "Ulm"})


def test_a_dry_run_answers_the_same_and_writes_nothing(supervisor):
    customers, vip = CustomerFactory.create_batch(2), LabelFactory()
    before = everything()

    response = post(supervisor, customers, labels={"add": [vip.public_id]}, dryRun=True)

    assert response.json() == {"operation": None, "changed": 2, "unchanged": []}
    assert (everything(), Operation.objects.count()) == (before, 0)


def test_a_refusal_names_every_customer_and_field(supervisor):
    field = FieldFactory(key="city", is_required=True)
    one, other = (ValueFactory(field=field).customer for _ in range(2))
    third = CustomerFactory()
    before = everything()

    response = post(supervisor, [one, other, third], fields={"city": ""})

    assert response.status_code == 400
    assert response.json() == invalid(
        **{f"{c.public_id}.city": ["This field is required."] for c in (one, other)}
    )
    assert everything() == before
    assert not Operation.objects.exists()


def test_it_is_undone_by_its_operation(supervisor, write_token):
    customers, vip = CustomerFactory.create_batch(2), LabelFactory(name="VIP")
    done = post(write_token, customers, labels={"add": [vip.public_id]}).json()
    undo = f"/api/operations/{done['operation']}/undo"

    response = supervisor.post(undo, {"reason": "Mistake"}, format="json")

    assert (response.status_code, response.json()["left"]) == (200, [])
    assert [labels_of(customer) for customer in customers] == [[], []]
    told = supervisor.get(f"/api/operations/{done['operation']}").json()
    assert told["undoneBy"] == response.json()["operation"]
    supervisor.post(f"/api/operations/{told['undoneBy']}/undo", {}, format="json")
    assert [labels_of(customer) for customer in customers] == [["VIP"], ["VIP"]]


def test_an_agent_neither_changes_many_nor_takes_it_back(agent, supervisor):
    customer, vip = CustomerFactory(), LabelFactory(name="VIP")
    labels = {"add": [vip.public_id]}
    assert post(agent, [customer], labels=labels).status_code == 403
    done = post(supervisor, [customer], labels=labels).json()

    response = agent.post(f"/api/operations/{done['operation']}/undo", {"reason": ""})

    expected = lacking("Change many customers at once", "undo this operation")
    assert (response.status_code, response.json()) == (403, refused(expected))
    assert labels_of(customer) == ["VIP"]


@pytest.mark.parametrize("value", ["Lah***", "Lahore", "Ulm"])
def test_hidden_values_are_neither_found_out_nor_overwritten(write_token, value):
    customer = ValueFactory(field=FieldFactory(key="city", is_pii=True), text="Lahore").customer

    answers = [
        post(write_token, [customer], fields={"city": value}, dryRun=dry_run)
        for dry_run in (True, False)
    ]

    expected = "You may not see this field, so you may not change it for many at once."
    assert [(a.status_code, a.json()) for a in answers] == [
        (400, invalid(**{"fields.city": [expected]}))
    ] * 2
    assert values_of(customer) == {"city": "Lahore"}


@pytest.mark.parametrize(
    ("values", "attribute"),
    [
        ({}, "customers"),
        ({"customers": None}, "customers"),
        ({"customers": ID}, "customers"),
        ({"customers": {}}, "customers"),
        ({"customers": []}, "customers"),
        ({"customers": [ID] * 201}, "customers"),
        ({"customers": ["x"]}, "customers.0"),
        ({"customers": [None]}, "customers.0"),
        ({"customers": [ID]}, "fields"),
        ({"customers": [ID], "planet": 1}, "planet"),
        ({"customers": [ID], "labels": []}, "labels.body"),
        ({"customers": [ID], "labels": None}, "labels"),
        ({"customers": [ID], "labels": {"add": ID}}, "labels.add"),
        ({"customers": [ID], "labels": {"add": ["x"]}}, "labels.add.0"),
        ({"customers": [ID], "labels": {"put": []}}, "labels.put"),
        ({"customers": [ID], "labels": {"add": ["a" * 24]}}, "labels.add"),
        ({"customers": [ID], "labels": {"add": ["a" * 24] * 101}}, "labels.add"),
        ({"customers": [ID], "fields": []}, "fields"),
        ({"customers": [ID], "fields": None}, "fields"),
        ({"customers": [ID], "fields": {"planet": 1}}, "fields.planet"),
        ({"customers": [ID], "fields": {"__v": 1}}, "fields.__v"),
        ({"customers": [ID], "fields": {"labels": ["x"]}}, "fields.labels"),
        ({"customers": [ID], "fields": {"phoneNumber": {"a": 1}}}, "fields.phoneNumber"),
        ({"customers": [ID], "fields": {"firstName": {"a": []}}}, "fields.firstName"),
        ({"customers": [ID], "fields": {"firstName": "x" * 100_000}}, "fields.firstName"),
        ({"customers": [ID], "fields": {"isAnonymous": 5}}, "fields.isAnonymous"),
        ({"customers": [ID], "reason": {}}, "reason"),
        ({"customers": [ID], "reason": "x" * 201}, "reason"),
        ({"customers": [ID], "dryRun": "maybe"}, "dryRun"),
    ],
)
def test_a_bad_body_is_refused(supervisor, values, attribute):
    CustomerFactory(public_id=ID)
    before = everything()

    response = supervisor.post(URL, values, format="json")

    assert (response.status_code, list(response.json()["errors"])) == (400, [attribute])
    assert everything() == before


def test_unknown_parameters_are_refused(supervisor):
    response = supervisor.post(f"{URL}?dryRun=true", {"customers": [ID]}, format="json")

    assert (response.status_code, response.json()) == (400, invalid(dryRun=["Unknown parameter."]))


def queued(client, monkeypatch, count=3):
    monkeypatch.setattr(bulk, "MOST_CUSTOMERS", 2)
    CustomerFactory.create_batch(count)
    change = BulkChange(add=[LabelFactory(name="VIP").public_id])
    return enqueue_bulk(Customer.objects.all(), change, caller=client.user)


def test_a_job_is_watched_and_taken_back(supervisor, monkeypatch):
    job = queued(supervisor, monkeypatch)
    url = f"/api/jobs/{job.public_id}"

    first = supervisor.get(url)
    Worker().drain()
    last = supervisor.get(url).json()

    assert (first.status_code, first.json()["status"]) == (200, "queued")
    assert without(last, "createdAt", "startedAt", "finishedAt") == {
        "_id": job.public_id,
        "kind": "customers.change",
        "title": "Label VIP: 3 customers",
        "status": "done",
        "total": 3,
        "done": 3,
        "result": {"changed": 3, "unchanged": 0, "refused": 0, "refusals": []},
        "problem": "",
        "createdBy": supervisor.user.username,
    }
    undo = supervisor.post(f"{url}/undo", {"reason": "Mistake"}, format="json")
    assert (undo.status_code, undo.json()["title"]) == (202, "Undo: Label VIP: 3 customers")
    Worker().drain()
    assert [labels_of(customer) for customer in Customer.objects.all()] == [[]] * 3
    again = supervisor.post(f"{url}/undo", {"reason": ""}, format="json")
    expected = "There is nothing to take back."
    assert (again.status_code, again.json()) == (409, refused(expected))


def test_a_job_is_cancelled_once(supervisor, monkeypatch):
    job = queued(supervisor, monkeypatch)
    url = f"/api/jobs/{job.public_id}/cancel"

    answers = [supervisor.post(url) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[0].json()["status"] == "cancelled"
    assert answers[1].json() == refused("The job is cancelled already.")
    Worker().drain()
    assert not Operation.objects.exists()


def test_a_job_is_for_its_creator_and_supervisors(write_token, supervisor):
    theirs = JobFactory(owner="user:0")
    token = write_token.token
    own = JobFactory(owner=f"token:{token.pk}", created_by=token.name)
    namesake = JobFactory(owner=f"token:{token.pk}", created_by="somebody else")

    assert write_token.get(f"/api/jobs/{own.public_id}").status_code == 200
    assert supervisor.get(f"/api/jobs/{own.public_id}").status_code == 200
    for verb in ("undo", "cancel"):
        url = f"/api/jobs/{theirs.public_id}/{verb}"
        answer = write_token.post(url, {"reason": ""}, format="json")
        expected = lacking(
            "Cancel and undo the background jobs of others", "see or change jobs of other users"
        )
        assert (answer.status_code, answer.json()) == (403, refused(expected))
    for job in (theirs, namesake):
        assert write_token.get(f"/api/jobs/{job.public_id}").status_code == 403
    assert set(Job.objects.values_list("status", flat=True)) == {"queued"}


@pytest.mark.parametrize("path", [ID, "x", f"{ID}/undo", f"{ID}/cancel"])
def test_an_unknown_job_is_not_found(supervisor, path):
    url = f"/api/jobs/{path}"

    response = (
        supervisor.post(url, {"reason": ""}, format="json") if "/" in path else supervisor.get(url)
    )

    assert response.status_code == 404


def test_a_name_alone_makes_nobody_the_creator(supervisor, write_token):
    UserFactory(username=write_token.token.name)
    job = JobFactory(created_by=write_token.token.name, owner="user:1")

    assert write_token.get(f"/api/jobs/{job.public_id}").status_code == 403


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just(ID),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
FIELDS = st.dictionaries(
    st.sampled_from(["firstName", "phoneNumber", "web", "isAnonymous", "tier", "born"]), JSON
)


def test_any_body_is_answered(supervisor):
    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(st.fixed_dictionaries({"fields": FIELDS | JSON}, optional={"labels": JSON}))
    def fuzz(body):
        response = supervisor.post(URL, {"customers": [ID], **body}, format="json")

        assert response.status_code in (200, 400)
        response.json()

    CustomerFactory(public_id=ID)
    FieldFactory(key="tier", type="number")
    FieldFactory(key="born", type="date")
    fuzz()
