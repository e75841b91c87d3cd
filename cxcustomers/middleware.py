"""What every request passes: input that no view should meet, and the page's security policy."""

from urllib.parse import unquote_to_bytes

from axes.helpers import get_cool_off
from django.conf import settings

from foundation.text import hostile_characters

from . import exception_handlers


class RequestGuardMiddleware:
    """Refuses addresses that databases and parsers choke on: 404 for a path, 400 for a query."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "\x00" in request.path_info:
            return exception_handlers.not_found(request, None)
        if problem := query_problem(request.META.get("QUERY_STRING", "")):
            return exception_handlers.response_for_error(request, 400, *problem)
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "") and not request.META.get(
            "CONTENT_LENGTH"
        ):
            return exception_handlers.response_for_error(request, 411, "body", "Length Required.")
        return self.get_response(request)


def query_problem(query: str) -> tuple[str, str] | None:
    """(parameter, reason) of the first parameter that cannot be text.

    What is not encoded arrives as bytes that WSGI reads as Latin-1.
    """
    if "%" not in query and query.isascii():
        return None
    for pair in query.encode("latin-1").split(b"&"):
        name, _, value = pair.partition(b"=")
        try:
            text = unquote_to_bytes(value).decode()
            shown = unquote_to_bytes(name).decode()
        except UnicodeDecodeError:
            return ascii(name.decode("latin-1"))[1:-1], "Not valid UTF-8."
        if reason := hostile_characters(text) or hostile_characters(shown):
            return ascii(shown)[1:-1], reason
    return None


class ResponseHeadersMiddleware:
    """Response headers that browsers obey.

    The policy is strict for our own pages; the admin theme has to evaluate the expressions in
    its attributes.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        ancestors = " ".join(settings.FRAME_ANCESTORS) or "'none'"
        common = (
            "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self';"
            " form-action 'self'"
        )
        self.strict = f"{common}; script-src 'self'; style-src 'self'; frame-ancestors {ancestors}"
        self.docs = (
            f"{common}; script-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
        )
        self.admin = (
            f"{common}; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
            " frame-ancestors 'none'"
        )

    def __call__(self, request):
        response = self.get_response(request)
        if request.path_info.startswith("/admin/"):
            policy = self.admin
        elif request.path_info.startswith("/api/docs/"):
            policy = self.docs
        else:
            policy = self.strict
        # The preview of the schema builder says itself who may frame it.
        response.headers.setdefault("Content-Security-Policy", policy)
        if response.status_code == 429:
            # Only log-ins lock somebody out, and every further one starts the wait anew.
            wait = get_cool_off(request).total_seconds()
            response.headers.setdefault("Retry-After", str(int(wait)))
        # Personal data stays out of every cache; static files are served before this.
        response.headers.setdefault("Cache-Control", "no-store")
        return response
