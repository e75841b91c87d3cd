"""Pages pictured in light and in dark, as small files."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize

from .table import Picture

Scheme = Literal["light", "dark"]
VIEWPORT: ViewportSize = {"width": 1400, "height": 900}
WIDTH = 1200
COLOURS = 96
SCHEMES: dict[Scheme, str] = {"light": "", "dark": "-dark"}
# The administration reads the scheme when it is loaded, its switch at any time; agents' pages
# have no switch.
SWITCH = "scheme => window.Alpine?.$data(document.documentElement)?.switchTheme?.(scheme)"
# What is blurred behind the palette is drawn mirrored where the browser draws smaller.
UNBLURRED = ".fixed.inset-0 { backdrop-filter: none !important; }"
REST = "Promise.all([document.fonts.ready, ...document.getAnimations().map(one => one.finished)])"


def open_page(browser: Browser, url: str) -> Page:
    # The browser draws it smaller: a picture that is made smaller is blurred, and a larger file.
    context = browser.new_context(
        base_url=url,
        viewport=VIEWPORT,
        device_scale_factor=WIDTH / VIEWPORT["width"],
        reduced_motion="reduce",
    )
    return context.new_page()


def take(page: Page, picture: Picture, rows: Mapping[str, SimpleNamespace], folder: Path) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(picture.path.format(**rows))
    page.wait_for_load_state("networkidle")
    picture.prepare(page)
    page.mouse.move(0, 0)
    for scheme, ending in SCHEMES.items():
        page.emulate_media(color_scheme=scheme)
        page.evaluate(SWITCH, scheme)
        page.wait_for_load_state("networkidle")
        page.evaluate(REST)
        drawn = reduced(page.screenshot(style=UNBLURRED))
        drawn.save(folder / f"{picture.name}{ending}.png", optimize=True)


def reduced(screenshot: bytes) -> Image.Image:
    """The picture with a palette that has colours, too, which are rare but stand out."""
    drawn = Image.open(BytesIO(screenshot)).convert("RGB")
    return drawn.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
