"""Customers made up one after the other from a random source, before anything is stored."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from .locales import Locale, LocalName
from .names import LOCALES
from .schema import INTERESTS, LABELS, SEGMENTS, TIERS

ANONYMOUS_SHARE = 0.08
# Every household shares one identity of about three, by exactly two customers.
HOUSEHOLD_SHARE = 0.045
# Every third of these is no relative, but the same person once more, spelled otherwise.
TWICE_IN = 3
FILLED_SHARE = 0.6
# Of having had no conversation, one, two, and so on.
TALK_WEIGHTS = [32, 24, 16, 11, 8, 5, 4]
# Serials of numbers that one customer may use up.
SERIALS = 2
SEGMENT_VALUES = [option["value"] for option in SEGMENTS]
INTEREST_VALUES = [option["value"] for option in INTERESTS]
MAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com")


@dataclass
class Talk:
    """A conversation: which of the customer's identifiers it came over, and when."""

    identifier: int
    opened_at: datetime
    minutes: int
    is_open: bool = False
    is_outbound: bool = False


@dataclass
class Person:
    name: str
    created_at: datetime
    is_anonymous: bool = False
    # (key of an identifier field, value)
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    talks: list[Talk] = field(default_factory=list)
    version: int = 0
    updated_at: datetime | None = None


@dataclass
class Background:
    """What the identifiers and values of one person are derived from."""

    random: Random
    locale: Locale
    given: LocalName
    family: LocalName
    # Of its own for every person, so that no two share an identifier by chance.
    serial: int
    today: datetime

    @property
    def latin(self) -> str:
        return f"{self.given.latin}.{self.family.latin}{self.serial}"

    @property
    def is_twice(self) -> bool:
        """Whether the new member of a household is one of its members, entered twice."""
        return self.serial % TWICE_IN == 0

    @property
    def name(self) -> str:
        return self.locale.full_name.format(given=self.given.native, family=self.family.native)

    @property
    def other_spelling(self) -> str:
        """The name as a form or another system has it: in ASCII, or with the family first."""
        if self.serial % 2:
            return f"{self.family.native.upper()}, {self.given.native}"
        return self.locale.full_name.format(
            given=self.given.latin.title(), family=self.family.latin.title()
        )


def random_moment(person: Background) -> datetime:
    """Some time in the last year."""
    return person.today - timedelta(minutes=person.random.randrange(1, 525_600))


def handle(person: Background) -> str:
    return person.latin.replace(".", "_")


def viber_id(person: Background) -> str:
    return base64.b64encode(person.random.randbytes(12) + person.serial.to_bytes(4)).decode()


# How often somebody has an identifier of each field, and how it is made up.
CHANNELS: list[tuple[str, float, Callable[[Background], str]]] = [
    ("phoneNumber", 0.9, lambda p: p.locale.mobile(p.serial * SERIALS)),
    ("email", 0.75, lambda p: f"{p.latin}@{p.random.choice(MAIL_DOMAINS)}"),
    ("whatsapp", 0.5, lambda p: p.locale.mobile(p.serial * SERIALS)),
    ("phoneNumber", 0.12, lambda p: p.locale.mobile(p.serial * SERIALS + 1)),
    ("web", 0.2, lambda p: f"{p.random.getrandbits(64):016x}{p.serial:08x}"),
    ("facebook", 0.15, lambda p: f"{p.random.randrange(10, 99)}{p.serial:014d}"),
    ("instagram", 0.12, handle),
    ("twitter", 0.08, handle),
    ("telegram", 0.08, handle),
    ("viber", 0.05, viber_id),
]
# An anonymous customer is known by one thing only.
FIRST_CONTACTS = ["web", "phoneNumber", "whatsapp", "facebook", "instagram", "telegram"]
MAKERS = {key: make for key, _, make in reversed(CHANNELS)}

VALUES: dict[str, Callable[[Background], Any]] = {
    "city": lambda p: p.random.choice(p.locale.city_names),
    "birthDate": lambda p: (
        (p.today - timedelta(days=p.random.randrange(6600, 30000))).date().isoformat()
    ),
    "website": lambda p: f"https://{p.family.latin}.example.com/{p.given.latin}",
    "accountNumber": lambda p: f"{p.locale.region}{p.serial:08d}",
    "segment": lambda p: p.random.choices(SEGMENT_VALUES, [70, 18, 8, 4])[0],
    "revenue": lambda p: f"{p.random.lognormvariate(6, 1.2):.2f}",
    "lastPurchase": lambda p: random_moment(p).isoformat(),
    "billingEmail": lambda p: f"billing.{p.latin}@example.com",
    "newsletter": lambda p: p.random.random() < 0.4,
    "interests": lambda p: ",".join(p.random.sample(INTEREST_VALUES, p.random.randint(1, 3))),
    "lastIp": lambda p: f"203.0.113.{p.random.randrange(1, 255)}",
    "phonePin": lambda p: f"{p.random.randrange(10_000):04d}",
}


