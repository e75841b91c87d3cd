"""Why an edit of the draft was refused; nothing was changed then."""

from .documents import FieldDocument


class DraftChanged(Exception):
    """Somebody else edited the draft, or published, since the caller looked."""

    def __init__(self, by: str = ""):
        self.by = by
        super().__init__(self.told_to(""))

    def told_to(self, name: str) -> str:
        """The same in words for who is called so, and may have been at it on another page."""
        if name and name == self.by:
            who, where = "You have", ", on another page"
        else:
            who, where = f"{self.by or 'Somebody'} has", ""
        return f"{who} changed the schema meanwhile{where}. Look at it as it is now, then repeat."


class FieldMoved(Exception):
    """The field is no longer as the caller opened it; nothing was changed."""

    def __init__(self, opened: FieldDocument, now: FieldDocument, by: str):
        super().__init__(f"“{opened['label']}” has changed since it was opened.")
        self.opened = opened
        self.now = now
        # Who changed the schema last, which need not have been this field.
        self.by = by


class FieldIsActive(Exception):
    """Only a field that nobody sees any more may be deleted."""

    def __init__(self, label: str):
        super().__init__(f"“{label}” is in use: deactivate it first, and publish.")


class UnknownField(Exception):
    """The draft has no such field."""

    def __init__(self):
        super().__init__("The field is no longer there.")
