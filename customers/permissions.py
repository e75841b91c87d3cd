"""What it takes to operate on customers, for the API and the pages alike."""

from access.actors import Caller
from access.denials import check_permissions

from .models import Operation

VIEW = "customers.view_customer"
VIEW_OPERATION = "customers.view_operation"
ADD = "customers.add_customer"
CHANGE = "customers.change_customer"
IMPORT = "customers.import_customer"
EXPORT = "customers.export_customer"
RELINK = "customers.relink_conversation"
MERGE = "customers.merge_customer"
BULK = "customers.change_in_bulk"
DELETE = "customers.delete_customer"
ADD_LABEL = "customers.add_customerlabel"
REMOVE_LABEL = "customers.delete_customerlabel"
VIEW_CONVERSATIONS = "customers.view_conversation"
VIEW_JOB = "jobs.view_job"
CHANGE_JOB = "jobs.change_job"
# What it takes to take an operation back is what it took to do it.
RIGHTS = {
    Operation.Kind.EDIT: CHANGE,
    Operation.Kind.RELINK: RELINK,
    Operation.Kind.MERGE: MERGE,
    Operation.Kind.SPLIT: MERGE,
    Operation.Kind.CLAIM: MERGE,
    Operation.Kind.RELEASE: CHANGE,
    Operation.Kind.BULK: BULK,
    Operation.Kind.DELETE: DELETE,
    Operation.Kind.ABSORB: RELINK,
    Operation.Kind.IMPORT: IMPORT,
}


def origin(operation: Operation) -> Operation:
    """What was done in the first place, under a chain of undos."""
    while operation.takes_back:
        operation = operation.takes_back
    return operation


def may_undo(caller: Caller, operation: Operation) -> bool:
    """Whether the caller may take the operation back; a query for every undo under it."""
    return caller.has_perm(needed_to_undo(operation))


def check_undo(caller: Caller, operation: Operation) -> None:
    """Raise PermissionMissing where the caller may not undo the operation; queries as `may_undo`."""
    check_permissions(caller, needed_to_undo(operation), action="undo this operation")


def needed_to_undo(operation: Operation) -> str:
    return RIGHTS[Operation.Kind(origin(operation).kind)]
