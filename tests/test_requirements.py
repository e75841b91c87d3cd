import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUN = PROJECT["project"]["dependencies"]
DEV = PROJECT["dependency-groups"]["dev"]
PIN = re.compile(r"(?P<requirement>\S+==[^\\]+?)(?P<hashes>( --hash=sha256:[0-9a-f]{64})+)")


def lines_of(name):
    return (ROOT / name).read_text().replace("\\\n", " ").splitlines()


def pins_of(name):
    """Name -> its versions; a package may have one per Python version."""
    found = defaultdict(set)
    for line in lines_of(name):
        requirement = Requirement(PIN.fullmatch(" ".join(line.split()))["requirement"])
        (version,) = requirement.specifier
        found[canonicalize_name(requirement.name)].add(version.version)
    return found


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pins_with_hashes_and_nothing_else(name):
    loose = [line for line in lines_of(name) if not PIN.fullmatch(" ".join(line.split()))]

    assert loose == []
    assert "//" not in (ROOT / name).read_text()


@pytest.mark.parametrize(
    ("name", "wanted"), [("requirements.txt", RUN), ("requirements-dev.txt", RUN + DEV)]
)
def test_requirements_satisfy_the_project(name, wanted):
    pins = pins_of(name)

    for requirement in map(Requirement, wanted):
        versions = pins.get(canonicalize_name(requirement.name))
        assert versions, f"{requirement.name} is not pinned: make lock"
        assert set(requirement.specifier.filter(versions)) == versions, f"{requirement}: make lock"


def test_requirements_for_running_are_among_those_for_developing():
    run, dev = pins_of("requirements.txt"), pins_of("requirements-dev.txt")

    assert {name: dev.get(name) for name in run} == run
