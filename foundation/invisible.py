"""Characters that a reader does not see: which there are, and which of them carry meaning.

The table is the property Default_Ignorable_Code_Point of Unicode 16.0
(https://www.unicode.org/Public/16.0.0/ucd/DerivedCoreProperties.txt); Python does not ship it.
All direction characters (marks, embeddings, overrides, isolates) have the property.
"""

import re
import unicodedata

IGNORABLE_RANGES = (
    (0x00AD, 0x00AD),  # soft hyphen
    (0x034F, 0x034F),  # combining grapheme joiner
    (0x061C, 0x061C),  # Arabic letter mark
    (0x115F, 0x1160),  # Hangul fillers
    (0x17B4, 0x17B5),  # Khmer inherent vowels
    (0x180B, 0x180F),  # Mongolian variation selectors and vowel separator
    (0x200B, 0x200F),  # zero-width space, joiners, direction marks
    (0x202A, 0x202E),  # direction embeddings and overrides
    (0x2060, 0x206F),  # word joiner, invisible operators, direction isolates
    (0x3164, 0x3164),  # Hangul filler
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFEFF, 0xFEFF),  # zero-width no-break space, byte order mark
    (0xFFA0, 0xFFA0),  # half-width Hangul filler
    (0xFFF0, 0xFFF8),  # reserved
    (0x1BCA0, 0x1BCA3),  # shorthand format controls
    (0x1D173, 0x1D17A),  # musical format controls
    (0xE0000, 0xE0FFF),  # tags, more variation selectors
)
_IGNORABLE = "".join(f"{chr(first)}-{chr(last)}" for first, last in IGNORABLE_RANGES)
_RUN = re.compile(f"[{_IGNORABLE}]+")
# Control characters, line separators and the Braille pattern without dots: nothing to see either.
_NOTHING = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\u2800{_IGNORABLE}]+")

JOINERS = re.compile("[\u200c\u200d]")
SELECTORS = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
TAGS = re.compile("[\U000e0020-\U000e007f]+")
# Flags of regions are this flag, followed by tags.
TAGGED = "\U0001f3f4"
KEYCAP = "\u20e3"


def without_ignorable(text: str) -> str:
    """Return `text` without any default-ignorable character."""
    return text if text.isascii() else _RUN.sub("", text)


def without_meaningless(text: str) -> str:
    """Return `text` without default-ignorable characters that change nothing.

    Joiners stay inside words of the scripts that need them and inside emoji; variation selectors
    stay behind emoji and ideographs.
    """
    return text if text.isascii() else _RUN.sub(_meaningful, text)


def shows_nothing(text: str) -> bool:
    """Return whether a reader of `text` sees nothing at all."""
    return not _NOTHING.sub("", text).strip()


def _meaningful(run: re.Match[str]) -> str:
    before = run.string[run.start() - 1 : run.start()]
    after = run.string[run.end() : run.end() + 1]
    kept = ""
    if _takes_selector(before, after) and (selector := SELECTORS.search(run[0])):
        kept += selector[0]
    if before == TAGGED and (tags := TAGS.search(run[0])):
        kept += tags[0]
    if _is_joined(before) and _is_joined(after) and (joiner := JOINERS.search(run[0])):
        kept += joiner[0]
    return kept


def _takes_selector(before: str, after: str) -> bool:
    if after == KEYCAP:
        return True
    return _is_joined(before) and unicodedata.category(before) not in ("Lu", "Ll", "Nd")


def _is_joined(character: str) -> bool:
    return bool(character) and not character.isascii() and not character.isspace()
