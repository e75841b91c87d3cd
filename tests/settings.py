"""The product's settings, with what tests need: fast password hashes and no lock-out."""

import os

import environ

if os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]

from cxcustomers.settings import *  # noqa: E402, F403 - settings are read from the environment above
