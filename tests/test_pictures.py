"""The guides show every picture, in light and in dark, as the table that they are taken by names it."""

import re
from pathlib import Path

from docs.pictures.table import PICTURES

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SHOWN = re.compile(
    r"<picture>\n"
    r'  <source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\n'
    r'  <img alt="([^"]+)" src="([^"]+)">\n'
    r"</picture>"
)
NAMED = re.compile(r'(?:src|srcset)="([^"]+)"|!\[[^\]]*\]\(([^)]+)\)')
NAMES = [picture.name for picture in PICTURES]


def shown():
    """(file of the light picture, of the dark one, what is said of it), of each in the guides."""
    for guide in GUIDES:
        for dark, caption, light in SHOWN.findall(guide.read_text()):
            yield guide.parent / light, guide.parent / dark, caption


def test_every_picture_is_there_and_none_is_unused():
    named = {
        guide.parent / (source or plain)
        for guide in GUIDES
        for source, plain in NAMED.findall(guide.read_text())
    }

    assert named == set(IMAGES.iterdir())


def test_every_picture_is_shown_in_both_schemes_with_its_caption():
    captions = {picture.name: picture.caption for picture in PICTURES}

    assert {(light, dark, caption) for light, dark, caption in shown()} == {
        (IMAGES / f"{name}.png", IMAGES / f"{name}-dark.png", caption)
        for name, caption in captions.items()
    }


def test_no_two_pictures_have_one_name():
    assert len(set(NAMES)) == len(NAMES)
