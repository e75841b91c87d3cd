import socket
from ipaddress import ip_network

import pytest
from django.core.exceptions import ValidationError

from webhooks.ssrf import NOT_PUBLIC, SCHEME, USER, check_url, target_of

INWARD = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.9", "192.0.0.170", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2001:20::1", "2002:7f00:1::", "3fff::1",
    "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1",
    "1::1", "4000::1", "::ffff:0:7f00:1", "100:0:0:1::1",
]  # fmt: skip
OUTWARD = ["8.8.8.8", "1.1.1.1", "192.0.1.1", "2606:4700::1111", "::ffff:8.8.8.8"]


@pytest.fixture(autouse=True)
def own_network(settings):
    settings.WEBHOOK_NETWORKS = []


@pytest.fixture
def resolves(monkeypatch):
    """Let every host name mean these addresses."""

    def resolve(*addresses):
        def found(host, port, **options):
            return [
                (
                    socket.AF_INET6 if ":" in each else socket.AF_INET,
                    socket.SOCK_STREAM,
                    6,
                    "",
                    (each, port),
                )
                for each in addresses
            ]

        monkeypatch.setattr(socket, "getaddrinfo", found)

    return resolve


def problem_with(url):
    with pytest.raises(ValidationError) as caught:
        check_url(url)
    return caught.value.messages


@pytest.mark.parametrize("address", INWARD)
def test_address_that_is_not_public_is_refused(resolves, address):
    resolves(address)

    assert problem_with("https://hooks.example.com/") == [NOT_PUBLIC]


@pytest.mark.parametrize("address", OUTWARD)
def test_public_address_is_called(resolves, address):
    resolves(address)

    check_url("https://hooks.example.com/")


def test_one_address_that_is_not_public_is_enough(resolves):
    resolves("8.8.8.8", "10.0.0.1")

    assert problem_with("https://hooks.example.com/") == [NOT_PUBLIC]


@pytest.mark.parametrize(
    "host", ["localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::]"]
)
def test_this_machine_is_refused_however_it_is_written(host):
    assert problem_with(f"http://{host}/") == [NOT_PUBLIC]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", SCHEME),
        ("hooks.example.com", SCHEME),
        ("ftp://hooks.example.com/", SCHEME),
        ("file:///etc/passwd", SCHEME),
        ("gopher://hooks.example.com/", SCHEME),
        ("https://", "Name a host."),
        ("https:///path", "Name a host."),
        ("https://amy:secret@hooks.example.com/", USER),
        ("https://amy@hooks.example.com/", USER),
        ("https://hooks.example.com/#top", "Leave the part after # out: no server sees it."),
        ("https://hooks.example.com:99999/", "Not a URL."),
        ("https://hooks.example.com:x/", "Not a URL."),
        ("https://[::1/", "Not a URL."),
        ("https://hooks.example.com/a b", "Not a URL."),
        ("https://hooks.example.com/\r\nX: y", "Not a URL."),
        ("https://hooks.example.com/\x00", "Null characters are not allowed."),
        ("https://hööks.example.com/", "Not a URL."),
        ("https://hooks.example.com/" + "a" * 500, "Not a URL."),
        ("https://hooks.example.com:22/", "Port 22 is not called. Ports that are: 80, 443."),
        ("http://hooks.example.com:6379/", "Port 6379 is not called. Ports that are: 80, 443."),
    ],
)
def test_url_is_refused(resolves, url, problem):
    resolves("8.8.8.8")

    assert problem_with(url) == [problem]


def test_host_that_nobody_knows_is_refused(monkeypatch):
    def unknown(*args, **options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert problem_with("https://nowhere.example.com/") == ["There is no host nowhere.example.com."]


def test_own_network_is_called_on_any_port(settings, resolves):
    settings.WEBHOOK_NETWORKS = [ip_network("10.1.0.0/16")]
    resolves("10.1.2.3")

    check_url("http://crm.internal:8080/hook")

    resolves("10.2.0.1")
    assert problem_with("http://crm.internal:8080/hook") == [NOT_PUBLIC]
    resolves("10.1.2.3", "8.8.8.8")
    assert problem_with("http://crm.internal:8080/hook") == [
        "Port 8080 is not called. Ports that are: 80, 443."
    ]


def test_other_ports_are_a_setting(settings, resolves):
    settings.WEBHOOK_PORTS = [443, 8443]
    resolves("8.8.8.8")

    check_url("https://hooks.example.com:8443/")

    assert problem_with("http://hooks.example.com/") == [
        "Port 80 is not called. Ports that are: 443, 8443."
    ]


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://hooks.example.com", "hooks.example.com", "/"),
        ("http://hooks.example.com:443/a?b=c", "hooks.example.com:443", "/a?b=c"),
        ("https://[2606:4700::1111]/", "[2606:4700::1111]", "/"),
    ],
)
def test_request_names_the_host_as_the_url_does(url, host, path):
    target = target_of(url)

    assert (target.host_header, target.path) == (host, path)
