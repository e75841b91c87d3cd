"""E-mail addresses: which ones are accepted, and the form in which two of them are equal."""

import unicodedata
from functools import lru_cache

import email_validator

# Such as .local and .test: a company's own addresses need not be reachable from elsewhere.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


# The same people write again and again.
@lru_cache(maxsize=20_000)
def compared_address(text: str) -> str | None:
    """Return the address as it is compared, or None where `text` is no e-mail address.

    Addresses may be internationalised (RFC 6531). The local part is case-folded; the domain is
    in lower case and in Unicode, however it was sent.
    """
    try:
        found = email_validator.validate_email(
            text,
            check_deliverability=False,
            strict=True,
            allow_quoted_local=True,
            allow_domain_literal=True,
        )
    except email_validator.EmailNotValidError:
        return None
    local = unicodedata.normalize("NFC", found.local_part.casefold())
    return f"{local}@{found.domain.lower()}"
