"""Parameters and headers of the customer endpoints, read and checked."""

import re
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from customers.profiles.other_holders import OnConflict

DEFAULT_LIMIT = 25
LARGEST_LIMIT = 200
# Both databases count rows with 64 bits; nobody has that many customers.
LARGEST_OFFSET = 2**63 - 1


def literal_parameter(request: HttpRequest, name: str) -> str | None:
    """A query parameter in which "+" is a plus: the client does not encode it (contract 8).

    None if the query does not name it.
    """
    for pair in request.META.get("QUERY_STRING", "").split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            # What is not encoded arrives as bytes that WSGI reads as Latin-1.
            return unquote(value.encode("latin-1"))
    return None


def page_bounds(parameters) -> tuple[int, int]:
    """(offset, limit) of a list; raises ValidationError keyed by parameter."""
    problems = {}
    limit = whole_number(parameters.get("limit"), DEFAULT_LIMIT)
    offset = whole_number(parameters.get("offset"), 0)
    if limit is None or not 1 <= limit <= LARGEST_LIMIT:
        problems["limit"] = f"Must be a whole number from 1 to {LARGEST_LIMIT}."
    if offset is None:
        problems["offset"] = "Must be a whole number, 0 or more."
    if limit is None or offset is None or problems:
        raise ValidationError(problems)
    return min(offset, LARGEST_OFFSET - LARGEST_LIMIT), limit


def cursor_in(parameters) -> str:
    """The cursor that a page begins after; raises ValidationError beside an offset."""
    after = parameters.get("after", "")
    if after and parameters.get("offset", "0").strip("0"):
        raise ValidationError({"offset": "Must be 0 where `after` is given."})
    return after


def whole_number(text: str | None, default: int) -> int | None:
    if not text:
        return default
    return int(text) if re.fullmatch(r"[0-9]{1,100}", text) else None


def known_version(request) -> int | None:
    """The version a write is based on: `If-Match`, or `__v` in the body (contract 13.2)."""
    header = request.META.get("HTTP_IF_MATCH", "").strip()
    if header and header != "*":
        found = re.fullmatch(r'(?:W/)?"?([0-9]{1,9})"?', header)
        if not found:
            raise ValidationError({"If-Match": "Must be a version number."})
        return int(found[1])
    stated = request.data.get("__v") if isinstance(request.data, dict) else None
    if stated is None:
        return None
    if isinstance(stated, bool) or not isinstance(stated, int) or stated < 0:
        raise ValidationError({"__v": "Must be a whole number, 0 or more."})
    return stated


def on_conflict(request) -> OnConflict:
    """What to do where another customer has an identifier; raises ValidationError."""
    stated = request.query_params.get("onConflict", OnConflict.ACCEPT)
    try:
        return OnConflict(stated)
    except ValueError:
        raise ValidationError({"onConflict": "Must be accept or refuse."}) from None


def body_object(request) -> dict:
    """The body of a write, which has to be a JSON object."""
    body = request.data
    if isinstance(body, dict) and (body or request.META.get("CONTENT_LENGTH", "") not in ("", "0")):
        return dict(body)
    if body is None or isinstance(body, dict):
        # REST framework takes an empty body for an empty object; no customer comes of that.
        raise ValidationError("No data provided")
    kind = type(body).__name__
    raise ValidationError(f"Invalid data. Expected a dictionary, but got {kind}.")
