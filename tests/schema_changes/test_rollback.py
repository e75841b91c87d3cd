"""Going back to a version of the schema, with the values that later versions rewrote."""

import pytest

from access.actors import Actor
from customers.models import AttributeValue, Operation, SchemaRewrite
from customers.profiles.lifecycle import delete_customer, update_customer
from customers.undo.undo import undo
from schema_builder import drafts
from schema_builder.drafts import read_draft
from schema_builder.editing import change_field
from schema_builder.models import SchemaVersion
from schema_builder.publishing import PlanRefused, plan_of_version
from schema_changes.publishing import publish_draft, roll_back
from schema_changes.rollback import Rollback
from schema_changes.version_notes import return_findings, rewrites_in_words, rewrites_of
from tests.schema_builder.schemas import edited, want, want_gone
from tests.support.factories import FieldFactory, ValueFactory, field_of
from tests.support.staff import staff

pytestmark = pytest.mark.django_db
SUE = Actor("sue", "1", is_superuser=True)
BOB = Actor(
    "bob",
    "2",
    frozenset(f"schema_builder.{action}_fielddefinition" for action in ("add", "change", "delete")),
)
CONSUMER = {"value": "consumer", "label": "Consumer"}
SMALL = {"value": "small", "label": "Small business"}
LARGE = {"value": "large", "label": "Large"}


def held(field, *texts):
    return [ValueFactory(field=field, text=text).customer for text in texts]


def taken_away(key, option, successor, *options):
    """Publish the field with these options only."""
    want(key, options=list(options))
    edited(drafts.map_options(field_of(key).public_id, {option: successor}))
    return publish_draft(known=read_draft().token, caller=SUE)


def now():
    return SchemaVersion.objects.latest("number")


def texts(key="segment"):
    rows = AttributeValue.objects.filter(field__key=key).order_by("customer")
    return [*rows.values_list("text", flat=True)]


def told(version):
    before = SchemaVersion.objects.get(number=version.number - 1)
    found = rewrites_of([version]).get(version.pk, [])
    return rewrites_in_words(found, before.fields, version.fields)


def findings(version):
    plan = plan_of_version(version)
    return [one.text for one in return_findings(plan, Rollback(plan, version))]


@pytest.fixture
def segment(db):
    return FieldFactory(
        key="segment", label="Segment", type="choice", options=[CONSUMER, SMALL, LARGE]
    )


@pytest.fixture
def tags(db):
    return FieldFactory(
        key="tags", label="Tags", type="multichoice", options=[CONSUMER, SMALL, LARGE]
    )


def test_going_back_puts_values_back_that_were_mapped(segment):
    customers, before = held(segment, "consumer", "small", "consumer"), now()
    published = taken_away("segment", "consumer", "small", SMALL, LARGE)
    assert texts() == ["small"] * 3

    version = roll_back(before, caller=SUE)

    assert texts() == ["consumer", "small", "consumer"]
    assert told(published) == ["Segment: “Consumer” became “Small business” for 2 customers"]
    assert told(version) == ["Segment: “Small business” became “Consumer” for 2 customers"]
    done = Operation.objects.order_by("id")
    assert [one.schema_version for one in done] == [published, version]
    customers[0].refresh_from_db()
    assert (customers[0].version, customers[0].updated_by) == (2, "sue")


def test_going_back_leaves_alone_what_was_changed_since(segment):
    customers, before = held(segment, "consumer", "consumer", "consumer", "consumer"), now()
    taken_away("segment", "consumer", "small", SMALL, LARGE)
    update_customer(customers[0], {"segment": "large"}, caller=SUE, partial=True)
    update_customer(customers[1], {"segment": ""}, caller=SUE, partial=True)
    delete_customer(customers[2], caller=SUE)

    assert findings(before) == [
        "3 customers were moved from “Consumer” to “Small business” by version 3: 1 is put back,"
        " 2 have been changed since and stay."
    ]
    roll_back(before, caller=SUE)

    assert texts() == ["large", "consumer"]


def test_values_that_were_emptied_come_back(segment):
    customers, before = held(segment, "consumer", "consumer", "small"), now()
    rows = [*AttributeValue.objects.order_by("id").values()]
    published = taken_away("segment", "consumer", "", SMALL, LARGE)
    assert texts() == ["small"]
    update_customer(customers[1], {"segment": "large"}, caller=SUE, partial=True)

    assert findings(before) == [
        "2 customers were moved from “Consumer” to nothing by version 3: 1 is put back,"
        " 1 has been changed since and stays."
    ]
    version = roll_back(before, caller=SUE)

    assert told(published) == ["Segment: “Consumer” was taken from 2 customers"]
    assert told(version) == ["Segment: “Consumer” came back to 1 customer"]
    assert texts() == ["consumer", "large", "small"]
    assert [AttributeValue.objects.filter(pk=rows[0]["id"]).values()[0]] == rows[:1]


def test_several_choices_come_back(tags):
    held(tags, "consumer\nlarge", "consumer\nsmall", "large")
    before = now()
    published = taken_away("tags", "consumer", "small", SMALL, LARGE)
    assert texts("tags") == ["small\nlarge", "small", "large"]

    version = roll_back(before, caller=SUE)

    assert texts("tags") == ["consumer\nlarge", "consumer\nsmall", "large"]
    assert told(published) == ["Tags: “Consumer” became “Small business” for 2 customers"]
    assert told(version) == [
        "Tags: “Small business” became “Consumer” for 1 customer",
        "Tags: “Consumer” came back to 1 customer",
    ]


