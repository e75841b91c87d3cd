import pytest

from access.user_agents import browser_in_words

LIKE = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) {}"


@pytest.mark.parametrize(
    ("system", "rest", "words"),
    [
        ("X11; Linux x86_64", "Chrome/126.0.0.0 Safari/537.36", "Chrome on Linux"),
        ("X11; Linux x86_64", "HeadlessChrome/126.0.0.0 Safari/537.36", "Chrome on Linux"),
        ("Windows NT 10.0", "Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
        ("Windows NT 10.0", "Chrome/126.0 Safari/537.36 OPR/111.0", "Opera on Windows"),
        ("Macintosh; Intel Mac OS X 10_15", "Version/17 Safari/605", "Safari on macOS"),
        ("iPhone; CPU iPhone OS 17_5 like Mac OS X", "CriOS/126 Safari/604", "Chrome on iPhone"),
        ("Linux; Android 14", "Chrome/126.0 Mobile Safari/537.36", "Chrome on Android"),
        ("X11; CrOS x86_64", "Chrome/126.0 Safari/537.36", "Chrome on ChromeOS"),
    ],
)
def test_browser_is_told_with_its_system(system, rest, words):
    assert browser_in_words(LIKE.format(system, rest)) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; rv:127.0) Gecko/20100101 Firefox/127.0",
            "Firefox on Windows",
        ),
        ("curl/8.5.0", "curl"),
        ("", "unknown"),
        ("Softphone 3", "Softphone 3"),
        ("x" * 50, "x" * 40 + "…"),
    ],
)
def test_what_is_no_usual_browser_is_told_as_far_as_it_is_known(text, words):
    assert browser_in_words(text) == words
