"""What the side bar of the admin calls the pages that it leads to."""

from typing import Any

from django.conf import settings


def words_for(url: str) -> tuple[str, str] | None:
    """The words of the group and of the page; None where no entry leads to `url`."""
    side_bar: Any = settings.UNFOLD["SIDEBAR"]
    for group in side_bar["navigation"]:
        for entry in group["items"]:
            if str(entry["link"]) == url:
                return group["title"], entry["title"]
    return None
