"""Apps and the packages of customers are floors, and imports only go down."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# From the ground up: an app imports from the floors below its own.
FLOORS = [
    {"foundation"},
    {"access", "jobs", "labels", "schema_builder", "webhooks"},
    {"customers"},
    {"demo", "schema_changes"},
    {"agents"},
    {"supervisors"},
    {"cxcustomers"},
]
MAY_IMPORT = {
    app: set().union(*FLOORS[:number]) for number, floor in enumerate(FLOORS) for app in floor
}
# The same for the packages and modules of the customers app.
CUSTOMERS_FLOORS = [
    {"apps", "error_messages", "system_fields"},
    {"masking"},
    {"documents"},
    {"models"},
    {"permissions", "placeholders", "preferences"},
    {"history", "locking"},
    {"labelling"},
    {"profiles"},
    {"bulk", "duplicates", "search_keys", "statistics"},
    {"enqueue", "management", "undo"},
    {"conversations", "imports", "merging"},
    {"identification", "lists"},
    {"exports", "identities"},
    {"background", "forms"},
    {"api"},
]
MOST_MODULES = 12


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


def room_of(module):
    """The package or module of the customers app that a module belongs to."""
    return module.split(".")[1]


def absolute_imports(path):
    """Names of the modules that a file imports, relative ones made absolute."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*parents, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def test_packages_of_customers_import_only_from_the_floors_below():
    floor_of = {room: number for number, floor in enumerate(CUSTOMERS_FLOORS) for room in floor}
    files = [path for path in sources("customers") if "migrations" not in path.parts]
    rooms = {path: path.relative_to(ROOT / "customers").with_suffix("").parts[0] for path in files}
    upward = {
        (str(path.relative_to(ROOT)), module)
        for path in files
        for module in absolute_imports(path)
        if module.startswith("customers.")
        and room_of(module) != rooms[path]
        and floor_of[room_of(module)] >= floor_of[rooms[path]]
    }

    assert set(rooms.values()) - {"__init__"} == floor_of.keys()
    assert upward == set()


def test_packages_of_customers_are_small():
    packages = {path.parent for path in sources("customers") if "migrations" not in path.parts}

    assert {
        str(package.relative_to(ROOT))
        for package in packages
        if len(set(package.glob("*.py")) - {package / "__init__.py"}) > MOST_MODULES
    } == set()


def test_name_stands_in_one_module():
    """A class or function of a module has a name of its own, but for those that Django looks for."""
    modules = defaultdict(set)
    for path in (path for app in MAY_IMPORT for path in sources(app)):
        if "migrations" not in path.parts:
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name != "Command":
                    modules[node.name].add(str(path.relative_to(ROOT)))

    assert {name: paths for name, paths in modules.items() if len(paths) > 1} == {}


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
