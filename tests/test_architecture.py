"""An app is a floor, and imports only go down."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "foundation": set(),
    "access": {"foundation"},
    "jobs": {"foundation"},
    "labels": {"foundation"},
    "schema_builder": {"foundation"},
    "webhooks": {"foundation"},
    "customers": {"access", "jobs", "labels", "schema_builder", "webhooks", "foundation"},
    "cxcustomers": {
        "access",
        "jobs",
        "labels",
        "schema_builder",
        "webhooks",
        "foundation",
        "customers",
    },
}


def sources(app):
    return sorted((ROOT / app).rglob("*.py"))


def imported(path):
    """Names of the modules that a file imports, inside functions, too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


@pytest.mark.parametrize("app", MAY_IMPORT)
def test_app_imports_only_from_the_floors_below(app):
    upward = {
        (str(path.relative_to(ROOT)), module)
        for path in sources(app)
        for module in imported(path)
        if module.split(".")[0] in MAY_IMPORT.keys() - MAY_IMPORT[app] - {app}
    }

    assert upward == set()


@pytest.mark.parametrize("app", MAY_IMPORT)
def test_product_imports_no_tests(app):
    assert {
        module
        for path in sources(app)
        for module in imported(path)
        if module.split(".")[0] == "tests"
    } == set()


def test_every_package_has_a_floor():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert packages - {"tests", "benchmarks"} == MAY_IMPORT.keys()


def test_types_are_asked_and_not_compared():
    """`if type == …` outside the registry means that a type does not know something it should."""
    compared = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        # There, a type is one of an event.
        for app in MAY_IMPORT.keys() - {"webhooks"}
        for path in sources(app)
        if path.parent != ROOT / "schema_builder" / "types"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Compare)
        and isinstance(node.left, ast.Attribute)
        and node.left.attr == "type"
    }

    assert compared == set()
