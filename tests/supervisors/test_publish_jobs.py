"""Publishing that rewrites many values, as supervisors see it."""

import pytest
from django.urls import reverse

from customers.models import AttributeValue
from jobs.execution import run_chunk
from jobs.models import Job
from jobs.worker import Worker
from schema_builder.drafts import map_options, read_draft
from schema_builder.models import SchemaVersion
from tests.schema_builder.schemas import edited, want
from tests.support.factories import FieldFactory, ValueFactory, field_of
from tests.support.staff import staff

pytestmark = pytest.mark.django_db
OPTIONS = [{"value": "a"}, {"value": "b"}]


@pytest.fixture(autouse=True)
def in_the_background(monkeypatch):
    monkeypatch.setattr("schema_changes.publishing.MOST_AT_ONCE", 0)


@pytest.fixture
def tier():
    field = FieldFactory(key="tier", type="choice", options=OPTIONS)
    return [ValueFactory(field=field, text="a") for _ in range(2)]


def option_goes():
    want("tier", options=OPTIONS[1:])
    edited(map_options(field_of("tier").public_id, {"a": "b"}))


def publish(client):
    data = {"token": read_draft().token, "note": "Why"}
    return client.post(reverse("builder:publish"), data, follow=True)


def text_of(response):
    return response.content.decode()


def test_publish_leads_to_the_job_that_does_it(tier):
    client = staff("Supervisor")
    option_goes()

    page = publish(client)

    job = Job.objects.get()
    assert page.redirect_chain == [(reverse("admin:jobs_job_change", args=[job.pk]), 302)]
    assert "Values are being checked and rewritten." in text_of(page)
    Worker().drain()
    assert "Undo" not in text_of(client.get(reverse("admin:jobs_job_change", args=[job.pk])))
    assert SchemaVersion.objects.latest("number").note == "Why"


def test_supervisors_may_see_their_publish_without_permission_for_other_jobs(tier):
    rights = [f"schema_builder.{name}_fielddefinition" for name in ("view", "change")]
    option_goes()

    page = publish(staff(may=rights))

    assert page.status_code == 200
    assert "Publish the schema" in text_of(page)


def test_pages_say_that_values_are_being_rewritten(tier):
    client = staff("Supervisor")
    option_goes()
    publish(client)
    run_chunk()

    for name in ("board", "changes"):
        page = text_of(client.get(reverse(f"builder:{name}")))
        assert "1 of 10 steps done" in page
        assert reverse("admin:jobs_job_change", args=[Job.objects.get().pk]) in page
    Worker().drain()
    assert "steps done" not in text_of(client.get(reverse("builder:board")))


def test_second_publish_is_refused_with_the_reason_and_keeps_the_note(tier):
    client = staff("Supervisor")
    option_goes()
    publish(client)

    page = publish(client)

    assert page.redirect_chain == [(reverse("builder:changes"), 302)]
    assert "Wait until that job is done, or cancel it." in text_of(page)
    assert 'value="Why"' in text_of(page)


def test_rolling_back_many_values_leads_to_a_job(db):
    client = staff("Supervisor")
    ValueFactory(field=FieldFactory(key="age", type="number"), text="1", folded=None, number=1)
    before = SchemaVersion.objects.latest("number").number
    want("age", type="string", length=20)
    publish(client)
    Worker().drain()

    known = client.get(reverse("builder:version", args=[before])).context["latest"]
    client.post(reverse("builder:version-restore", args=[before]), {"known": known})
    Worker().drain()

    assert field_of("age").type == "number"


def test_publish_that_failed_after_it_replaced_options_can_be_undone(tier):
    client = staff("Supervisor")
    option_goes()
    publish(client)
    job = Job.objects.get()
    for _ in range(5):
        run_chunk()
    client.post(reverse("admin:jobs_job_cancel", args=[job.pk]))

    client.post(reverse("admin:jobs_job_undo", args=[job.pk]))
    Worker().drain()

    assert set(AttributeValue.objects.values_list("text", flat=True)) == {"a"}
