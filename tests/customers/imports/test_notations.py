"""Files as spreadsheets and address books write them, from the upload to the import."""

import pytest
from django.core.exceptions import ValidationError

from customers.models import Customer, CustomerImport, CustomerLabel
from jobs.models import Job
from jobs.worker import Worker
from tests.supervisors.test_imports import START, checked, filled, uploaded, words
from tests.support.factories import FieldFactory, LabelFactory
from tests.support.imports import counts, imported, problems, rules
from tests.support.operations import identifiers_of, labels_of, values_of
from tests.support.staff import staff

pytestmark = pytest.mark.django_db

TIERS = [{"value": "g", "label": "Gold"}, {"value": "s", "label": "Silver"}]


@pytest.fixture
def sue(db):
    FieldFactory(key="birthDate", label="Birth date", type="date")
    FieldFactory(key="newsletter", label="Newsletter", type="boolean")
    FieldFactory(key="revenue", label="Revenue", type="number")
    FieldFactory(key="tier", label="Tier", type="choice", options=TIERS)
    return staff("Supervisor", username="sue")


def european(rows=500):
    lines = ["Name;Telefon;E-Mail;Birth date;Newsletter;Revenue;Tier"]
    for n in range(rows):
        lines.append(
            f"Ada {n};020 7946 {n:04};ada{n}@example.co.uk;{18 + n % 10}/03/1973;"
            f"{'ja' if n % 2 else 'nein'};1.234,{n % 90 + 10};{'gold' if n % 3 else 'SILVER'}"
        )
    return "\r\n".join(lines)


def test_an_ordinary_european_file_is_imported_whole(sue):
    base = checked(sue, european(), column1="phoneNumber", column2="email")
    page = words(sue.get(f"{base}check/"))

    assert "<b>500</b> created" in page
    assert "refused" not in page
    assert "<ins>Yes</ins>" in page
    assert "<ins>Gold</ins>" in page
    assert "<ins>true</ins>" not in page
    sue.post(f"{base}run/")
    Worker().drain()
    assert Job.objects.get(kind="customers.import").result["created"] == 500
    customer = Customer.objects.get(first_name="Ada 1")
    assert identifiers_of(customer) == [
        ("phoneNumber", "+442079460001"),
        ("email", "ada1@example.co.uk"),
    ]
    assert values_of(customer) == {
        "birthDate": "1973-03-19",
        "newsletter": "true",
        "revenue": "1234.11",
        "tier": "g",
    }


def test_the_page_guesses_the_notation_and_shows_examples(sue):
    page = words(sue.get(uploaded(sue, european())["Location"]))

    assert '<option value="dmy" selected>' in page
    assert '<option value="," selected>' in page
    assert '<option value="GB" selected>' in page
    assert 'name="column4-yes" value="ja"' in page
    assert 'name="column4-no" value="nein"' in page
    assert "<bdi>18/03/1973</bdi>" in page
    assert "<bdi>1973-03-18</bdi>" in page
    assert "<bdi>+442079460000</bdi>" in page


def test_the_notation_of_another_field_is_asked_for_when_a_column_changes(sue):
    base, sent = filled(sue, european(5))

    part = words(sue.post(f"{base}notation/?column=3", sent | {"column3": "revenue"}))
    kept = words(
        sue.post(
            f"{base}notation/?column=3",
            sent
            | {"column3": "birthDate", "column3-key": "birthDate", "column3-date_order": "mdy"},
        )
    )

    assert 'name="column3-decimal"' in part
    assert "Not a number with a decimal" not in part or "18/03/1973" in part
    assert '<option value="mdy" selected>' in kept
    assert "Not a date in the order month, day, year." in kept
    assert "5 of 5 different cells cannot be read." in kept
    assert sue.post(f"{base}notation/?column=7", sent).status_code == 404
    assert sue.post(f"{base}notation/?column=x", sent).status_code == 404
    assert sue.get(f"{base}notation/?column=3").status_code == 405


