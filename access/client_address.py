"""The address that a log-in comes from, also behind reverse proxies."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

# One line of a provider has so many bits of an IPv6 address to itself.
IPV6_PREFIX = 64
WITH_PORT = re.compile(r"(?P<v4>[0-9.]+):[0-9]+|\[(?P<v6>[0-9A-Fa-f:.]+)\](?::[0-9]+)?")


def client_address(request: HttpRequest) -> str | None:
    """Return the client's address, for IPv6 that of its /64 network; None where there is none.

    Proxies of `PROXY_ADDRESSES` are believed: the last address of X-Forwarded-For that is no such
    proxy is the client. The header of any other sender is ignored, and so is all that stands before
    an entry that is no address: the client may have written it.
    """
    address = parsed_address(request.META.get("REMOTE_ADDR", ""))
    for text in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if address is None or not is_proxy(address):
            break
        if (before := parsed_address(text)) is None:
            break
        address = before
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_PREFIX), strict=False).network_address)
    return str(address) if address else None


def parsed_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address; some proxies append the port to it, and put IPv6 in brackets."""
    text = text.strip()
    with_port = WITH_PORT.fullmatch(text)
    try:
        address = ip_address(with_port["v4"] or with_port["v6"] if with_port else text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_proxy(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in settings.PROXY_ADDRESSES)