def test_going_back_over_several_versions_takes_all_of_them_back(segment):
    customers, first = held(segment, "consumer", "consumer", "consumer"), now()
    second = taken_away("segment", "consumer", "small", SMALL, LARGE)
    update_customer(customers[1], {"segment": "large"}, caller=SUE, partial=True)
    update_customer(customers[1], {"segment": "small"}, caller=SUE, partial=True)
    update_customer(customers[2], {"segment": "large"}, caller=SUE, partial=True)
    taken_away("segment", "small", "large", LARGE)
    assert texts() == ["large"] * 3

    back = roll_back(second, caller=SUE)
    assert texts() == ["small", "small", "large"]
    roll_back(first, caller=SUE)
    assert texts() == ["consumer", "consumer", "large"]
    roll_back(back, caller=SUE)

    assert texts() == ["small", "small", "large"]


def test_option_that_took_its_place_goes_with_going_back(segment):
    customers, before = held(segment, "consumer", "consumer"), now()
    private = {"value": "private", "label": "Private"}
    taken_away("segment", "consumer", "private", private, SMALL, LARGE)

    roll_back(before, caller=SUE)
    assert texts() == ["consumer"] * 2
    taken_away("segment", "consumer", "private", private, SMALL, LARGE)
    update_customer(customers[0], {"segment": "small"}, caller=SUE, partial=True)
    update_customer(customers[0], {"segment": "private"}, caller=SUE, partial=True)
    newer = ValueFactory(field=field_of("segment"), text="private").customer

    with pytest.raises(PlanRefused) as error:
        roll_back(before, caller=SUE)
    assert error.value.problems == [
        f"“Segment”: 1 value stands in the way: customer {newer.public_id}."
    ]
    assert texts() == ["private"] * 3


def test_what_was_undone_is_not_put_back_again(segment):
    [customer], before = held(segment, "consumer"), now()
    taken_away("segment", "consumer", "small", SMALL, LARGE)
    undo(Operation.objects.get(), caller=SUE)
    update_customer(customer, {"segment": "small"}, caller=SUE, partial=True)

    assert findings(before) == []
    roll_back(before, caller=SUE)

    assert texts() == ["small"]


def test_going_back_before_the_option_leaves_values_as_they_are(segment):
    change_field(segment, may_clear_pii=True, options_may_go=True, options=[SMALL, LARGE])
    without = now()
    change_field(segment, may_clear_pii=True, options=[CONSUMER, SMALL, LARGE], description="Size")
    held(segment, "consumer")
    taken_away("segment", "consumer", "small", SMALL, LARGE)

    assert findings(without) == []
    roll_back(without, caller=SUE)

    assert texts() == ["small"]


def test_field_that_did_not_change_keeps_what_it_has(segment, tags):
    held(segment, "consumer")
    held(tags, "consumer")
    before = now()
    taken_away("segment", "consumer", "small", SMALL, LARGE)
    taken_away("tags", "consumer", "small", SMALL, LARGE)
    between = SchemaVersion.objects.get(number=before.number + 1)

    roll_back(between, caller=SUE)

    assert (texts("segment"), texts("tags")) == (["small"], ["consumer"])


def test_values_come_back_as_of_the_type_of_then(segment):
    numbers = [{"value": "10"}, {"value": "20"}]
    field = FieldFactory(key="size", label="Size", type="choice", options=numbers)
    held(field, "10", "20")
    before = now()
    taken_away("size", "10", "20", numbers[1])
    want("size", type="string", options=[], length=50)
    publish_draft(known=read_draft().token, caller=SUE)

    roll_back(before, caller=SUE)

    assert (field_of("size").type, texts("size")) == ("choice", ["10", "20"])
    assert SchemaRewrite.objects.count() == 2


def test_pages_tell_what_versions_made_of_values(segment):
    held(segment, "consumer", "consumer")
    before = now()
    private = {"value": "private", "label": "Private"}
    version = taken_away("segment", "consumer", "private", private, SMALL, LARGE)
    client = staff("Administrator")
    line = "Segment: “Consumer” became “Private” for 2 customers"

    assert line in client.get("/admin/schema/versions").content.decode()
    assert line in client.get(f"/admin/schema/versions/{version.number}").content.decode()
    page = client.get(f"/admin/schema/versions/{before.number}")
    assert "2 customers were moved from “Consumer” to “Private” by version 3: 2 are put back." in (
        page.content.decode()
    )
    assert not page.context["is_blocked"]
    ValueFactory(field=field_of("segment"), text="private", customer__first_name="Zed")
    blocked = client.get(f"/admin/schema/versions/{before.number}")
    assert blocked.context["is_blocked"]
    assert "used by 1 customer." in blocked.content.decode()
    listed = client.get(
        f"/admin/schema/versions/{before.number}/{segment.public_id}/option?option=private"
    )
    assert [one.name for one in listed.context["part"].samples] == ["Zed"]
    done = client.get("/admin/customers/operation/").context["cl"]
    assert done.result_count == 1


def test_pages_tell_nobody_of_options_of_a_hidden_field(segment):
    held(segment, "consumer")
    taken_away("segment", "consumer", "small", SMALL, LARGE)
    client = staff("Agent", may=["schema_builder.view_fielddefinition"])
    [agent] = client.user.groups.values_list("pk", flat=True)
    change_field(segment, may_clear_pii=True, role_visibility={str(agent): "hidden"})

    for page in ("versions", "versions/3"):
        assert "Consumer" not in client.get(f"/admin/schema/{page}").content.decode()


def test_deleted_field_comes_back_with_the_mark_that_it_had(db):
    field, before = FieldFactory(key="town"), now()
    change_field(field, may_clear_pii=True, is_pii=True)
    change_field(field_of("town"), may_clear_pii=True, is_active=False)
    want_gone("town")
    publish_draft(known=read_draft().token, caller=SUE)

    roll_back(before, caller=BOB)

    assert (field_of("town").is_pii, field_of("town").is_active) == (True, True)
