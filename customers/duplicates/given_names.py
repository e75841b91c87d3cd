"""Whether two names are those of two people, such as a couple or siblings with one telephone.

The opposite of `customers.duplicates.name_matching.alike`, with a wide margin between the two: names that say
neither, such as a nickname beside a full name, are neither alike nor different.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from foundation.text import folded

from .name_matching import TITLES, alike, differ_in_gender, is_initial, is_misspelled, split_words
from .nicknames import are_one_name

# Words between the parts of a name, which some write and others leave out.
PARTICLE_WORDS = """al el ul ur as ad ar bin ibn bint binti ben de da do das dos del della di la las los
le e y und van von der den ter te zu zum af av ال بن"""
PARTICLES = frozenset(PARTICLE_WORDS.split())
# The second half of one name, written apart or in one word: Abdul Rahman, Abdulrahman.
ABD = re.compile(r"\b(abd(?:[aeu]l)?|عبد)[\s-]+(?:(?:al|el|ul|ur)[\s-]+)?(?=\w)")
DIGITS = re.compile(r"\d")
ARTICLE = re.compile(r"\b(al|el)-(?=\w)")
GENERATIONS = {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "jr", "iii": "iii"}
# Letters that one reader takes for another, and those that no decomposition makes plain.
PLAIN = str.maketrans(
    {"đ": "d", "ð": "d", "ł": "l", "ø": "o", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
    | {"ى": "ي", "ی": "ي", "ک": "ك", "ة": "\u0647"}
)
# Families that stand before the given name in China, Korea and Vietnam, in Latin letters.
FIRST_WORDS = """wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he gao lin luo zheng
liang xie song tang deng feng cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei su lu
ding ren shen yao lam chan wong cheung lau kwok tsang kim lee park choi jung kang cho yoon jang lim han
shin seo kwon nguyen tran le pham huynh hoang phan vu vo dang bui do ho ngo duong ly dinh truong doan"""
FAMILIES_FIRST = frozenset(FIRST_WORDS.split())
SCRIPTS_FAMILY_FIRST = frozenset(["CJK", "HANGUL"])
PATRONYMIC = re.compile(r"(ovich|evich|ovna|evna|ович|евич|овна|евна|ична)$")
SLAVIC_FAMILY = re.compile(
    r"(ov|ova|ev|eva|sky|skaya|skiy|skii|enko|ов|ова|ев|ева|ин|ина|ский|ская|енко)$"
)
# What one sound is written as in other alphabets' Latin spellings.
SOUNDS = (("ph", "f"), ("th", "t"), ("kh", "h"), ("q", "k"), ("ck", "k"), ("c", "k"), ("w", "v"))
VOWELS = "aeiouy"
VOWEL_CLASSES = {"a": "a", "e": "e", "i": "e", "y": "e", "o": "o", "u": "o"}
FEWEST_CONSONANTS = 3


def given_names_differ(one: str, other: str) -> bool:
    """Whether both names are full enough to tell that two people are called so.

    The same family with two given names, or two names with nothing in common. A name that
    changed with a marriage, a short form, an initial, a part left out are no difference.
    """
    here, there = name_parts(one), name_parts(other)
    if not here or not there or script_of(here) != script_of(there):
        return False
    if generation_of(one) and generation_of(other) and generation_of(one) != generation_of(other):
        return True
    if alike(one, other) or alike(" ".join(here), " ".join(there)):
        return False
    mine, theirs = unmatched(here, there)
    if not mine or not theirs or "".join(sorted(mine)) == "".join(sorted(theirs)):
        return False
    if "".join(mine) == "".join(theirs) or is_one_word_beside_a_name(here, there):
        return False
    return not are_one(given_of(here), given_of(there))


# A name is compared with every other one that shares its identifier.
@lru_cache(maxsize=20_000)
def name_parts(name: str) -> tuple[str, ...]:
    """The words of a name that tell people apart, the family last where a comma says so."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", folded(name)) if not unicodedata.combining(c)
    ).translate(PLAIN)
    family, comma, given = plain.partition(",")
    ordered = f"{given} {family}" if comma and given_name_words(given) != () else plain
    words = given_name_words(re.sub("['`\u2019\u00b4]", "", ordered))
    titled = tuple(word for word in words if word not in TITLES)
    # Mr Smith and Mrs Smith have no other name.
    return titled if len(titled) > 1 else words


def given_name_words(plain: str) -> tuple[str, ...]:
    joined = ABD.sub(r"abdul", ARTICLE.sub("", plain))
    words = split_words(DIGITS.sub(" ", joined))
    kept = [word for word in words if word not in GENERATIONS]
    without = [word for word in kept if word not in PARTICLES]
    return tuple(without if len(without) > 1 else kept)


def generation_of(name: str) -> str:
    words = split_words(folded(name))
    return GENERATIONS.get(words[-1], "") if len(words) > 2 else ""


def script_of(words: Sequence[str]) -> str:
    """The first word of the letters' names: LATIN, CYRILLIC, CJK. Names of two are not compared."""
    return unicodedata.name(words[0][0], "").split(" ")[0]


def is_one_word_beside_a_name(here: Sequence[str], there: Sequence[str]) -> bool:
    """A single word may be a nickname or a handle of the person with the full name."""
    return min(len(here), len(there)) == 1 < max(len(here), len(there))


def unmatched(here: Sequence[str], there: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words of either name for which the other has none that may be the same word."""
    mine, theirs = [], list(there)
    # Whole words first, so that an initial takes none of them away.
    for word in sorted(here, key=lambda word: (word not in theirs, len(word) == 1)):
        found = word if word in theirs else next((w for w in theirs if are_one(word, w)), None)
        if found is None:
            mine.append(word)
        else:
            theirs.remove(found)
    return [word for word in here if word in mine], theirs


def are_one(one: str, other: str) -> bool:
    """Whether two words may be one part of a name, written in two ways."""
    if one == other or is_initial(one, other) or are_one_name(one, other):
        return True
    return is_misspelled(one, other) or sound_alike(one, other)


def sound_alike(one: str, other: str) -> bool:
    """Whether both have the same consonants and begin with the same kind of vowel.

    Mohammed and Muhammad, Soeharto and Suharto; but not Hassan and Hussein.
    """
    mine, theirs = skeleton(one), skeleton(other)
    is_long = len(mine[1]) >= FEWEST_CONSONANTS
    return mine == theirs and is_long and not differ_in_gender(one, other)


@lru_cache(maxsize=20_000)
def skeleton(word: str) -> tuple[str, str]:
    for written, sound in SOUNDS:
        word = word.replace(written, sound)
    first = next((VOWEL_CLASSES[c] for c in word if c in VOWELS), "")
    consonants = re.sub(f"[{VOWELS}]", "", word)
    return first, re.sub(r"(.)\1+", r"\1", consonants)


def given_of(words: Sequence[str]) -> str:
    """The given name: the first word, or the one after a family that stands before it."""
    if len(words) == 1:
        return words[0]
    if words[0] in FAMILIES_FIRST or script_of(words) in SCRIPTS_FAMILY_FIRST:
        return words[-1]
    return words[1] if begins_with_slavic_family(words) else words[0]


def begins_with_slavic_family(words: Sequence[str]) -> bool:
    """Petrov Ivan, Petrov Ivan Sergeevich; but not Ivan Petrov, whose ending is that of a family."""
    if not SLAVIC_FAMILY.search(words[0]):
        return False
    has_patronymic = len(words) > 2 and PATRONYMIC.search(words[-1])
    return bool(has_patronymic) or not SLAVIC_FAMILY.search(words[-1])
