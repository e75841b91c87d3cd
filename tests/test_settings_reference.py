"""docs/settings.md is made from the code: `make reference` writes it anew."""

import re

from docs.reference.settings import ENVIRONMENT, REFERENCE, SETTINGS, rendered, variables

READ = re.compile(r'(?:env\.\w+|secret|whole_numbers)\(\s*"([A-Z_]+)"')


def test_reference_is_as_the_settings_are():
    assert REFERENCE.read_text() == rendered()


def test_reference_has_each_variable_with_its_meaning():
    read = {name for path in (SETTINGS, ENVIRONMENT) for name in READ.findall(path.read_text())}
    found = {one.name: one.meaning for path in (SETTINGS, ENVIRONMENT) for one in variables(path)}

    assert read | {"DATABASE_WAITS_…"} == found.keys()
    assert [name for name, meaning in found.items() if not meaning] == []
