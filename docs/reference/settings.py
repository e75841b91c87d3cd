"""Environment variables as `cxcustomers/settings.py` and `environment.py` read them.

A row is a call such as `env.int("NAME", default=10)`. Its meaning is the comment above the statement,
or the first line of the docstring of the function around it.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
REFERENCE = ROOT / "docs" / "settings.md"
SETTINGS = ROOT / "cxcustomers" / "settings.py"
ENVIRONMENT = ROOT / "cxcustomers" / "environment.py"
# Helpers of `environment` that take the name of a variable first.
HELPERS = {"secret": "text", "whole_numbers": "numbers by name"}
FORMS = {
    "str": "text",
    "int": "number",
    "bool": "true or false",
    "list": "list with commas",
    "dict": "names and values",
    "db_url": "URL",
}
HEAD = """# Settings

All settings are environment variables, read when a process starts; a value that cannot work stops the start with one line that
says why. Lists are separated by commas; names and values are written `agent=Agent,admin=Administrator`. `make reference` writes this
page from the code.
"""


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    form: str
    default: str
    meaning: str
    section: str

    @property
    def row(self) -> str:
        return f"| `{self.name}` | {self.form} | {self.default} | {self.meaning} |"


def rendered() -> str:
    """Return the page: a table for each section of the settings."""
    found = [*variables(SETTINGS), *variables(ENVIRONMENT)]
    parts = [HEAD]
    for section in dict.fromkeys(variable.section for variable in found):
        rows = [variable.row for variable in found if variable.section == section]
        head = f"## {section}\n\n| Variable | Written as | Default | Meaning |\n|---|---|---|---|\n"
        parts.append(head + "\n".join(rows) + "\n")
    return "\n".join(parts)


def variables(path: Path) -> Iterator[Variable]:
    """Yield the variables that a file reads, in its order."""
    source = path.read_text()
    lines, section = source.splitlines(), "Secrets and the database"
    for statement in ast.parse(source).body:
        above = comment_above(lines, statement.lineno)
        section = title_above(lines, statement.lineno - len(above)) or section
        meaning = " ".join(above)
        if isinstance(statement, ast.FunctionDef):
            meaning = (ast.get_docstring(statement) or "").partition("\n")[0]
            meaning = meaning.removeprefix("Return the ")
            meaning = meaning[:1].upper() + meaning[1:]
        for call in (node for node in ast.walk(statement) if isinstance(node, ast.Call)):
            # The statement of one variable may stand in a `try`, below comments of its own.
            own = comment_above(lines, call.lineno) if isinstance(statement, ast.Try) else []
            if variable := variable_of(call, " ".join(own) or meaning, section):
                yield variable


def variable_of(call: ast.Call, meaning: str, section: str) -> Variable | None:
    """Return the variable that a call reads; None for any other call."""
    function = call.func
    if isinstance(function, ast.Attribute) and getattr(function.value, "id", "") == "env":
        form = FORMS[function.attr]
    elif isinstance(function, ast.Name) and function.id in HELPERS:
        form = HELPERS[function.id]
    else:
        return None
    if not (name := name_in(call.args[0])):
        return None
    if getattr(function, "id", "") == "secret":
        meaning += f" Or `{name}_FILE`: the file that holds it."
    meaning, _, said = meaning.partition(" Default: ")
    default = said.rstrip(".") or default_of(call)
    return Variable(name, form, default, meaning, section)


def name_in(argument: ast.expr) -> str:
    """Return the name that an argument spells; "…" stands for a part that varies, "" for no name."""
    parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
    texts = [str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts]
    return "".join(texts) if texts[0] != "…" else ""


def default_of(call: ast.Call) -> str:
    """Return the default as it would be written in the environment; "" for none."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "default"]
    given += call.args[1:2]
    try:
        value = ast.literal_eval(given[0]) if given else ""
    except ValueError:
        # Computed: its meaning says how.
        value = ""
    if isinstance(value, dict):
        return f"`{','.join(f'{key}={one}' for key, one in value.items())}`"
    if isinstance(value, list):
        value = ",".join(value)
    if isinstance(value, bool):
        value = str(value).lower()
    return f"`{value}`" if value != "" else ""


def comment_above(lines: list[str], number: int) -> list[str]:
    """Return the lines of the comment that ends above line `number` (from 1)."""
    found: list[str] = []
    while number >= 2 and lines[number - 2].strip().startswith("# "):
        found.insert(0, lines[number - 2].strip().removeprefix("# "))
        number -= 1
    return found


def title_above(lines: list[str], number: int) -> str:
    """Return the title of the section that begins above line `number`; "" for none.

    A title is a comment of one line between two empty ones.
    """
    above = lines[max(0, number - 4) : number - 1]
    if len(above) == 3 and above[0] == above[2] == "" and above[1].startswith("# "):
        return above[1].removeprefix("# ")
    return ""
