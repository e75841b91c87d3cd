"""The choices of a user for an import: columns, notations, existing customers, reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from access.actors import Caller
from access.denials import check_permissions
from customers.labelling.rules import check_label_rights
from customers.permissions import ADD, CHANGE, IMPORT
from customers.system_fields import LABELS_FIELD

from .columns import check_columns, targets_for


class Policy(models.TextChoices):
    """The effect of a row on a customer that exists already."""

    OVERWRITE = "overwrite", "Write what the file says over what is there"
    FILL = "fill", "Fill in only what is empty"
    SKIP = "skip", "Leave the customer as it is"
    REFUSE = "refuse", "Refuse the row"


WRITING = frozenset({Policy.OVERWRITE, Policy.FILL})


@dataclass(frozen=True, slots=True)
class Rules:
    """The choices for one file; plain JSON, so that a job can keep them."""

    columns: Sequence[str]
    policy: str = Policy.OVERWRITE
    reason: str = ""
    # Of each column, as Reading.to_json; columns at the end may be without.
    readings: Sequence[Mapping[str, Any]] = ()


def check_rules(rules: Rules, caller: Caller) -> None:
    """Raises PermissionDenied, and ValidationError for what can be said before any row."""
    rights = [IMPORT, ADD, *([CHANGE] if rules.policy in WRITING else [])]
    check_permissions(caller, *rights, action="import customers")
    if LABELS_FIELD in rules.columns:
        check_label_rights(caller, adds=True, removes=False)
    if rules.policy not in Policy.values:
        raise ValidationError({"policy": ["Choose what becomes of customers who exist already."]})
    check_columns(rules.columns, targets_for(caller))
