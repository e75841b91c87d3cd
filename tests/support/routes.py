"""Every address of the product, by the name of its route."""

import re
from collections import defaultdict
from urllib.parse import urlsplit

from django.urls import URLPattern, get_resolver, resolve

SAMPLES = {
    "public_id": "0" * 24,
    "path": "1",
    "int": "1",
    "str": "x",
    "slug": "x",
    "field_key": "x",
}
PAGES = ("customers:", "admin:", "admin-", "builder:")


class Row:
    """Any row, for an address that nobody opens."""

    pk = 1
    public_id = SAMPLES["public_id"]


def routes():
    """(name with namespaces, path) of every URL pattern."""

    def walk(resolver, namespaces, path):
        for pattern in resolver.url_patterns:
            below = path + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield ":".join([*namespaces, pattern.name or "unnamed"]), below
            else:
                inner = [*namespaces, pattern.namespace] if pattern.namespace else namespaces
                yield from walk(pattern, inner, below)

    return list(walk(get_resolver(), [], "/"))


def is_page(name):
    return name.startswith(PAGES)


def pages():
    """The names of the routes that are for people."""
    return {name for name, _ in routes() if is_page(name)}


def sample_path(path):
    path = re.sub(r"\(\?P<\w+>.*?\)\$?$", "x", path).replace("^", "")
    return re.sub(r"<(\w+):\w+>", lambda found: SAMPLES[found[1]], path)


def route_of(address):
    """The name of the route of an address such as "/customers/{ayesha.public_id}?embed=1"."""
    sample = address.format_map(defaultdict(Row))
    return resolve(urlsplit(sample).path).view_name
