"""Names and values are found in any spelling, on every way to search."""

import pytest

from access.actors import Actor
from customers.lists.filter_language import FilterRow, selection
from customers.lists.search import find
from customers.masking import UNMASKED, FieldAccess
from customers.models import AttributeValue, ChannelIdentity, Customer, Respelling
from customers.profiles.writing import name_columns
from customers.search_keys.rereading import read_all_again
from customers.search_keys.respelling import respell_batch, respell_in_batches
from schema_builder.schema import current_schema
from tests.support.factories import CustomerFactory, FieldFactory, IdentityFactory, ValueFactory
from tests.support.operations import SAM, edit, undone

pytestmark = pytest.mark.django_db
BLIND = Actor("blind", "9", frozenset({"customers.view_customer"}))
URL = "/cim-customer/customers"
NAMES = [
    ("\u00c1lvaro Pe\u00f1a", "alvaro pena"),
    ("Alvaro Pena", "\u00c1lvaro Pe\u00f1a"),
    ("\u0141ukasz \u017b\u00f3\u0142\u0107", "lukasz zolc"),
    ("Nguy\u1ec5n V\u0103n \u0110\u1ee9c", "nguyen van duc"),
    ("\u0130brahim", "ibrahim"),
    ("\u0130brahim", "\u0130BRAH\u0130M"),
    ("I\u015f\u0131k", "i\u015f\u0131k"),
    ("I\u015f\u0131k", "isik"),
    ("\u0639\u0644\u06cc", "\u0639\u0644\u064a"),
    ("\u0639\u0644\u064a", "\u0639\u0644\u06cc"),
    ("\u0623\u062d\u0645\u062f", "\u0627\u062d\u0645\u062f"),
    ("\u0627\u062d\u0645\u062f", "\u0623\u062d\u0645\u062f"),
    ("O\u2019Connor", "O'Connor"),
    ("O'Connor", "O\u2019Connor"),
    ("O\u2019Connor", "oconnor"),
    ("\u041e\u043b\u044c\u0433\u0430 \u041c\u0435\u043b\u044c\u043d\u0438\u043a", "Olga Melnik"),
    ("\u0391\u03bb\u03ad\u03be\u03b1\u03bd\u03b4\u03c1\u03bf\u03c2", "Alexandros"),
    ("\u738b\u5c0f\u660e", "WangXiaoming"),
    ("\u0645\u062d\u0645\u062f \u062d\u0633\u06cc\u0646", "Muhammad Hussain"),
    ("\u0623\u062d\u0645\u062f \u0639\u0644\u064a", "ahmed ali"),
    ("\u0641\u0627\u0637\u0645\u0629", "Fatima"),
    ("\u064a\u0648\u0633\u0641", "Youssef"),
    ("\u05d3\u05d5\u05d3 \u05db\u05d4\u05df", "David Cohen"),
    ("M\u00fcller", "Mueller"),
    ("Mueller", "M\u00fcller"),
    ("Muller", "M\u00fcller"),
]


def found_names(query, mask=UNMASKED):
    hits = find(query, current_schema(), mask)
    names = dict(Customer.objects.values_list("public_id", "first_name"))
    return [names[hit.public_id] for hit in hits]


def listed(client, condition):
    documents = client.get(URL, {"paginateQuery": condition}).json()["docs"]
    return [document["firstName"] for document in documents]


def forget_keys():
    """Rows as they were before there were keys."""
    for model in (Customer, AttributeValue, ChannelIdentity):
        model.objects.update(search_key=None)


def keys_of(*models):
    return [
        list(model.objects.order_by("pk").values_list("search_key", flat=True)) for model in models
    ]


@pytest.mark.parametrize(("name", "query"), NAMES)
def test_name_is_found_in_another_spelling(write_token, name, query):
    FieldFactory(key="family", is_searchable=True)
    write_token.post(URL, {"firstName": "Zed"}, format="json")
    write_token.post(URL, {"firstName": name}, format="json")
    write_token.post(URL, {"firstName": "By value", "family": name}, format="json")

    assert found_names(query) == [name, "By value"]
    if " " not in query:
        assert listed(write_token, f"firstName:{query}") == [name]
        assert listed(write_token, f"family:{query}") == ["By value"]


@pytest.mark.parametrize("name", ["Jean-Luc Picard", "Jean Luc Picard", "Jean\u2010Luc Picard"])
@pytest.mark.parametrize("query", ["jean-luc", "Jean Luc", "picard, jean-luc"])
def test_name_with_a_hyphen_is_found_with_and_without(name, query):
    CustomerFactory(first_name=name)

    assert found_names(query) == [name]


@pytest.mark.parametrize("query", ["Wang Xiaoming", "xiaoming wang", "Xiao Ming"])
def test_chinese_name_is_found_by_its_syllables_in_any_order(query):
    CustomerFactory(**name_columns("\u738b\u5c0f\u660e"))

    assert found_names(query) == ["\u738b\u5c0f\u660e"]


