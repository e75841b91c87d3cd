import pytest
from django.core.exceptions import PermissionDenied

from access.actors import Actor
from customers.models import AttributeValue, Operation
from customers.profiles.lifecycle import update_customer
from customers.undo.undo import undo
from schema_builder import drafts, ordering
from schema_builder.documents import current_fields
from schema_builder.drafts import DraftChanged, keep_ours, read_draft
from schema_builder.editing import change_field, delete_field
from schema_builder.models import FieldDefinition, SchemaVersion
from schema_builder.publishing import (
    DraftConflicts,
    NothingToPublish,
    PlanRefused,
    ValuesNeedRewriting,
    carry_out,
)
from schema_builder.schema import current_schema
from schema_changes.publishing import obstacles, publish_draft, roll_back
from tests.schema_builder.schemas import document, edited, want, want_gone, want_new
from tests.support.factories import CustomerFactory, FieldFactory, ValueFactory, field_of

pytestmark = pytest.mark.django_db
SUE = Actor("sue", "1", is_superuser=True)
OPTIONS = [{"value": "a"}, {"value": "b"}, {"value": "c"}]
MANAGE = {f"schema_builder.{action}_fielddefinition" for action in ("add", "change", "delete")}


def publish(caller=SUE, **values):
    return publish_draft(known=read_draft().token, caller=caller, **values)


def values(key, *texts, **options):
    field = FieldFactory(key=key, **options)
    return [ValueFactory(field=field, text=text) for text in texts]


def stored():
    columns = ("text", "folded", "number", "timestamp")
    return [*AttributeValue.objects.order_by("id").values_list(*columns)]


def version_number():
    return SchemaVersion.objects.count()


def test_published_draft_is_the_schema():
    want_new("town")
    want("email", label="Mail", is_required=True)

    version = publish(note="Towns")

    assert (version.number, version.kind, version.author, version.note) == (
        2,
        "publish",
        "sue",
        "Towns",
    )
    assert current_schema().by_key["town"].label == "Town"
    assert current_schema().by_key["email"].is_required
    assert not read_draft().is_begun


def test_order_of_the_draft_is_the_order_of_the_schema():
    want_new("town", section="Channels")
    places = [(one["id"], one["section"]) for one in read_draft().fields]
    edited(ordering.arrange(places[::-1]))

    publish()

    keys = FieldDefinition.objects.order_by("sort_order").values_list("key", flat=True)
    assert [*keys][:3] == ["isAnonymous", "labels", "town"]
    assert [*keys][-1] == "firstName"


def test_labels_are_exchanged():
    want("email", label="Interim")
    want("web", label="E-mail")
    want("email", label="Web")

    publish()

    assert (field_of("email").label, field_of("web").label) == ("Web", "E-mail")


def test_nothing_is_published_twice():
    want_new("town")
    known = read_draft().token
    publish()

    with pytest.raises(DraftChanged):
        publish_draft(known=known, caller=SUE)
    with pytest.raises(NothingToPublish):
        publish()
    assert version_number() == 2


def test_draft_is_published_on_top_of_other_changes():
    want("email", label="Mail")
    change_field(field_of("email"), may_clear_pii=True, description="Of the person")

    publish()

    assert (field_of("email").label, field_of("email").description) == ("Mail", "Of the person")


def test_draft_that_meets_another_change_is_refused_until_ours_is_kept():
    want("email", label="Mail")
    change_field(field_of("email"), may_clear_pii=True, label="Post")

    with pytest.raises(DraftConflicts) as error:
        publish()
    assert error.value.conflicts == ["“E-mail”: label was changed meanwhile."]
    assert field_of("email").label == "Post"
    edited(keep_ours())
    publish()

    assert field_of("email").label == "Mail"


def test_label_that_was_taken_meanwhile_is_refused():
    want_new("town")
    FieldFactory(key="city", label="TOWN")
    before = version_number()

    with pytest.raises(PlanRefused) as error:
        publish()

    assert error.value.problems == ["“Town”: label: is duplicate"]
    assert version_number() == before
    assert not FieldDefinition.objects.filter(key="town").exists()
    assert obstacles(read_draft().plan(), SUE) == error.value.problems
    assert version_number() == before


