"""The expressions of `GET /attributeTypes` as the contract's client runs them."""

import pytest
from hypothesis import given, settings

from schema_builder.types import TYPES
from tests.contract.test_attribute_types import ACCEPTED
from tests.schema_builder.test_masks import masked_values

# As Angular's Validators.pattern tests a control's value.
TEST = "([regex, text]) => new RegExp(regex).test(text)"


@pytest.fixture(scope="module")
def blank_page(browser):
    page = browser.new_page()
    yield page
    page.close()


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(masked=masked_values())
def test_mask_passes_the_expression_in_a_browser(blank_page, masked):
    kind, text = masked

    assert blank_page.evaluate(TEST, [TYPES[kind].client_regex, text])


@pytest.mark.parametrize("kind", ACCEPTED)
def test_value_passes_the_expression_in_a_browser(blank_page, kind):
    passed = [
        text
        for text in ACCEPTED[kind]
        if blank_page.evaluate(TEST, [TYPES[kind].client_regex, text])
    ]

    assert passed == ACCEPTED[kind]
