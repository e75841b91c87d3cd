"""Answer writes of the API inside their transaction."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from rest_framework.response import Response
from rest_framework.views import APIView

Handler = Callable[..., Response]


def answered_before_commit(handler: Handler) -> Handler:
    """Let a handler of a view write in one transaction, and render its answer before the commit.

    An answer that cannot be read undoes the write. A caller that gets an error may thus repeat the
    request without doing anything twice.
    """

    @wraps(handler)
    def handle(view: APIView, request: Any, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            response = handler(view, request, *args, **kwargs)
            return view.finalize_response(request, response).render()

    return handle
