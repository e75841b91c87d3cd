"""The browser that tests and pictures drive: what it may be called, and how it is started."""

import shutil

from playwright.sync_api import Browser, Playwright

NAMES = ["chromium", "chromium-browser", "google-chrome"]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Playwright hides scroll bars, and with them everything that they cover or squeeze.
UNWANTED = ["--hide-scrollbars"]


def installed() -> str | None:
    """Its path; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def launch(playwright: Playwright, path: str) -> Browser:
    """The browser at `path`, with the scroll bars that most desktops show."""
    return playwright.chromium.launch(
        executable_path=path, args=ARGUMENTS, ignore_default_args=UNWANTED
    )
