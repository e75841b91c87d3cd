"""Colours that people chose, with text that stays readable on them."""


def luminance(color: str) -> float:
    """Relative luminance of `#rrggbb`, as WCAG defines it; an alpha part is ignored."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def text_color(color: str) -> str:
    """Black or white, whichever has the higher contrast on `color`; at least 4.5 to 1."""
    # Contrast with white and with black is the same at this luminance.
    return "#000000" if luminance(color) > 0.179 else "#ffffff"
