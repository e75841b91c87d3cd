"""Whether two names may be one person's, however each was written down.

Sparing on purpose: who is compared here shares some other value, as twins share their day of
birth and families their address. What tells such people apart counts as a difference.
"""

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from rapidfuzz import fuzz

from foundation.text import folded

TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "mx",
        "sir",
        "dr",
        "prof",
        "professor",
        "herr",
        "frau",
        "mme",
        "mlle",
        "monsieur",
        "madame",
        "sr",
        "sra",
        "srta",
        "dona",
        "ing",
    ]
)
# Words of some length that are at least this much alike, of 100, are one word misspelled.
ALIKE = 85
SHORTEST_MISSPELLED = 4
# The endings that make Maria of Mario, Paula of Paul, Ivanova of Ivanov and Victoria of Victor.
GENDERED = "ao"
FEMALE_ENDINGS = ("ia", "ina", "ine", "ette")
# The names that an e alone makes female.
WITHOUT_E = frozenset(
    [
        "andre",
        "christian",
        "daniel",
        "frederic",
        "joel",
        "martin",
        "michel",
        "pascal",
        "rene",
        "simon",
    ]
)


def alike(one: str, other: str) -> bool:
    """Whether each word of the shorter name is in the longer one, in any order.

    Titles, accents and letter case do not count. Besides one word that is the same, the others
    may be initials and one of them misspelled. Names of one word have to be equal.
    """
    few, many = sorted((name_words(one), name_words(other)), key=len)
    if "".join(few) == "".join(many):
        return bool(few)
    if len(few) < 2 or set(few).isdisjoint(many):
        return False
    here, there = Counter(few), Counter(many)
    if here <= there:
        return True
    left = list((there - here).elements())
    unlike = [
        word
        for word in (here - there).elements()
        if not any(is_initial(word, full) for full in left)
    ]
    if len(unlike) > 1 or not any(len(word) > 1 for word in here & there):
        return False
    return all(any(is_misspelled(word, full) for full in left) for word in unlike)


# A name is compared with every other one of its block.
@lru_cache(maxsize=20_000)
def name_words(name: str) -> tuple[str, ...]:
    """The words that are compared; titles stay where hardly anything else would."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", folded(name)) if not unicodedata.combining(c)
    )
    words = split_words(re.sub("['`\u2019\u00b4]", "", plain))
    named = tuple(word for word in words if word not in TITLES)
    return named if len(named) > 1 else tuple(words)


def split_words(text: str) -> list[str]:
    """The words of a text in any script: the vowel signs of Indian ones are parts of a word."""
    return "".join(
        c if c.isalnum() or unicodedata.category(c).startswith("M") else " " for c in text
    ).split()


def is_initial(word: str, full: str) -> bool:
    short, long = sorted((word, full), key=len)
    return len(short) == 1 and long.startswith(short)


def is_misspelled(word: str, other: str) -> bool:
    return (
        min(len(word), len(other)) >= SHORTEST_MISSPELLED
        and not differ_in_gender(word, other)
        and fuzz.ratio(word, other) >= ALIKE
    )


def differ_in_gender(word: str, other: str) -> bool:
    """Whether two different words are the male and the female form of one name."""
    if word.rstrip(GENDERED) == other.rstrip(GENDERED):
        return True
    male, female = sorted((word, other), key=len)
    if male in WITHOUT_E and female == f"{male}e":
        return True
    return any(female == male + ending for ending in FEMALE_ENDINGS)
