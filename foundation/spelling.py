"""The spellings under which a text is searched: without accents, and in Latin letters.

Two texts that differ only in accents, apostrophes, Turkish i, variants of Arabic letters or
digits of another script have a spelling in common; a text in another script has a Latin one.
"""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

from .text import folded

# Raised whenever the spellings of a text change: stored keys are then made anew.
SPELLING_VERSION = 1
# Accents of Latin, Greek and Cyrillic letters, points and vowel signs of Hebrew and Arabic ones.
# Marks of other scripts are letters in their own right.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
# Apostrophes and the characters typed in their place, and the stroke that lengthens Arabic words.
_APOSTROPHES = re.compile(
    "['`\u00b4\u02b0-\u02ff\u055a\u05f3\u2018-\u201b\u2032\u2035\ua78c\u0640]+"
)
_LATIN = re.compile("[\u00aa-\u024f\u0250-\u02af\u1e00-\u1eff\u2c60-\u2c7f\ua722-\ua7ff]+")
_DIGITS = re.compile(r"[^\D0-9]")
# Letters of Arabic, Persian and Urdu keyboards that stand for the same letter in a name.
_ARABIC = str.maketrans(
    {
        "\u0671": "\u0627",  # alef wasla
        "\u0649": "\u064a",  # alef maksura
        "\u06cc": "\u064a",  # Farsi yeh
        "\u06d2": "\u064a",  # yeh barree
        "\u06a9": "\u0643",  # keheh
        "\u06c1": "\u0647",  # heh goal
        "\u06be": "\u0647",  # heh doachashmee
        "\u06d5": "\u0647",  # ae
        "\u0629": "\u0647",  # teh marbuta
        "\u06c3": "\u0647",  # teh marbuta goal
        "\u06ba": "\u0646",  # noon ghunna
    }
)
# German, Danish, Norwegian and Swedish names are written so where the letters are missing.
_DIGRAPHS = {"\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue", "\u00f8": "oe", "\u00e5": "aa"}
_WITH_DIGRAPH = re.compile(f"[{''.join(_DIGRAPHS)}]")
# Greek writes one vowel with these two letters.
_GREEK_OU = re.compile("\u03bf[\u03c5\u03cd]")
# Arabic and Hebrew letters; their scripts leave most vowels out.
_WITHOUT_VOWELS = re.compile("[\u05d0-\u05ea\u0620-\u064a\u066e-\u06d3]")
# Latin letters for one consonant of those scripts, and the vowels that they do not write.
_ONE_CONSONANT = (("sh", "s"), ("kh", "k"), ("gh", "g"), ("th", "t"), ("dh", "d"), ("ph", "f"))
_SAME_CONSONANT = str.maketrans("qc", "kk")
_VOWELS = re.compile(r"[aeiouyw'`]")
_TWICE = re.compile(r"(.)\1+")
FEWEST_CONSONANTS = 2


def plain_spelling(text: str) -> str:
    """Return `text` folded, in its own script, without accents and apostrophes."""
    plain = folded(text)
    if not plain.isascii():
        plain = _MARKS.sub("", unicodedata.normalize("NFKD", plain)).translate(_ARABIC)
        plain = _LATIN.sub(lambda letters: anyascii(letters[0]).lower(), plain)
        plain = _DIGITS.sub(lambda digit: str(unicodedata.decimal(digit[0])), plain)
        plain = unicodedata.normalize("NFC", plain)
    return " ".join(_APOSTROPHES.sub("", plain).split())


def latin_spelling(text: str) -> str:
    """Return `text` in lower-case Latin letters, transliterated letter by letter."""
    latin = anyascii(_GREEK_OU.sub("ou", folded(text))).lower()
    return " ".join(_APOSTROPHES.sub("", latin).split())


def with_digraphs(text: str) -> str:
    """Return the plain spelling of `text` with ae, oe, ue and aa for letters with dots or rings."""
    return plain_spelling(_WITH_DIGRAPH.sub(lambda letter: _DIGRAPHS[letter[0]], folded(text)))


def consonants(latin: str) -> str:
    """Return what Arabic and Hebrew letters would keep of words in Latin letters: `~mhmd~al~`."""
    return "~" + "".join(f"{consonants_of(word)}~" for word in latin.lower().split())


def consonants_of(word: str) -> str:
    """Return the consonants of a word; one vowel, whichever, stays where it begins the word."""
    for letters, letter in _ONE_CONSONANT:
        word = word.replace(letters, letter)
    first, rest = word[:1].translate(_SAME_CONSONANT), word[1:].translate(_SAME_CONSONANT)
    first = "a" if first in "aeiou'`" else first
    # At the end of a word h is the mark of feminine names, which Latin spellings leave out.
    return _TWICE.sub(r"\1", first + _VOWELS.sub("", rest).removesuffix("h"))


def query_consonants(text: str) -> str | None:
    """Return the consonants that a search in Latin letters looks for; None where they are few."""
    plain = plain_spelling(text)
    words = plain.split()
    if not (plain.isascii() and words and all(word.isalpha() for word in words)):
        return None
    few = any(len(consonants_of(word)) < FEWEST_CONSONANTS for word in words)
    return None if few else consonants(plain)


def query_spellings(text: str) -> list[str]:
    """Return the spellings that a search for `text` looks for; never an empty one.

    Texts in other scripts are not transliterated here: as parts, the few consonants of names in
    Arabic letters are in too many names.
    """
    return [one for one in dict.fromkeys((plain_spelling(text), with_digraphs(text))) if one]


# The same cities and given names come again and again.
@lru_cache(maxsize=20_000)
def search_key(text: str, compared: str | None) -> str | None:
    """Return the spellings of `text`, one a line, or None where `compared` is the only one.

    Each line begins and ends with a line feed, so that beginnings and wholes can be searched.
    """
    if text.isascii() and folded(text) == compared and not _APOSTROPHES.search(text):
        return None
    found = dict.fromkeys(
        (folded(text), plain_spelling(text), latin_spelling(text), with_digraphs(text))
    )
    lines = [line.replace("\n", " ") for line in found if line and line != compared]
    if _WITHOUT_VOWELS.search(text):
        lines.append(consonants(anyascii(folded(text))))
    return "\n" + "\n".join(dict.fromkeys(lines)) + "\n" if lines else None
