"""What can be done with many customers of the list, and who may."""

from dataclasses import dataclass

from access.actors import Caller
from customers.rights import ADD_LABEL, BULK, CHANGE, DELETE, EXPORT, MERGE, REMOVE_LABEL

from .deed_forms import (
    DeedForm,
    DeleteForm,
    ExportForm,
    FieldForm,
    LabelForm,
    MergeForm,
)


@dataclass(frozen=True, slots=True)
class Deed:
    """A button under the list. Each of the `rights` is needed."""

    key: str
    title: str
    icon: str
    rights: tuple[str, ...]
    form: type[DeedForm]
    is_dangerous: bool = False

    def allowed_to(self, caller: Caller) -> bool:
        return all(caller.has_perm(right) for right in self.rights)


DEEDS = (
    Deed("label", "Label", "label", (BULK,), LabelForm),
    Deed("field", "Set field", "edit", (BULK, CHANGE), FieldForm),
    Deed("export", "Export", "download", (EXPORT,), ExportForm),
    Deed("merge", "Merge", "merge", (MERGE,), MergeForm),
    Deed("delete", "Delete", "delete", (BULK, DELETE), DeleteForm, is_dangerous=True),
)


def deeds_for(caller: Caller) -> list[Deed]:
    labels = caller.has_perm(ADD_LABEL) or caller.has_perm(REMOVE_LABEL)
    return [deed for deed in DEEDS if deed.allowed_to(caller) and (deed.key != "label" or labels)]