@pytest.mark.parametrize(
    ("missing", "prepare"),
    [
        ("add", lambda: want_new("town")),
        ("change", lambda: want("email", label="Mail")),
        ("delete", lambda: want_gone("town")),
    ],
)
def test_publishing_takes_the_right_to_each_change(missing, prepare):
    change_field(FieldFactory(key="town"), may_clear_pii=True, is_active=False)
    if missing == "add":
        delete_field(field_of("town"))
    prepare()
    caller = Actor(
        "ann", "2", permissions=frozenset(MANAGE - {f"schema_builder.{missing}_fielddefinition"})
    )
    before = current_fields()

    with pytest.raises(PermissionDenied):
        publish(caller)

    assert current_fields() == before


def test_pii_mark_is_published_away_by_few():
    FieldFactory(key="town", is_pii=True)
    want("town", is_pii=False)

    with pytest.raises(PermissionDenied):
        publish(Actor("ann", "2", permissions=frozenset(MANAGE)))

    assert field_of("town").is_pii


@pytest.mark.parametrize(
    ("source", "texts", "target", "columns"),
    [
        ("string", ["12", "-0.5"], "number", [("12", None, 12, None), ("-0.5", None, -0.5, None)]),
        ("number", ["12"], "string", [("12", "12", None, None)]),
        ("string", ["Rome"], "name", [("Rome", "rome", None, None)]),
        ("choice", ["a"], "string", [("a", "a", None, None)]),
    ],
)
def test_conversion_brings_the_columns_along(source, texts, target, columns):
    options = {"options": OPTIONS} if source == "choice" else {}
    rows = values("town", *texts, type=source, **options)
    want("town", type=target, length=None, options=[])

    publish()

    assert stored() == columns
    assert field_of("town").type == target
    rows[0].customer.refresh_from_db()
    assert (rows[0].customer.version, Operation.objects.count()) == (0, 0)


def test_text_that_became_a_mailbox_is_found_in_any_spelling():
    values("private", "jo.hn@gmail.com")
    want("private", type="email", length=None)

    publish()

    assert AttributeValue.objects.get().near_key == "john@gmail.com"


def test_text_that_became_a_choice_is_found_as_one():
    values("town", "Rome", "Oslo")

    want("town", type="choice", length=None, options=[{"value": "Rome"}, {"value": "Oslo"}])
    publish()

    assert [row[0] for row in stored()] == ["Rome", "Oslo"]


def test_value_that_cannot_be_converted_stops_everything():
    rows = values("town", "12", "many")
    want("town", type="number", length=None)
    want("email", label="Mail")
    before = stored(), version_number()

    with pytest.raises(PlanRefused) as error:
        publish()

    assert error.value.problems == [
        f"“town”: 1 value stands in the way: customer {rows[1].customer.public_id}."
    ]
    assert (stored(), version_number()) == before
    assert (field_of("town").type, field_of("email").label) == ("string", "E-mail")


def test_engine_below_refuses_what_needs_work_on_values():
    values("town", "12")
    want("town", type="number", length=None)

    with pytest.raises(ValuesNeedRewriting):
        carry_out(read_draft().plan(), author="sue", may_clear_pii=True, kind="publish")

    assert field_of("town").type == "string"


def test_option_that_goes_is_replaced_in_every_value_and_can_be_taken_back():
    rows = values("tier", "a", "b", "a", type="choice", options=OPTIONS)
    want("tier", options=OPTIONS[1:])
    edited(drafts.map_options(rows[0].field.public_id, {"a": "c"}))

    publish()

    assert [row[:2] for row in stored()] == [("c", "c"), ("b", "b"), ("c", "c")]
    [done] = Operation.objects.all()
    number = version_number()
    assert (done.kind, done.is_bulk, done.actor) == ("bulk", True, "sue")
    assert (done.reason, done.schema_version.number) == (f"Version {number} of the schema.", number)
    changed = [rows[0].customer, rows[2].customer]
    told = done.customers.order_by("id").values_list("public_id", flat=True)
    assert [*told] == [one.public_id for one in changed]
    owners = done.changes.order_by("id").values_list("customer_pk", flat=True)
    assert [*owners] == [one.pk for one in changed]
    rows[0].customer.refresh_from_db()
    assert (rows[0].customer.version, rows[0].customer.updated_by) == (1, "sue")
    undo(done, caller=SUE)
    assert [row[0] for row in stored()] == ["a", "b", "a"]


