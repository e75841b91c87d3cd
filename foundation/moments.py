"""Moments in ISO 8601, read more strictly than Python does."""

import re
from datetime import UTC, datetime

# The offset from UTC: Python takes 60 minutes and more.
OFFSET = r"(Z|[-+](?:[01][0-9]|2[0-3]):?[0-5][0-9])?"
MOMENT = (
    rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]+)?)?{OFFSET}$"
)


def moment_in(text: str) -> datetime:
    """Return the moment with its offset; one without is in UTC. Raises ValueError."""
    if not re.fullmatch(MOMENT, text):
        raise ValueError("No moment in ISO 8601.")
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=moment.tzinfo or UTC)