def test_exact_spelling_comes_first():
    for name in ("Pena", "\u0160tefan Pe\u0148a", "Pe\u00f1a", "Penas"):
        CustomerFactory(first_name=name)

    assert found_names("Pe\u00f1a") == ["Pe\u00f1a", "Pena", "Penas", "\u0160tefan Pe\u0148a"]
    assert found_names("pena")[0] == "Pena"


def test_whole_comparison_still_tells_spellings_apart():
    field = FieldFactory(key="town", is_searchable=True)
    for name in ("M\u00fcnchen", "Munchen"):
        ValueFactory(customer=CustomerFactory(first_name=name), field=field, text=name)

    chosen = selection([FilterRow("town", "is", ("munchen",))], SAM)
    holding = selection([FilterRow("town", "contains", ("munchen",))], SAM)

    assert sorted(chosen.values_list("first_name", flat=True)) == ["Munchen"]
    assert sorted(holding.values_list("first_name", flat=True)) == ["Munchen", "M\u00fcnchen"]


def test_masked_value_is_found_as_a_whole_in_another_spelling():
    field = FieldFactory(key="family", is_searchable=True, is_pii=True)
    ValueFactory(customer=CustomerFactory(first_name="Zed"), field=field, text="Pe\u00f1a Roc")

    assert found_names("pena roc", FieldAccess(BLIND)) == ["Zed"]
    assert found_names("pena", FieldAccess(BLIND)) == []


@pytest.mark.parametrize(
    ("stored", "query"),
    [
        ("\u00c9COLE-7", "\u00e9cole"),
        ("\u00e9cole-7", "e\u0301cole"),
        ("e\u0301cole-7", "\u00c9COLE"),
        ("\u0416\u0423\u041a-7", "\u0436\u0443\u043a"),
        ("user-O\u2019Neil", "o'neil"),
    ],
)
def test_part_of_an_identifier_is_found_in_any_spelling(write_token, stored, query):
    write_token.post(URL, {"firstName": "Zed", "web": [stored]}, format="json")

    assert found_names(query) == ["Zed"]
    assert listed(write_token, f"web:{query}") == ["Zed"]


@pytest.mark.parametrize(
    "query", ["0300 123", "0092300", "00923001", "+92 300 12", "0300-1234567", "(0)300 123"]
)
def test_local_notation_of_a_number_is_found(write_token, query):
    write_token.post(URL, {"firstName": "Zed", "phoneNumber": ["+923001234567"]}, format="json")

    assert listed(write_token, f"phoneNumber:{query}") == ["Zed"]
    assert found_names(query) == ["Zed"]


def test_change_and_undo_of_a_name_keep_it_searchable():
    customer = CustomerFactory(first_name="\u00c1lvaro")

    edit(customer, firstName="\u0141ukasz")
    renamed = found_names("lukasz"), found_names("alvaro")
    undone()

    assert renamed == (["\u0141ukasz"], [])
    assert (found_names("lukasz"), found_names("alvaro")) == ([], ["\u00c1lvaro"])


def test_old_rows_are_found_by_their_old_key_until_they_are_respelled():
    CustomerFactory(first_name="\u00c1lvaro Pe\u00f1a", folded_name="\u00e1lvaro pe\u00f1a")
    forget_keys()

    before = found_names("\u00e1lvaro"), found_names("alvaro")
    list(respell_in_batches())

    assert before == (["\u00c1lvaro Pe\u00f1a"], [])
    assert found_names("alvaro") == ["\u00c1lvaro Pe\u00f1a"]


def test_respelling_goes_on_where_it_stopped(monkeypatch):
    monkeypatch.setattr("customers.search_keys.respelling.BATCH", 2)
    customers = [CustomerFactory(**name_columns(f"\u00c1na {n}")) for n in range(5)]
    written = keys_of(Customer)
    forget_keys()

    first = respell_batch("customer")
    position = Respelling.objects.get(table="customer").position
    list(respell_in_batches())

    assert first is False
    assert position == customers[1].pk
    assert keys_of(Customer) == written
    assert Respelling.objects.filter(is_done=True).count() == 3


def test_respelling_writes_what_every_write_would():
    field = FieldFactory(key="mail", type="email")
    customer = CustomerFactory(**name_columns("\u041e\u043b\u044c\u0433\u0430"))
    ValueFactory(customer=customer, field=field, text="a@xn--bcher-kva.example")
    AttributeValue.objects.update(folded="a@xn--bcher-kva.example")
    identity = IdentityFactory(value="Zed@xn--bcher-kva.local", of="email")
    ChannelIdentity.objects.update(match_key="zed@xn--bcher-kva.local", is_valid=False)
    forget_keys()

    list(respell_in_batches())
    list(read_all_again())
    identity.refresh_from_db()

    assert AttributeValue.objects.get().folded == "a@b\u00fccher.example"
    assert (identity.match_key, identity.is_valid) == ("zed@b\u00fccher.local", True)
    assert Customer.objects.get(pk=customer.pk).search_key == "\nolga\n"


def test_work_that_is_done_costs_one_query(django_assert_num_queries):
    list(respell_in_batches())

    with django_assert_num_queries(1):
        list(respell_in_batches())


def test_text_that_is_its_own_spelling_has_no_key():
    CustomerFactory(**name_columns("Zed"))

    assert keys_of(Customer) == [[None]]
