"""Error messages that several kinds of writes share."""

LOCKED = "You may not change this field."
UNKNOWN = "Unknown field."
NO_IDENTITY = '"{}" is not an identifier: channels send it for contacts without an identity.'
