"""The product's settings, with what tests need: fast password hashes and no lock-out.

Tests run on a SQLite file, which threads can share, or on the server of TEST_DATABASE_URL.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

TEST_DIR = Path(tempfile.mkdtemp(prefix="cxcustomers-tests-"))
atexit.register(shutil.rmtree, TEST_DIR, ignore_errors=True)

os.environ["DATA_DIR"] = str(TEST_DIR)
os.environ["DATABASE_URL"] = (
    os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{TEST_DIR / 'cxcustomers.sqlite3'}"
)
os.environ["SECRET_KEY"] = "only-for-tests-" + "0" * 50

from cxcustomers.settings import *  # noqa: E402, F403 - reads the environment set above
from cxcustomers.settings import DATABASES  # noqa: E402 - ditto

# Of its own for every run, so that two runs on one server do not meet.
DATABASES["default"]["TEST"] = {
    "NAME": f"test_cxcustomers_{os.getpid()}"
    if os.environ.get("TEST_DATABASE_URL")
    else str(TEST_DIR / "test.sqlite3")
}
# Nothing of a test has to survive a crash of the machine, so nothing waits for the disk.
options = DATABASES["default"]["OPTIONS"]
if os.environ.get("TEST_DATABASE_URL"):
    options["options"] = f"{options.get('options', '')} -c synchronous_commit=off".strip()
else:
    options["init_command"] += ";PRAGMA synchronous=OFF"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AXES_ENABLED = False
