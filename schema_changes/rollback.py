"""Values that later versions of the schema rewrote, put back when it goes back before them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby, islice

from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet

from customers.history.recording import Image, image_of, restored
from customers.locking import lock_customers
from customers.models import AttributeValue, Customer, Operation, RowChange, SchemaRewrite
from schema_builder.documents import field_of
from schema_builder.models import FieldDefinition, SchemaVersion
from schema_builder.plans import Plan
from schema_builder.types import StoredValue

from .rewriting import Rewrite, Written, value_columns
from .stored_values import StoredText

BATCH = 1000
# What became of one value with each version, the last one first.
RewriteHistory = Sequence[RowChange]


@dataclass(frozen=True, slots=True)
class OptionChange:
    """What a version made of one option: the number of the version, and what took its place."""

    field: str
    version: int
    option: str
    successor: str


@dataclass
class RollbackPreview:
    """How many customers get back what they had, and how many have something else by now."""

    back: Counter[OptionChange] = field(default_factory=Counter)
    changed: Counter[OptionChange] = field(default_factory=Counter)
    looked_at: int = 0
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class RewriteStep:
    """One value that was rewritten, and what it will be; `ways` say how it got to be what it is."""

    written: Written | None
    ways: list[OptionChange]


class Rollback:
    """What versions after this one made of the fields that a plan to go back to it changes."""

    def __init__(self, plan: Plan, version: SchemaVersion):
        self.number = version.number
        self.documents = {change.id: change.after for change in plan.changes if change.after}

    @cached_property
    def fields(self) -> dict[int, FieldDefinition]:
        """The fields with rewritten values, as they will be, by key. A query, or two."""
        later = SchemaRewrite.objects.filter(version__number__gt=self.number)
        concerned = later.filter(field__public_id__in=list(self.documents)).values("field")
        known = FieldDefinition.everything.filter(pk__in=concerned)
        return {one.pk: field_of(self.documents[one.public_id] or {}, one) for one in known}

    def touches(self, public_id: str) -> bool:
        return any(one.public_id == public_id for one in self.fields.values())

    @property
    def in_force(self) -> QuerySet[Operation]:
        """The operations that rewrote values and were not undone since."""
        return Operation.objects.filter(schema_version__number__gt=self.number, undone_by=None)

    def outlook(self, at_most: int) -> RollbackPreview:
        """What putting back would do, as far as so many values tell. Writes nothing."""
        found = RollbackPreview()
        for chains in self.parts() if self.fields else ():
            if found.looked_at >= at_most:
                found.is_complete = False
                break
            found.looked_at += len(chains)
            customers = Customer.objects.in_bulk(owners_of(chains))
            for look in self.looks(chains, customers):
                (found.back if look.written else found.changed).update(look.ways)
        return found

    def put_back(self, version: SchemaVersion, author: str) -> None:
        """Put back every value that is as it was rewritten; `version` is the one that does so.

        Call it after `lock_schema(exclusive=True)`, with the fields as they will be.
        """
        rewrites = {pk: Rewrite(one, version, author) for pk, one in self.fields.items()}
        for chains in self.parts() if self.fields else ():
            customers = lock_customers(owners_of(chains))
            written: dict[int, list[Written]] = {}
            for look in self.looks(chains, customers):
                if look.written:
                    field_id = look.written.row.field_id
                    written.setdefault(field_id, []).append(look.written)
                    # Seen from now on, the successor makes room for the option.
                    rewrites[field_id].told.update((w.successor, w.option) for w in look.ways)
            for field_id, values in written.items():
                rewrites[field_id].write(values)
        for rewrite in rewrites.values():
            rewrite.finish()

    def parts(self) -> Iterator[dict[int, RewriteHistory]]:
        """The chains of all values that were rewritten, by row, each once, some at a time.

        Customers come in the order of their keys with each field of each version.
        """
        operations = self.in_force.order_by("-schema_version__number", "pk")
        for operation in list(operations.values_list("pk", flat=True)):
            rows = RowChange.objects.filter(operation=operation, table="value").order_by("id")
            chains = self.chains(rows.values_list("row", flat=True))
            own = {
                row: chain for row, chain in chains.items() if chain[0].operation_id == operation
            }
            if own:
                yield own

    def chains(self, rows: Iterable[int]) -> dict[int, RewriteHistory]:
        """What became of these rows of the fields; one query."""
        changes = (
            RowChange.objects.filter(table="value", row__in=list(rows), operation__in=self.in_force)
            .annotate(number=F("operation__schema_version__number"))
            .order_by("row", "-operation")
        )
        own = (change for change in changes if image_in(change)["field_id"] in self.fields)
        return {row: list(chain) for row, chain in groupby(own, key=lambda change: change.row)}

    def looks(
        self, chains: Mapping[int, RewriteHistory], customers: Mapping[int, Customer]
    ) -> Iterator[RewriteStep]:
        """What becomes of each of the rows, of customers who are still there."""
        now = AttributeValue.objects.in_bulk(list(chains))
        filled = self.filled_since([chains[row][0] for row in chains if row not in now])
        for pk, chain in chains.items():
            row = now.get(pk)
            image = image_in(chain[0])
            owner = customers.get(row.customer_id if row else image["customer_id"])
            if owner is None:
                continue
            if (owner.pk, image["field_id"]) in filled:
                yield RewriteStep(None, self.ways(chain[:1]))
            elif look := self.look(chain, row, owner):
                yield look

    def filled_since(self, changes: Iterable[RowChange]) -> set[tuple[int, int]]:
        """(customer, field) that have got another row meanwhile. One query."""
        images = [image_in(change) for change in changes]
        rows = AttributeValue.objects.filter(
            customer__in=[image["customer_id"] for image in images], field__in=self.fields
        )
        return set(rows.values_list("customer_id", "field_id"))

    def look(
        self, chain: RewriteHistory, row: AttributeValue | None, owner: Customer
    ) -> RewriteStep | None:
        """None where the value was something that the field will not take."""
        text = row.text if row else None
        steps = steps_back(chain, text)
        if not steps:
            return RewriteStep(None, self.ways(chain[:1]))
        wanted = text_of_image(chain[steps - 1].before)
        try:
            value = self.value(chain, wanted)
        except ValidationError:
            return None
        if wanted == text:
            return None
        before = image_of(value_columns(row)) if row else None
        again = row or AttributeValue(**restored("value", image_in(chain[0])))
        return RewriteStep(Written(owner, again, before, value), self.ways(chain[:steps]))

    def value(self, chain: RewriteHistory, text: str | None) -> StoredValue | None:
        """Raises ValidationError where the field, as it will be, does not take the text."""
        definition = self.fields[image_in(chain[0])["field_id"]]
        return None if text is None else definition.field_type.recleaned(text, definition)

    def ways(self, chain: RewriteHistory) -> list[OptionChange]:
        """What the versions of the chain, taken together, made of the options of the value."""
        definition = self.fields[image_in(chain[0])["field_id"]]
        old, new = text_of_image(chain[-1].before), text_of_image(chain[0].after)
        number = chain[-1].number  # type: ignore[attr-defined]
        return [
            OptionChange(definition.public_id, number, option, successor)
            for option, successor in replaced(definition, old, new)
        ]

    def as_returned(self, held: Iterable[StoredText]) -> Iterator[StoredText]:
        """What is held, as it will be after putting back. A query for some at a time."""
        texts = iter(held)
        while some := list(islice(texts, BATCH)):
            chains = self.chains(one.row for one in some)
            for one in some:
                if (text := self.text_again(chains.get(one.row), one.text)) is not None:
                    yield replace(one, text=text)

    def text_again(self, chain: RewriteHistory | None, text: str) -> str | None:
        steps = steps_back(chain, text) if chain else 0
        if not chain or not steps:
            return text
        wanted = text_of_image(chain[steps - 1].before)
        try:
            self.value(chain, wanted)
        except ValidationError:
            return text
        return wanted


def image_in(change: RowChange) -> Image:
    return change.before or change.after or {}


def text_of_image(image: Image | None) -> str | None:
    return image["text"] if image else None


def steps_back(chain: RewriteHistory, text: str | None) -> int:
    """How many of the changes can be taken back one after the other, from `text` on."""
    steps = 0
    for change in chain:
        if text_of_image(change.after) != text:
            break
        text = text_of_image(change.before)
        steps += 1
    return steps


def replaced(
    definition: FieldDefinition, old: str | None, new: str | None
) -> list[tuple[str, str]]:
    """(option, successor) of what differs between two texts; "" for nothing."""
    before, after = ((text or "").split("\n") if text else [] for text in (old, new))
    lost = [option for option in before if option not in after]
    got = [option for option in after if option not in before]
    if len(lost) == len(got) == 1:
        return [(lost[0], got[0])]
    return [(option, "") for option in lost] + [("", option) for option in got]


def owners_of(chains: Mapping[int, RewriteHistory]) -> set[int]:
    """Keys of the customers whose values these are, or were."""
    rows = AttributeValue.objects.filter(pk__in=list(chains))
    found = set(rows.values_list("customer_id", flat=True))
    return found.union(image_in(chain[0])["customer_id"] for chain in chains.values())
