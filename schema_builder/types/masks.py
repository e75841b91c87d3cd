"""Masks of values: how they are made, and how they are recognised when they come back."""

import re

# With fewer stars a masked value could pass for a value that a user typed.
FEWEST_STARS = 2
# Of a value whose length or parts would give it away.
WHOLE_MASK = "***"
# Two stars in a row, or one at an end of the text or of the local part of an address. The same
# in Python and in JavaScript, because the contract's client has to let masks through.
MASKED = r"[\s\S]*\*[*@][\s\S]*|\*[\s\S]*|[\s\S]*\*"
# An expression of JavaScript that any text matches.
ANYTHING = "^[^]*$"


def masked_but(text: str, *, start: int, end: int) -> str:
    """Mask as `mask_all_but` does, so that `looks_masked` recognises the result at any length."""
    if len(text) < start + end + FEWEST_STARS:
        return "*" * max(len(text), FEWEST_STARS)
    return mask_all_but(text, start=start, end=end)


def mask_all_but(text: str, *, start: int = 0, end: int = 0) -> str:
    """Stars for all but the first or last characters; all stars where little would be hidden."""
    if len(text) <= start + end:
        return "*" * len(text)
    return text[:start] + "*" * (len(text) - start - end) + text[len(text) - end :]


def looks_masked(text: str) -> bool:
    """Whether a mask of some type or field may have made `text`."""
    return re.fullmatch(MASKED, text) is not None


def accepting_masks(regex: str) -> str:
    """Return the JavaScript expression that matches what `regex` matches, and any mask."""
    if regex == ANYTHING:
        return regex
    values = regex.removeprefix("^").removesuffix("$")
    return f"^(?:{values}|{MASKED})$"
