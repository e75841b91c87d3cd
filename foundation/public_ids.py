"""The ids that leave the house: 24 hex characters, ObjectId-compatible, ordered by time."""

import re
import secrets
import time

PUBLIC_ID = re.compile(r"[0-9a-f]{24}")


def new_public_id() -> str:
    """Four bytes of seconds since 1970, then eight random ones.

    A MongoDB ObjectId has machine and counter bytes there instead; only uniqueness depends
    on them, and random bytes stay unique when a server process forks.
    """
    return f"{int(time.time()):08x}{secrets.token_hex(8)}"


def is_public_id(text: object) -> bool:
    return isinstance(text, str) and PUBLIC_ID.fullmatch(text) is not None