def test_chosen_notations_are_kept_and_used_by_check_and_import(sue):
    text = "Name;Newsletter;Tier\nAmal;hmm;premium\nBea;nope;SILVER\nCal;who knows;other\n"
    chosen = {
        "column1-key": "newsletter",
        "column1-yes": "Hmm, yo",
        "column1-no": "nope",
        "column2-key": "tier",
        "column2-option:premium": "g",
        "column2-option:other": "",
    }

    base = checked(sue, text, **chosen)

    page = words(sue.get(f"{base}check/"))
    assert "<b>2</b> created" in page
    assert "Newsletter: Neither a word for yes nor one for no. Add it to the words" in page
    readings = CustomerImport.objects.get().rules["readings"]
    assert readings == [{}, {"yes": ["hmm", "yo"], "no": ["nope"]}, {"options": {"premium": "g"}}]
    again = words(sue.get(f"{base}columns/"))
    assert 'value="hmm, yo"' in again
    sue.post(f"{base}run/")
    Worker().drain()
    assert {c.first_name: values_of(c) for c in Customer.objects.all()} == {
        "Amal": {"newsletter": "true", "tier": "g"},
        "Bea": {"newsletter": "false", "tier": "s"},
    }


def test_a_word_cannot_mean_yes_and_no(sue):
    base, sent = filled(sue, european(2))
    chosen = {"column4-key": "newsletter", "column4-yes": "ja, x", "column4-no": "X"}

    response = sue.post(f"{base}columns/", sent | chosen)

    assert response.status_code == 422
    assert "“x”" in words(response) or "&quot;x&quot; is among the words" in words(response)
    assert not Job.objects.exists()


def test_refused_rows_are_grouped_by_field_and_reason(sue):
    rows = [f"Ada {n};31/02/19{n};x" for n in range(10, 14)] + ["Bea;18/03/1973;5", "Cal;;y"]
    base = checked(sue, "Name;Birth date;Revenue\n" + "\n".join(rows))

    page = words(sue.get(f"{base}check/"))
    job = Job.objects.get()
    download = b"".join(sue.get(f"{START}rejects/{job.pk}/").streaming_content).decode()

    assert "<b>5 rows</b> <bdi>Revenue: A valid number is required. Choose another" in page
    assert "Line 2: “<bdi>x</bdi>”" in page
    assert "<b>4 rows</b> <bdi>Birth date: Not a date in the order day, month, year." in page
    assert "Line 2: “<bdi>31/02/1910</bdi>”" in page
    lines = download.removeprefix("\ufeff").splitlines()
    assert lines[0] == (
        '"Name","Birth date","Revenue","Line","Field","Reason","Rows with this problem"'
    )
    assert lines[1].startswith('"Ada 10","31/02/1910","x","2","Revenue","Revenue ""x""')
    assert lines[1].endswith(',"5"')
    assert len(lines) == 6


def test_a_file_without_a_valid_row_offers_no_import(sue):
    base = checked(sue, "Name;Birth date\nAda;never\nBea;soon\n")

    page = words(sue.get(f"{base}check/"))

    assert "No row can be imported." in page
    assert f'action="{base}run/"' not in page
    assert "No row of the file can be imported" in words(sue.post(f"{base}run/", follow=True))
    assert Job.objects.count() == 1


def test_missing_cells_at_the_end_are_empty():
    FieldFactory(key="city")

    outcome = imported(
        rules("firstName", "phoneNumber", "city"), ["Amal", "+923001234567"], ["Bea"]
    )

    assert counts(outcome) == {"created": 2}


def test_labels_take_their_reason_from_a_column_or_from_the_box():
    LabelFactory(name="Blocked", requires_reason=True)

    outcome = imported(
        rules("web", "labels", "labelReason", reason="Spring"),
        ["w1", "Blocked", "Fraud"],
        ["w2", "Blocked", ""],
        ["w1", "", "Nothing new"],
        ["w3", "Blocked", "x" * 201],
    )

    assert problems(outcome) == {
        5: {"labelReason": ["Ensure this field has no more than 200 characters."]}
    }
    assert set(CustomerLabel.objects.values_list("reason", flat=True)) == {"Fraud", "Spring"}


def test_the_page_says_how_a_label_gets_its_reason(sue):
    LabelFactory(name="Blocked", requires_reason=True)
    base = checked(sue, "Web;Labels\nw1;Blocked\n")

    page = words(sue.get(f"{base}check/"))

    assert "Labels: Needs a reason. Write one in the box for the whole file, or choose a" in page


