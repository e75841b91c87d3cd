"""A worker in a process of its own, which can be killed."""

import os
import subprocess
import sys
import time

from django.db import connection


def worker_process():
    """`manage.py work` on the database of the tests."""
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        url = f"{server}/{database['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "work"],
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "cxcustomers.settings"},
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "does not come"
        time.sleep(0.005)
