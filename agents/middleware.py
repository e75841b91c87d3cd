"""The pages as a side panel: `?embed=1` drops the navigation and stays, wherever one goes."""

from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest, HttpResponseRedirect

EMBED = "embed"


class EmbedMiddleware:
    """Sends who comes from an embedded page on to the embedded form of the next one.

    So no link or form has to carry the parameter, and what leaves the panel says `embed=0`.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        stated = request.GET.get(EMBED)
        comes_from_panel = stated is None and is_from_panel(request)
        if comes_from_panel and request.method == "GET" and is_page(request):
            query = request.GET.copy()
            query[EMBED] = "1"
            return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
        request.is_embedded = stated == "1" or comes_from_panel
        return self.get_response(request)


def is_from_panel(request: HttpRequest) -> bool:
    """Whether the address that led here, one of ours, was embedded."""
    referrer = urlsplit(request.META.get("HTTP_REFERER", ""))
    return referrer.netloc == request.META.get("HTTP_HOST") and parse_qs(referrer.query).get(
        EMBED
    ) == ["1"]


def is_page(request: HttpRequest) -> bool:
    """Whether a person asks for a page of ours, not a script for a part of one."""
    part = "HTTP_HX_REQUEST" in request.META
    return not part and not request.path_info.startswith(
        ("/admin/", "/api/", "/cim-customer/", "/health/", "/static/")
    )
