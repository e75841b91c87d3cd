"""What can be done with many customers of the list, and who may."""

from dataclasses import dataclass

from access.actors import Caller
from customers.permissions import ADD_LABEL, BULK, CHANGE, DELETE, EXPORT, MERGE, REMOVE_LABEL

from .forms import BulkLabelForm, BulkMergeForm, DeedForm, DeleteForm, ExportForm, FieldForm


@dataclass(frozen=True, slots=True)
class BulkAction:
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
    BulkAction("label", "Label", "label", (BULK,), BulkLabelForm),
    BulkAction("field", "Set field", "edit", (BULK, CHANGE), FieldForm),
    BulkAction("export", "Export", "download", (EXPORT,), ExportForm),
    BulkAction("merge", "Merge", "merge", (MERGE,), BulkMergeForm),
    BulkAction("delete", "Delete", "delete", (BULK, DELETE), DeleteForm, is_dangerous=True),
)


def deeds_for(caller: Caller) -> list[BulkAction]:
    labels = caller.has_perm(ADD_LABEL) or caller.has_perm(REMOVE_LABEL)
    return [deed for deed in DEEDS if deed.allowed_to(caller) and (deed.key != "label" or labels)]