@pytest.mark.parametrize(
    ("cell", "stored"),
    [
        ("+4915112340101.0", "+4915112340101"),
        ("+4915112340101,00", "+4915112340101"),
        ("+49 151 1234 0101; +4915112340102", "+49 151 1234 0101|+4915112340102"),
        ("+4915112340101 ::: +4915112340102", "+4915112340101|+4915112340102"),
        ("+4915112340101\n+4915112340102", "+4915112340101|+4915112340102"),
    ],
)
def test_numbers_are_read_as_spreadsheets_write_them(cell, stored):
    imported(rules("firstName", "phoneNumber"), ["Amal", cell])

    assert "|".join(text for _, text in identifiers_of(Customer.objects.get())) == stored


@pytest.mark.parametrize("key", ["phoneNumber", "web"])
@pytest.mark.parametrize("cell", ["4.41632E+11", "4,41632E+11", "4E+12"])
def test_numbers_that_a_spreadsheet_shortened_are_refused_with_the_cause(key, cell):
    outcome = imported(rules("firstName", key), ["Amal", cell])

    [reason] = problems(outcome)[2][key]
    assert "A spreadsheet such as Excel shortened this number" in reason
    assert not Customer.objects.exists()


def test_text_identifiers_are_never_cut():
    imported(rules("web"), ["auth0|5f81"], ["auth0|5f82"], ["a; b, c"], ['"w1"; "w2"'])

    assert [identifiers_of(customer) for customer in Customer.objects.order_by("pk")] == [
        [("web", "auth0|5f81")],
        [("web", "auth0|5f82")],
        [("web", "a; b, c")],
        [("web", "w1"), ("web", "w2")],
    ]


def test_names_of_labels_that_hold_separators_are_found():
    for name in ("VIP", "Gold", "Key; Account", "A|B"):
        LabelFactory(name=name)

    imported(
        rules("web", "labels"),
        ["w1", "Key; Account"],
        ["w2", "vip, Gold ::: * myContacts"],
        ["w3", '"Key; Account"; "A|B"'],
    )

    assert [sorted(labels_of(customer)) for customer in Customer.objects.order_by("pk")] == [
        ["Key; Account"],
        ["Gold", "VIP"],
        ["A|B", "Key; Account"],
    ]


GOOGLE = (
    "Name,Given Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,"
    "Phone 1 - Value,Phone 2 - Value\n"
    "Ada King,Ada,* myContacts ::: VIP,* Home,ada@example.com ::: ada@example.org,Mobile,"
    "+44 20 7946 0001,+44 20 7946 0002\n"
)
OUTLOOK = (
    '"First Name","E-mail Address","E-mail 2 Address","Mobile Phone","Home Phone 2","Notes"\r\n'
    '"Ada","ada@example.com","ada@example.org","+44 20 7946 0001","+44 20 7946 0002"\r\n'
)


@pytest.mark.parametrize("text", [GOOGLE, OUTLOOK])
def test_files_of_address_books_are_recognised(sue, text):
    LabelFactory(name="VIP")
    base = checked(sue, text)

    sue.post(f"{base}run/")
    Worker().drain()

    assert identifiers_of(Customer.objects.get()) == [
        ("phoneNumber", "+44 20 7946 0001"),
        ("phoneNumber", "+44 20 7946 0002"),
        ("email", "ada@example.com"),
        ("email", "ada@example.org"),
    ]


def test_the_line_that_names_the_separator_is_honoured(sue):
    base = checked(sue, "sep=;\r\nName;Web\r\nA,B;w1\r\nC;w1;x\r\n")

    upload = CustomerImport.objects.get()
    assert (upload.delimiter, upload.header, upload.row_count) == (";", ["Name", "Web"], 2)
    assert "Line 4" in words(sue.get(f"{base}check/"))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('="+4915112340101"', "+4915112340101"),
        ("'+4915112340101", "+4915112340101"),
        ('"=""0151 12340101"""', "0151 12340101"),
        ("'007", "007"),
    ],
)
def test_marks_of_spreadsheets_are_taken_off(sue, cell, text):
    FieldFactory(key="note", label="Note")
    base = checked(sue, f"Name;Note\nAmal;{cell}\n")

    sue.post(f"{base}run/")
    Worker().drain()

    assert values_of(Customer.objects.get()) == {"note": text}


def test_an_unknown_label_is_named_without_the_others():
    with_label = imported(rules("web", "labels"), ["w1", "Platinum"])

    assert problems(with_label) == {2: {"labels": ['There is no label "Platinum".']}}
    with pytest.raises(ValidationError):
        imported(rules("labelReason"), ["x"])
