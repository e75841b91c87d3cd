"""Rows of a file written as customers: the same engine for the rehearsal and the import.

A row creates or changes one customer, or is refused as a whole; it never unites two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from access.actors import Caller
from customers.bulk.change import Problems, worn_by
from customers.history.recording import recorded
from customers.labelling.rules import check_labels, relabelled
from customers.labelling.terms import REASON, LabelAssignment, clean_reason
from customers.locking import CustomersContended
from customers.masking import FieldAccess
from customers.models import ChannelIdentity, Customer, Operation
from customers.models.identity import Trust
from customers.placeholders import PlaceholderIsProtected
from customers.profiles.lifecycle import (
    AnonymousHolderExists,
    insert_cleaned,
    stored_fields,
    stored_fields_of,
)
from customers.profiles.validation import BodyCleaner, CleanedFields, CustomerState
from customers.profiles.writing import PendingWrite, apply_all
from customers.system_fields import ANONYMOUS_FIELD, LABELS_FIELD, NAME_FIELD
from jobs.models import Job
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.schema import schema_for_writing
from schema_builder.types import reading_from

from .cells import RowReader
from .columns import ID
from .matching import WHOLE_ROW, ImportRow, Matcher
from .options import Policy, Rules, check_rules

SOURCE = "import"
EXISTS = "There is such a customer already."


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was left alone, and why, by field."""

    line: int
    cells: list[str]
    problems: Problems


@dataclass
class ImportOutcome:
    """What became of the rows; `lines` says by id of a customer which row wrote it last."""

    operation: Operation | None = None
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    # Rows whose identifiers others hold as well.
    shared: int = 0
    refused: list[Refusal] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)


@transaction.atomic
def import_rows(
    rows: Iterable[tuple[int, list[str]]], rules: Rules, *, caller: Caller, job: Job | None = None
) -> ImportOutcome:
    """Write the rows (line, cells) that can be written, in their order; the outcome names the
    others. Later rows see what earlier ones wrote.

    Raises PermissionDenied, ValidationError for rules that make no sense, CustomersContended.
    """
    check_rules(rules, caller)
    return Importer(rules, caller).write(rows, job)


