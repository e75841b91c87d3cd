"""The short way of API requests through the middleware."""

from functools import lru_cache

from django.urls import Resolver404, resolve

CONTRACT = "/cim-customer/"
# Most requests go to the few paths that hold no id.
resolved = lru_cache(maxsize=256)(resolve)


class CredentialMiddleware:
    """Calls the view of a contract request that carries a credential in `Authorization`.

    Such a request is decided by that header alone, so what the rest of the middleware is for
    never matters to it: session, CSRF token, log-in, messages. It would cost a third of a lookup.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.META.get("HTTP_AUTHORIZATION") or not request.path_info.startswith(CONTRACT):
            return self.get_response(request)
        # Raises DisallowedHost, as CommonMiddleware would.
        request.get_host()
        try:
            match = request.resolver_match = resolved(request.path_info)
        except Resolver404:
            return self.get_response(request)
        response = match.func(request, *match.args, **match.kwargs)
        if hasattr(response, "render"):
            response.render()
        response.headers.setdefault("Content-Length", str(len(response.content)))
        return response
