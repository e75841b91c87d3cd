"""What telephone and messenger channels deliver: numbers, and handles that are none."""

import re
from dataclasses import dataclass
from functools import lru_cache

from phonenumbers import SUPPORTED_REGIONS

from foundation.text import bare

from .phones import (
    PLAIN,
    SHORT_CODE,
    Numbering,
    bare_number,
    is_local_only,
    number_in_text,
    number_problem,
)
from .wrappers import is_international, sip_address, unwrapped_telephone

# WhatsApp's business-scoped user id: `US.13491208655302741918`, `US.ENT.118157992`.
_BSUID = re.compile(r"([A-Z]{2})\.(?:ENT\.)?(?=[A-Za-z]*\d)[A-Za-z0-9]{3,128}")
# WhatsApp's id of somebody who hides the number.
_HIDDEN_ID = re.compile(r"\d+@(?:hosted\.)?lid")
# Users of a SIP address that are dialled at more places than this one.
_DIALLED = re.compile(r"\+?[\d\s().-]{7,}")


@dataclass(frozen=True, slots=True)
class TelephoneReading:
    """An identifier as it is compared; `problem` is why it is neither number nor handle."""

    key: str
    problem: str = ""
    # Without area code, a number belongs to different people in different places.
    is_local: bool = False


@lru_cache(maxsize=20_000)
def read_telephone(text: str, numbering: Numbering) -> TelephoneReading:
    """Read what a channel delivered: an E.164 number, a handle, or text as it is."""
    user = plain = text
    if not PLAIN.fullmatch(text):
        text = bare(text)
        user = unwrapped_telephone(text)
        plain = bare_number(user)
        if is_international(text):
            numbering = numbering._replace(is_international=True)
    if number := number_in_text(plain, numbering):
        return TelephoneReading(number)
    if is_local_only(plain, numbering):
        return TelephoneReading(user, number_problem(plain, numbering), is_local=True)
    if handle := handle_in(text, user, plain):
        return TelephoneReading(handle)
    return TelephoneReading(user, number_problem(plain, numbering))


def handle_in(text: str, user: str, plain: str) -> str | None:
    """Return the short code, SIP address or WhatsApp id in `text`, or None."""
    if address := sip_address(text):
        return None if _DIALLED.fullmatch(user) else address
    if SHORT_CODE.fullmatch(plain) or _HIDDEN_ID.fullmatch(plain):
        return plain
    bsuid = _BSUID.fullmatch(user)
    return user if bsuid and bsuid[1] in SUPPORTED_REGIONS else None