def test_values_are_rewritten_in_operations_of_a_bounded_number_of_customers(monkeypatch):
    monkeypatch.setattr("schema_changes.rewriting.MOST_IN_ONE", 2)
    monkeypatch.setattr("schema_changes.stored_values.BATCH", 3)
    rows = values("tier", *"aabaabaa", type="choice", options=OPTIONS)
    want("tier", options=OPTIONS[1:])
    edited(drafts.map_options(rows[0].field.public_id, {"a": "c"}))

    publish()

    done = Operation.objects.order_by("id")
    assert [one.changes.count() for one in done] == [2, 2, 2]
    assert [one.customers.count() for one in done] == [2, 2, 2]


def test_option_that_goes_may_leave_values_empty():
    rows = values("tags", "a\nb", "a", type="multichoice", options=OPTIONS)
    want("tags", options=OPTIONS[1:])
    edited(drafts.map_options(rows[0].field.public_id, {"a": ""}))

    publish()

    assert [row[0] for row in stored()] == ["b"]
    undo(Operation.objects.get(), caller=SUE)
    assert [row[0] for row in stored()] == ["a\nb", "a"]


def test_value_that_comes_back_after_a_conversion_is_of_the_new_type():
    [row] = values("age", "42")
    update_customer(row.customer, {"age": ""}, caller=SUE, partial=True)
    emptied = Operation.objects.get()
    want("age", type="number", length=None)
    publish()

    undo(emptied, caller=SUE)

    assert stored() == [("42", None, 42, None)]


def test_option_in_use_does_not_go_without_a_word():
    rows = values("tier", "a", type="choice", options=OPTIONS)
    want("tier", options=OPTIONS[1:])

    with pytest.raises(PlanRefused) as error:
        publish()

    assert rows[0].customer.public_id in error.value.problems[0]
    assert field_of("tier").options == OPTIONS


def test_deleted_field_comes_back_with_its_values_by_rolling_back():
    [row] = values("town", "Rome")
    change_field(row.field, may_clear_pii=True, is_active=False)
    with_field = SchemaVersion.objects.latest("number")
    want_gone("town")
    publish()
    assert not FieldDefinition.objects.filter(key="town").exists()

    version = roll_back(with_field, caller=SUE)

    assert (version.kind, version.note) == ("rollback", f"Back to version {with_field.number}.")
    assert version.fields == with_field.fields
    assert field_of("town").pk == row.field.pk
    update_customer(row.customer, {"firstName": "Zed"}, caller=SUE, partial=True)
    assert [*row.customer.values.values_list("text", flat=True)] == ["Rome"]


def test_rolling_back_passes_the_same_checks():
    values("tier", "a", type="choice", options=OPTIONS[:1])
    before = SchemaVersion.objects.latest("number")
    change_field(field_of("tier"), may_clear_pii=True, options=OPTIONS)
    customer = CustomerFactory()
    update_customer(customer, {"tier": "b"}, caller=SUE, partial=True)

    with pytest.raises(PlanRefused):
        roll_back(before, caller=SUE)

    assert field_of("tier").options == OPTIONS


def test_rolling_back_refuses_a_key_that_was_taken_meanwhile():
    field = FieldFactory(key="town", label="Town")
    before = SchemaVersion.objects.latest("number")
    delete_field(field)
    FieldFactory(key="town", label="City", type="number")

    roll_back(before, caller=SUE)

    # The other one was not there in that version, so it makes room.
    assert field_of("town").pk == field.pk


def test_rolling_back_forgets_roles_and_channel_types_that_are_gone():
    FieldFactory(key="town", role_visibility={})
    version = SchemaVersion.objects.latest("number")
    version.fields[-1] |= {"role_visibility": {"0": "hidden"}}
    version.fields[2] |= {"channel_types": ["EMAIL", "GONE"], "label": "Mail"}
    version.save()

    roll_back(version, caller=SUE)

    assert field_of("town").role_visibility == {}
    assert field_of("email").label == "Mail"


def test_rolling_back_to_what_is_does_nothing():
    FieldFactory(key="town")

    with pytest.raises(NothingToPublish):
        roll_back(SchemaVersion.objects.latest("number"), caller=SUE)


def test_document_in_draft_is_what_gets_published():
    want_new("town", options=[], min_value=None, description="Where")
    wanted = document("town")

    publish()

    assert document("town") == wanted
