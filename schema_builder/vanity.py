"""Letters in phone numbers: vanity words and extensions are part of a number, others are not."""

import re

_EXTENSION = re.compile(
    r"(?<![^\W\d_])[\s,;.(-]*(?<![^\W\d_])"
    r"(?:ext(?:ensi[oó]n|n)?|e?xtn?|доб|anexo|int|x)[.:=\s-]*\d{1,20}#?\)?$",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]+")
# Tokens between the punctuation that people write in numbers.
_TOKEN = re.compile(r"[^\s().+/-]+")
_VANITY_WORD = re.compile(r"[A-Za-z]{3,}")
# Fewer digits before a word are no area code, as in `24 BANK`.
_FEWEST_DIGITS_BEFORE = 3


def without_extension(text: str) -> str:
    return _EXTENSION.sub("", text) if _LETTERS.search(text) else text


def has_letters(text: str) -> bool:
    return bool(_LETTERS.search(text)) and bool(_LETTERS.search(without_extension(text)))


def foreign_letters(text: str) -> str:
    """Return the letters in `text` that belong to no number, quoted; "" where there are none.

    A vanity word stands alone behind the digits of an area code: `+1 800 FLOWERS`.
    """
    number = without_extension(text)
    if not _LETTERS.search(number):
        return ""
    tokens = _TOKEN.findall(number)
    foreign = tokens if starts_with_word(tokens) else list(filter(is_foreign, tokens))
    return ", ".join(f'"{letters}"' for token in foreign for letters in _LETTERS.findall(token))


def is_foreign(token: str) -> bool:
    return not token.isdecimal() and not _VANITY_WORD.fullmatch(token)


def starts_with_word(tokens: list[str]) -> bool:
    """Return whether a word comes before the digits of an area code."""
    digits = 0
    for token in tokens:
        if not token.isdecimal():
            return digits < _FEWEST_DIGITS_BEFORE
        digits += len(token)
    return False
