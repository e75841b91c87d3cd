"""The customers that guides and examples name: they are in every demo."""

from datetime import datetime, timedelta

from .people import Person, Talk

AMINA_PHONE = "+923001234567"
GRANT_PHONE = "+442079460958"


def known_people(joined: datetime, today: datetime) -> list[Person]:
    """Amina, whom her number identifies, and two Grants, between whom theirs cannot decide."""
    return [
        amina(joined, today),
        grant("Oliver Grant", joined, today),
        grant("Sophie Grant", joined, today),
    ]


def amina(joined: datetime, today: datetime) -> Person:
    person = Person("Amina Siddiqui", joined, labels=["Premium", "VIP"], version=3)
    person.identifiers = [
        ("phoneNumber", AMINA_PHONE),
        ("whatsapp", AMINA_PHONE),
        ("email", "amina@example.com"),
    ]
    person.values = {
        "city": "Karachi",
        "birthDate": "1988-04-17",
        "website": "https://siddiqui.example.com/",
        "accountNumber": "PK40021187",
        "segment": "small_business",
        "revenue": "18450.50",
        "lastPurchase": (today - timedelta(days=4, hours=7, minutes=20)).isoformat(),
        "billingEmail": "accounts@siddiqui.example.com",
        "newsletter": True,
        "interests": "travel,technology,books",
        "lastIp": "203.0.113.42",
        "phonePin": "4711",
    }
    person.updated_at = today - timedelta(days=2)
    person.talks = [
        Talk(1, joined, minutes=12),
        Talk(2, today - timedelta(days=30, hours=5), minutes=25),
        Talk(0, today - timedelta(days=9, hours=2), minutes=8, is_outbound=True),
        Talk(1, today - timedelta(hours=1), minutes=40, is_open=True),
    ]
    return person


def grant(name: str, joined: datetime, today: datetime) -> Person:
    first_name = name.split()[0].lower()
    return Person(
        name,
        joined,
        identifiers=[("phoneNumber", GRANT_PHONE), ("email", f"{first_name}.grant@example.com")],
        values={"city": "London", "segment": "consumer", "newsletter": first_name == "sophie"},
        labels=["Gold"],
        talks=[Talk(0, today - timedelta(days=20), minutes=6)],
        updated_at=joined,
    )