class Importer:
    """Writes the rows of one transaction."""

    def __init__(self, rules: Rules, caller: Caller):
        self.rules = rules
        self.caller = caller
        self.schema = schema_for_writing()
        self.mask = FieldAccess(caller)
        readings = [reading_from(stored) for stored in rules.readings]
        self.reader = RowReader(rules.columns, readings, self.schema)
        self.outcome = ImportOutcome()

    def write(self, rows: Iterable[tuple[int, list[str]]], job: Job | None) -> ImportOutcome:
        readable = list(self.readable(rows))
        self.matcher = Matcher(readable)
        self.customers = self.matcher.lock()
        self.stored = stored_fields_of(self.customers.values())
        self.worn = worn_by(self.customers.values())
        known = [one.pk for stored in self.stored.values() for one in stored.identities]
        # Whoever is created joins them while the rows are written.
        self.written = set(self.customers)

        def write() -> bool:
            for row in readable:
                self.write_or_refuse(row)
            self.mark_new(known)
            return bool(self.outcome.lines)

        self.outcome.operation = recorded(
            Operation.Kind.IMPORT,
            self.written,
            write,
            actor=self.caller.get_username(),
            reason=self.rules.reason,
            is_bulk=True,
            job=job,
        )
        return self.outcome

    def readable(self, rows: Iterable[tuple[int, list[str]]]) -> Iterable[ImportRow]:
        width = len(self.rules.columns)
        for line, cells in rows:
            while len(cells) > width and not cells[-1]:
                cells = cells[:-1]
            try:
                if len(cells) > width:
                    problem = f"{len(cells)} cells, expected {width}."
                    raise ValidationError({WHOLE_ROW: [problem]})
                # Spreadsheets leave out empty cells at the end of a row.
                body = self.reader.read([*cells, *[""] * (width - len(cells))])
                if not body.keys() - {REASON}:
                    raise ValidationError({WHOLE_ROW: ["Nothing in the columns that are used."]})
            except ValidationError as error:
                self.refuse(line, cells, error.message_dict)
            else:
                yield ImportRow(line, cells, body, self.reader.identifiers(body))

    def refuse(self, line: int, cells: list[str], problems: Problems) -> None:
        self.outcome.refused.append(Refusal(line, cells, problems))

    def write_or_refuse(self, row: ImportRow) -> None:
        try:
            self.write_row(row)
        except ValidationError as error:
            self.refuse(row.line, row.cells, error.message_dict)
        except (PermissionDenied, AnonymousHolderExists, PlaceholderIsProtected) as error:
            self.refuse(row.line, row.cells, {WHOLE_ROW: [str(error)]})

    def write_row(self, row: ImportRow) -> None:
        """Raises ValidationError keyed by field, PermissionDenied and AnonymousHolderExists."""
        pk = self.matcher.customer_of(row)
        if pk is None:
            self.create(row)
            return
        if self.rules.policy == Policy.REFUSE:
            raise ValidationError({WHOLE_ROW: [EXISTS]})
        if self.rules.policy == Policy.SKIP:
            self.outcome.unchanged += 1
            return
        self.outcome.shared += bool(self.matcher.others(row, pk))
        if self.change(pk, row):
            self.outcome.changed += 1
        else:
            self.outcome.unchanged += 1

    def create(self, row: ImportRow) -> None:
        body = {k: value for k, value in row.body.items() if k not in (LABELS_FIELD, REASON)}
        if labels := row.body.get(LABELS_FIELD):
            body[LABELS_FIELD] = [label.public_id for label in labels]
            body[REASON] = self.reason_of(row)
        with transaction.atomic():
            customer = insert_cleaned(self.schema, body, self.caller)
        self.customers[customer.pk] = customer
        self.worn[customer.pk] = labels or []
        self.outcome.created += 1
        self.note(customer, row)

    def reason_of(self, row: ImportRow) -> str:
        """Why the row assigns its labels. Raises ValidationError for a reason that is too long."""
        try:
            return clean_reason(row.body.get(REASON)) or self.rules.reason
        except ValidationError as error:
            raise ValidationError({REASON: error.messages}) from None

    def change(self, pk: int, row: ImportRow) -> bool:
        """True where the row changed something."""
        if pk not in self.customers:
            raise CustomersContended
        customer = self.customers[pk]
        stored = self.stored.get(pk) or stored_fields(customer)
        body = self.wanted(row, customer, stored)
        labels = body.pop(LABELS_FIELD, [])
        cleaned = BodyCleaner(self.schema, stored, self.mask).clean(
            body, is_new=False, partial=True
        )
        worn = self.worn.get(pk, [])
        self.relabel(cleaned, worn, labels, row)
        if not self.applied(customer, stored, cleaned):
            return False
        self.stored.pop(pk, None)
        self.worn[pk] = worn if cleaned.labels is None else cleaned.labels
        self.note(customer, row)
        return True

    def wanted(self, row: ImportRow, customer: Customer, stored: CustomerState) -> dict[str, Any]:
        """What the row writes to the customer: identifiers are added to those that it has."""
        body = {}
        for key, value in row.body.items():
            definition = self.schema.by_key.get(key)
            if key == ID or definition is None:
                continue
            held = self.held(definition, customer, stored)
            if held and self.rules.policy == Policy.FILL:
                continue
            if definition.is_channel_identifier:
                body[key] = [*held, *value]
            elif not any(
                definition.field_type.from_words(text, definition) == value for text in held
            ):
                body[key] = value
        return body

    def held(
        self, definition: FieldDefinition, customer: Customer, stored: CustomerState
    ) -> list[Any]:
        """The labels, identifiers or text of a field; a text as an export and a list write it."""
        if definition.key == LABELS_FIELD:
            return list(self.worn.get(customer.pk, []))
        if definition.is_channel_identifier:
            return [identity.value for identity in stored.identities_in(definition)]
        if definition.key == NAME_FIELD:
            return [] if customer.is_anonymous else [customer.first_name]
        if definition.key == ANONYMOUS_FIELD:
            return ["true" if customer.is_anonymous else "false"]
        text = stored.values.get(definition.pk, "")
        written = (definition.field_type.in_cell, definition.field_type.in_words)
        return [write(text, definition) for write in written] if text else []

    def relabel(
        self, cleaned: CleanedFields, worn: Sequence[Label], labels: Sequence[Label], row: ImportRow
    ) -> None:
        """Raises ValidationError and PermissionDenied where a rule stands against it."""
        wanted = relabelled(worn, labels, ())
        before, after = ({label.pk for label in found} for found in (worn, wanted))
        if before != after:
            terms = LabelAssignment(self.reason_of(row))
            check_labels(before, after, self.caller, terms)
            cleaned.labels, cleaned.label_terms = wanted, terms

    def applied(self, customer: Customer, stored: CustomerState, cleaned: CleanedFields) -> bool:
        """Raises AnonymousHolderExists where somebody was created by the identifier just now.

        Raises PlaceholderIsProtected, too.
        """
        planned = [PendingWrite(customer, stored, cleaned)]
        may_be_refused = customer.placeholder_for_id or cleaned.wanted_identifiers
        if not (customer.is_anonymous and may_be_refused):
            return bool(apply_all(planned, self.schema, self.caller))
        try:
            with transaction.atomic():
                return bool(apply_all(planned, self.schema, self.caller))
        except IntegrityError as error:
            raise AnonymousHolderExists from error

    def note(self, customer: Customer, row: ImportRow) -> None:
        self.written.add(customer.pk)
        self.outcome.lines[customer.public_id] = row.line
        self.matcher.holders.add(customer, row.identifiers)

    def mark_new(self, known: Iterable[int]) -> None:
        """Say of the identities that are new where they came from; one query, rarely three."""
        new = ChannelIdentity.objects.filter(customer__in=self.written).exclude(pk__in=known)
        new.update(trust=Trust.IMPORTED, source=SOURCE)
        if shared := self.matcher.holders.shared:
            rows = new.filter(is_anonymous=False).values_list("pk", "field_id", "match_key")
            pks = [pk for pk, field_id, key in rows if (field_id, key) in shared]
            ChannelIdentity.objects.filter(pk__in=pks).update(is_shared=True)
