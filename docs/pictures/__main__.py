"""Serve a demo, do something in it, and picture its pages for the guides."""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.chromium import NAMES, installed, launch

from . import camera
from .table import PICTURES

IMAGES = Path(__file__).parent.parent / "images"
PASSWORD = re.compile("Log-in admin, password ([^ ]+)")
PREPARE = "from docs.pictures.states import prepare; prepare()"


def main() -> None:
    names = parsed_names()
    with tempfile.TemporaryDirectory() as folder, served_demo(folder) as (url, password):
        rows = prepared(folder)
        with sync_playwright() as playwright:
            browser = launch(playwright, chromium())
            page = logged_in(browser, url, password)
            for picture in PICTURES:
                if not names or picture.name in names:
                    print(picture.name, flush=True)
                    camera.take(page, picture, rows, IMAGES)
            browser.close()


def parsed_names() -> set[str]:
    parser = argparse.ArgumentParser(prog="python -m docs.pictures", description=__doc__)
    known = [picture.name for picture in PICTURES]
    parser.add_argument("names", nargs="*", metavar="name", help="of pictures; all if left out")
    names = set(parser.parse_args().names)
    if unknown := names.difference(known):
        parser.error(f"no picture is called {', '.join(sorted(unknown))}")
    return names


def environment(folder: str) -> dict[str, str]:
    """Of a demo that has nothing to do with what is kept in this directory."""
    return {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "DATA_DIR": folder,
        # Of a webhook that is created: its host has to be somewhere.
        "WEBHOOK_NETWORKS": "192.0.2.0/24",
    }


@contextmanager
def served_demo(folder: str) -> Iterator[tuple[str, str]]:
    """Its address, and the password of its administrator."""
    port = free_port()
    command = [sys.executable, "manage.py", "up", "--demo", "--port", str(port), "--workers", "1"]
    process = subprocess.Popen(command, env=environment(folder), stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{port}", password_in(process)
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def password_in(process: subprocess.Popen[str]) -> str:
    """What the demo says of its administrator, once it has said everything."""
    assert process.stdout
    password = ""
    for line in process.stdout:
        if found := PASSWORD.match(line):
            password = found[1]
        if "Ctrl-C stops the server" in line:
            return password
    sys.exit("The demo did not start.")


def prepared(folder: str) -> Mapping[str, SimpleNamespace]:
    command = [sys.executable, "manage.py", "shell", "--no-imports", "--verbosity=0"]
    done = subprocess.run(
        [*command, f"--command={PREPARE}"],
        env=environment(folder),
        stdout=subprocess.PIPE,
        check=True,
    )
    return {name: SimpleNamespace(**keys) for name, keys in json.loads(done.stdout).items()}


def chromium() -> str:
    return installed() or sys.exit(f"None of {', '.join(NAMES)} is installed.")


def logged_in(browser: Browser, url: str, password: str) -> Page:
    page = camera.open_page(browser, url)
    page.goto("/admin/login/?next=/admin/")
    page.locator("#id_username").fill("admin")
    page.locator("#id_password").fill(password)
    page.locator("#id_password").press("Enter")
    page.wait_for_url("/admin/")
    return page


if __name__ == "__main__":
    main()
