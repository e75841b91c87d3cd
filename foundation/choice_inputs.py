"""Groups of checkboxes and radio buttons whose classes are those of the group."""

from typing import Any

from django import forms


class OwnClasses:
    """Keeps the classes of the group off its inputs, on which Django repeats them.

    A group that is a grid and scrolls would make each box a grid that scrolls.
    """

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)  # type: ignore[misc]
        option["attrs"].pop("class", None)
        return option


class CheckboxGroup(OwnClasses, forms.CheckboxSelectMultiple):
    """Any number of choices."""


class RadioGroup(OwnClasses, forms.RadioSelect):
    """One choice."""
