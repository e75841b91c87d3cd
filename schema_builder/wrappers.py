"""Addresses inside the notations of protocols: SIP and tel URIs, JIDs, display names, mailto."""

import re
from urllib.parse import unquote

# `"Display name" <address>;parameters`; the closing bracket may have been cut off.
_IN_BRACKETS = re.compile(r'(?:"(?:[^"\\]|\\.)*"\s*|[^<>"]*)<([^<>]+)(?:>.*)?', re.DOTALL)
_NUMBER = re.compile(r"\+?[\d .-]+")
_QUOTED_NAME = re.compile(r'\A"(?:[^"\\]|\\.)*"\s*(?=[+\d(])')
_URI = re.compile(
    r"(sips?|tel|sms|smsto|mms|mmsto|rcs|callto|whatsapp):(?://)?(.+)", re.IGNORECASE | re.DOTALL
)
# A URI of a host alone, or of nothing. A host has dots; a number without a host is a user.
_NO_USER = re.compile(
    r"(?:sips?|tel):(?://)?(?:@.*|(?:\[[^\]]*\]|\d{1,3}(?:\.\d{1,3}){3}"
    r"|(?=[^;?@]*[a-z])[\w-]+(?:\.[\w-]+)+)?(?::\d+)?(?:[;?].*)?)",
    re.IGNORECASE | re.DOTALL,
)
_SEPARATORS = re.compile(r"[\s().-]")
_SIP_PORT = re.compile(r":506[01]$")
# `+49 1511 2345001 (Amina)`: a name has a letter and no digit. A raw query string may carry a plus
# where its sender meant a space.
_NAME_BEHIND = re.compile(r'(?<=\d)[\s+]*(?:\((?=[^()\d]*[^\W\d_])[^()\d]+\)|"[^"]*")$')
# user, agent (`_1` or `.1`), device (`:12`) and server.
_JID = re.compile(r"(\d+)(?:[._]\d+)?(?::\d+)?@([\w.]+)")
_JID_NUMBER_SERVERS = frozenset({"s.whatsapp.net", "c.us", "hosted"})
_JID_OTHER_SERVERS = frozenset(
    {"lid", "hosted.lid", "g.us", "broadcast", "newsletter", "call", "bot"}
)
# A number at a host, without the scheme: `+49...` at any host, digits at an IP address only,
# because mailboxes are named by digits, too. Fewer digits are dialled at many hosts.
_NUMBER_AT_HOST = re.compile(
    r"(\+[\d.()-]+)@[^@\s]+|(\d{7,})@(?:\d{1,3}(?:\.\d{1,3}){3}|\[\S+\])\S*"
)
_MAILTO = re.compile(r"(?:mailto|smtp):([^?]+)(?:\?.*)?", re.IGNORECASE | re.DOTALL)
_COMMENT_BEHIND = re.compile(r"(?<=\S)\s+\([^()]*\)$")


def unwrapped_telephone(text: str) -> str:
    """Return the user part of a SIP, SIPS or tel URI, JID or name-addr; other text as it is.

    The identifiers of WhatsApp that are no numbers, such as `…@lid`, keep their server.
    """
    inner = without_display_name(text)
    if _NUMBER.fullmatch(inner):
        return inner
    if uri := _URI.fullmatch(inner):
        return user_of(uri[1].lower(), uri[2]) or inner
    if jid := _JID.fullmatch(inner):
        if jid[2].lower() in _JID_NUMBER_SERVERS:
            return jid[1]
        if jid[2].lower() in _JID_OTHER_SERVERS:
            return f"{jid[1]}@{jid[2].lower()}"
    if at_host := _NUMBER_AT_HOST.fullmatch(inner):
        return at_host[1] or at_host[2]
    return inner


def is_international(text: str) -> bool:
    """Return whether the wrapper says that the digits in it are international: WhatsApp's do."""
    inner = without_display_name(text)
    jid = _JID.fullmatch(inner)
    return bool(jid and jid[2].lower() in _JID_NUMBER_SERVERS) or inner.startswith("whatsapp:")


def unwrapped_email(text: str) -> str:
    """Return the address in a name-addr or mailto URI, without punctuation behind it.

    A list of addresses stays as it is.
    """
    inner = text.strip().rstrip(".,;").rstrip()
    wrapped = _IN_BRACKETS.fullmatch(inner)
    if wrapped and "@" not in inner[wrapped.end(1) :]:
        inner = wrapped[1].strip()
    if uri := _MAILTO.fullmatch(inner):
        inner = unquote(uri[1]).strip()
    inner = _COMMENT_BEHIND.sub("", inner)
    if len(inner) > 2 and inner[0] == inner[-1] and inner[0] in "'\"":
        inner = inner[1:-1].strip()
    return inner.rstrip(".,;")


def sip_address(text: str) -> str | None:
    """Return `user@host` of a SIP, SIPS or tel URI, the host in lower case; None for other text.

    Parameters, headers, the password and the ports of SIP are left out. The host of a number
    that is local to a domain is that domain: `tel:7042;phone-context=example.com` (RFC 3966).
    """
    uri = _URI.fullmatch(without_display_name(text))
    if not uri or not uri[1].lower().startswith(("sip", "tel")):
        return None
    user, _, behind = uri[2].partition("@")
    context = context_of(user)
    host = behind if not context or context.startswith("+") else context
    if not host:
        return None
    host = _SIP_PORT.sub("", re.split("[;?]", host)[0].strip().lower())
    return f"{user_of(uri[1].lower(), user)}@{host}"


def has_no_user(text: str) -> bool:
    """Return whether `text` is a SIP or tel URI of a host alone: it says nothing of the caller."""
    return bool(_NO_USER.fullmatch(without_display_name(text)))


def without_display_name(text: str) -> str:
    """Return `text` without the name in front of or behind an address."""
    plain = text.strip()
    if _NUMBER.fullmatch(plain):
        return plain
    if wrapped := _IN_BRACKETS.fullmatch(plain):
        return wrapped[1].strip()
    return _NAME_BEHIND.sub("", _QUOTED_NAME.sub("", plain)).strip()


def user_of(scheme: str, rest: str) -> str:
    """Return the user part of a URI whose scheme was cut off, unescaped, without parameters."""
    rest = rest.partition("@")[0].partition("?")[0]
    user = rest.partition(";")[0]
    if scheme.startswith("sip"):
        user = user.partition(":")[0]
    user, context = unquote(user).strip(), context_of(rest)
    if not context.startswith("+") or user.startswith("+"):
        return user
    # Digits before the local number; local to other digits, it is another number.
    return _SEPARATORS.sub("", context + user)


def context_of(user: str) -> str:
    """Return the `phone-context` of a local number (RFC 3966): digits or a domain; "" without."""
    for parameter in user.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "phone-context":
            return value.strip()
    return ""
