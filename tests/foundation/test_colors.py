import pytest

from foundation.colors import luminance, text_color

OFFERED = ["#f34f1b", "#f58231", "#bfef45", "#3cb44b", "#42d4f4", "#039be6", "#7c87ce", "#f032e6"]
OFFERED += ["#f6bf26", "#9A6324", "#a9a9a9", "#000000b5", "#000000", "#ffffff"]


def contrast(one, other):
    lighter, darker = sorted([luminance(one), luminance(other)], reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("color", OFFERED)
def test_text_is_readable_on_every_colour(color):
    assert contrast(color, text_color(color)) >= 4.5


@pytest.mark.parametrize(("color", "light"), [("#000000", 0.0), ("#ffffff", 1.0)])
def test_luminance_ranges_from_black_to_white(color, light):
    assert luminance(color) == pytest.approx(light)
