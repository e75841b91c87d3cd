import pytest

from customers.identities import ignored
from customers.identities.ignored import find_ignored_identities
from customers.models import ChannelIdentity
from schema_builder.editing import change_field, save_schema_row
from schema_builder.models import IgnoredIdentifier
from schema_builder.schema import current_schema
from tests.support.factories import CustomerFactory, IdentityFactory, field_of
from tests.support.operations import last_operation, undone
from tests.support.staff import staff

pytestmark = pytest.mark.django_db
CHECK = "/admin/schema_builder/ignoredidentifier/check/"
NUMBER = "+4915112345001"


def held(value, of="phoneNumber", name="Kamal", *, is_valid=False):
    customer = CustomerFactory(first_name=name)
    return IdentityFactory(customer=customer, of=of, value=value, is_valid=is_valid)


def found(after=0):
    return [one.value for one in find_ignored_identities(current_schema(), after).identities]


@pytest.mark.parametrize(
    ("of", "value", "is_valid"),
    [
        ("phoneNumber", "sip:anonymous@anonymous.invalid", False),
        ("phoneNumber", "+266696687", False),
        ("phoneNumber", "Private Number", False),
        ("email", "anonymous@anonymous.invalid", True),
        ("email", "mailer@host.invalid", True),
        ("web", "(null)", True),
        ("web", "Guest", True),
        ("twitter", "[object Object]", True),
    ],
)
def test_stored_identifiers_of_the_list_are_found(of, value, is_valid):
    held(value, of, is_valid=is_valid)
    held(NUMBER, is_valid=True)
    held("ada@example.com", "email", is_valid=True)
    held("visitor-7", "web", is_valid=True)

    assert found() == [value]


def test_a_number_that_is_listed_later_is_found():
    held(NUMBER, is_valid=True)
    assert found() == []

    save_schema_row(IgnoredIdentifier(value="+49 1511 2345001"))

    assert found() == [NUMBER]


@pytest.mark.parametrize("bound", ["MOST_COMPARED", "MOST_REPORTED"])
def test_the_check_goes_on_where_it_stopped(monkeypatch, bound):
    rows = [held(f"guest{' ' * number}", "web", is_valid=True) for number in range(3)]
    monkeypatch.setattr(ignored, bound, 2)

    first = find_ignored_identities(current_schema())
    second = find_ignored_identities(current_schema(), first.next_after)

    assert (first.identities, first.next_after) == (rows[:2], rows[1].pk)
    assert (second.identities, second.next_after) == (rows[2:], 0)


def test_a_supervisor_removes_what_was_found_and_may_undo_it():
    kept, gone = held(NUMBER, is_valid=True), held("Private Number")
    client = staff("Supervisor")

    page = client.get(CHECK)
    response = client.post(CHECK, {"identity": [kept.pk, gone.pk, "x"]}, follow=True)

    assert [(identity, name, shown) for identity, name, shown in page.context["rows"]] == [
        (gone, "Kamal", "Private Number")
    ]
    assert "1 identifier removed." in response.text
    assert [*ChannelIdentity.objects.all()] == [kept]
    assert last_operation().reason == "On the list of ignored identifiers."
    undone()
    assert ChannelIdentity.objects.count() == 2


def test_what_the_viewer_may_not_write_stays():
    gone = held("Private Number")
    client = staff("Supervisor")
    role = client.user.groups.get()
    change_field(
        field_of("phoneNumber"), may_clear_pii=False, role_visibility={str(role.pk): "read"}
    )

    response = client.post(CHECK, {"identity": [gone.pk]}, follow=True)

    assert "0 identifiers removed." in response.text
    assert ChannelIdentity.objects.count() == 1


@pytest.mark.parametrize(
    ("rights", "get", "post"),
    [
        (["schema_builder.view_ignoredidentifier"], 403, 403),
        (["schema_builder.view_ignoredidentifier", "customers.view_customer"], 200, 403),
    ],
)
def test_the_check_needs_the_rights_of_what_it_shows(rights, get, post):
    gone = held("Private Number")
    client = staff(may=rights)

    statuses = client.get(CHECK).status_code, client.post(CHECK, {"identity": gone.pk}).status_code

    assert statuses == (get, post)
    assert ChannelIdentity.objects.count() == 1


def test_the_page_says_that_nothing_was_found():
    page = staff("Supervisor").get(CHECK, {"after": "nonsense"})

    assert "No customer has an identifier that is on the list." in page.text


def test_the_list_leads_to_the_check():
    assert CHECK in staff("Supervisor").get("/admin/schema_builder/ignoredidentifier/").text
