"""JSON bodies, read strictly: what is refused here never reaches a view."""

import codecs
import json
import re
from typing import Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from foundation.text import hostile_paths

DEEPEST = 100
LARGEST_DISCARDED = 16 * 1024 * 1024
# Brackets, and the strings to skip. A string without end goes to the end of the text, and nothing
# is matched twice: the search takes time linear to the text, whatever is in it.
_BRACKETS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)


class BodyTooLarge(APIException):
    status_code = 413
    default_detail = "Body is larger than 1 MiB."


class HostileInput(ParseError):
    """Strings that no database should meet, by the path where they stand."""

    def __init__(self, problems: dict[str, list[str]]):
        super().__init__("Hostile characters.")
        self.problems = problems


class DuplicateKey(ValueError):
    pass


class StrictJSONParser(BaseParser):
    """UTF-8 JSON of a bounded size and depth, without duplicate keys, NaN or hostile text."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        request = parser_context["request"]
        charset = (
            request.content_params.get("charset", "utf-8")
            if hasattr(request, "content_params")
            else "utf-8"
        )
        if not is_utf8(charset):
            raise UnsupportedMediaType(media_type, detail="Only UTF-8 is supported.")
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length > limit:
            discard_body(stream, length)
            raise BodyTooLarge
        body = stream.read(length)
        if len(body) < length:
            raise ParseError("The body is shorter than its Content-Length.")
        return parse_json(body)


def discard_body(stream, length: int) -> None:
    """Read a body that is too large: who is still sending would not see the answer."""
    left = min(length, LARGEST_DISCARDED)
    while left > 0 and (chunk := stream.read(min(left, 65_536))):
        left -= len(chunk)


def is_utf8(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name == "utf-8"
    except LookupError:
        return False


def parse_json(body: bytes) -> Any:
    """The document in `body`. Raises ParseError with a text that is fit for the sender."""
    try:
        text = body.decode()
        check_depth(text)
        document = json.loads(text, object_pairs_hook=unique_keys, parse_constant=refuse_constant)
    except DuplicateKey as error:
        raise HostileInput({str(error): ["Duplicate key."]}) from None
    except (ValueError, RecursionError) as error:
        raise ParseError(f"JSON parse error - {error}") from None
    problems: dict[str, list[str]] = {}
    for path, reason in hostile_paths(document):
        problems.setdefault(path or "body", []).append(reason)
    if problems:
        raise HostileInput(problems)
    return document


def check_depth(text: str) -> None:
    depth = 0
    for found in _BRACKETS.finditer(text):
        if found[0] in "[{":
            depth += 1
            if depth > DEEPEST:
                raise ParseError(f"JSON is nested deeper than {DEEPEST} levels.")
        elif found[0] in "]}":
            depth -= 1


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise DuplicateKey(ascii(key)[1:-1])
        found[key] = value
    return found


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