class Crowd:
    """Made-up people without end; the same arguments make the same ones."""

    def __init__(self, *, seed: int, first: int, count: int, since: datetime, today: datetime):
        """`count` people join between `since` and `today`; serials begin with `first`."""
        self.random = Random(f"{seed}/{first}")
        self.first = first
        self.since = since
        self.step = max(today - since, timedelta()) / max(count, 1)
        self.today = today
        # The one whose relative comes next, with the names they share.
        self.relative: tuple[Person, Background] | None = None

    def people(self, start: int, stop: int) -> Iterator[Person]:
        for number in range(start, stop):
            joined = self.since + self.step * (number + self.random.random())
            yield self.person(self.first + number, joined)

    def person(self, serial: int, joined: datetime) -> Person:
        locale = self.random.choice(LOCALES)
        given, family = (
            self.random.choice(names) for names in (locale.given_names, locale.family_names)
        )
        background = Background(self.random, locale, given, family, serial, self.today)
        if self.random.random() < ANONYMOUS_SHARE:
            person = self.anonymous(background, joined)
        elif self.relative:
            person = self.joining_household(background, joined)
        else:
            person = self.identified(background, joined)
            if self.random.random() < HOUSEHOLD_SHARE:
                self.relative = person, background
        person.talks = self.talks(person)
        return person

    def anonymous(self, background: Background, joined: datetime) -> Person:
        key = self.random.choice(FIRST_CONTACTS)
        return Person("", joined, is_anonymous=True, identifiers=[(key, MAKERS[key](background))])

    def joining_household(self, background: Background, joined: datetime) -> Person:
        """A relative, or the same person once more, with one identifier of the other's."""
        other, theirs = self.relative or (None, background)
        self.relative = None
        background.locale, background.family = theirs.locale, theirs.family
        background.given = self.random.choice(theirs.locale.given_names)
        person = self.identified(background, joined)
        if other:
            if background.is_twice:
                same_person(person, other, theirs.given, background)
            key, value = self.random.choice(other.identifiers)
            person.identifiers = [i for i in person.identifiers if i[0] != key]
            person.identifiers.append((key, value))
        return person

    def identified(self, background: Background, joined: datetime) -> Person:
        chance = self.random.random
        found = [(key, make(background)) for key, share, make in CHANNELS if chance() < share]
        return Person(
            background.name,
            joined,
            identifiers=found or [("email", MAKERS["email"](background))],
            values={
                key: make(background) for key, make in VALUES.items() if chance() < FILLED_SHARE
            },
            labels=with_one_tier([label for label, *_, share in LABELS if chance() < share]),
            version=self.random.randint(0, 6),
            updated_at=joined + (self.today - joined) * chance(),
        )

    def talks(self, person: Person) -> list[Talk]:
        return [
            self.talk(person, number)
            for number in range(max(self.talk_count(), person.is_anonymous))
        ]

    def talk_count(self) -> int:
        return self.random.choices(range(len(TALK_WEIGHTS)), TALK_WEIGHTS)[0]

    def talk(self, person: Person, number: int) -> Talk:
        # Somebody is known since the first contact.
        opened_at = person.created_at + (self.today - person.created_at) * (
            self.random.random() if number else 0
        )
        return Talk(
            self.random.randrange(len(person.identifiers)),
            opened_at,
            minutes=self.random.randint(1, 45),
            is_open=self.today - opened_at < timedelta(days=1),
            is_outbound=bool(number) and self.random.random() < 0.15,
        )


def same_person(person: Person, other: Person, given: LocalName, background: Background) -> None:
    """Let `person` be `other` under another spelling of the name, born on the same day."""
    background.given = given
    person.name = background.other_spelling
    if "birthDate" in other.values:
        person.values["birthDate"] = other.values["birthDate"]


def with_one_tier(labels: list[str]) -> list[str]:
    """The labels with the first of the tiers among them only."""
    tiers = [label for label in labels if label in TIERS]
    return [label for label in labels if label not in tiers[1:]]
