"""Customers of a selection that are likely one person, put together to be merged by a job."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet

from access.actors import Caller
from access.denials import check_permissions
from customers.bulk.job_titles import job_title
from customers.duplicates.decisions import not_duplicate_pairs
from customers.duplicates.name_matching import alike
from customers.duplicates.rules import LIKELY
from customers.enqueue import ask_for
from customers.locking import lock_by_public_id
from customers.models import Customer, DuplicatePair
from customers.permissions import BULK, MERGE
from customers.profiles.anonymity import default_name
from jobs.models import Job
from jobs.queue import chunks_of
from schema_builder.schema import current_schema, schema_for_writing

from .merge import MOST_CUSTOMERS, Merged, MergeRefused, MergeRequest, merge_customers

MERGE_MANY = "customers.merge"
# So many pairs, the surest ones, are put together at once.
MOST_PAIRS = 10_000
CUSTOMERS_IN_A_QUERY = 1000
Pair = tuple[int, int]
NOBODY = "No two of them are likely the same person."
APART = "Two of them were told apart. Merge by hand who is one person."


class Keep(StrEnum):
    """Who stays of a group; its values win where they differ."""

    OLDEST = "oldest"
    NEWEST = "newest"


class Names(StrEnum):
    """Whose pairs are put together: of those with names alike, or of all."""

    ALIKE = "alike"
    ANY = "any"


@dataclass
class Grouping:
    """Keys of customers that are likely one person, the surest first."""

    groups: list[list[int]] = field(default_factory=list)
    # Groups that are left to be merged by hand: too large, or with names that are not all alike.
    left: int = 0
    # Whether there were more pairs than are put together at once.
    is_capped: bool = False

    @property
    def count(self) -> int:
        """How many customers are in the groups."""
        return sum(map(len, self.groups))

    def __str__(self) -> str:
        groups = len(self.groups)
        return f"{groups:,} group{'' if groups == 1 else 's'}, {self.count:,} customers"


def group_duplicates(customers: QuerySet[Customer]) -> dict[Names, Grouping]:
    """Put together who is linked by pairs of the selection that are at least likely. Two queries.

    A family shares a phone: with names alike, everybody of a group has to be called alike, and
    nobody is anonymous or has the name of those who have none.
    """
    chosen = customers.order_by().values("pk")
    # With IN for both, SQLite would look for a pair of everybody with everybody.
    pairs = DuplicatePair.objects.filter(
        Exists(chosen.filter(pk=OuterRef("first"))),
        Exists(chosen.filter(pk=OuterRef("second"))),
        score__gte=LIKELY,
    ).order_by("-score", "id")
    found = list(pairs.values_list(*of_both("pk", "first_name", "is_anonymous"))[: MOST_PAIRS + 1])
    is_capped = len(found) > MOST_PAIRS
    every = [(one, other) for one, other, *_ in found[:MOST_PAIRS]]
    nameless = default_name(current_schema())
    # The name of each who has one.
    names = {
        pk: name
        for row in found
        for pk, name, is_anonymous in zip(row[:2], row[2:4], row[4:], strict=True)
        if not is_anonymous and name != nameless
    }

    def are_alike(keys: Iterable[int]) -> bool:
        called = [names.get(pk, "") for pk in keys]
        return all(alike(one, other) for one, other in combinations(called, 2))

    return {
        Names.ALIKE: group_pairs(filter(are_alike, every), are_alike, is_capped),
        Names.ANY: group_pairs(every, lambda keys: True, is_capped),
    }


def of_both(*columns: str) -> Iterator[str]:
    """The columns of either customer of a pair, side by side."""
    return (f"{side}__{column}" for column in columns for side in ("first", "second"))


def group_pairs(
    pairs: Iterable[Pair], are_one: Callable[[Sequence[int]], bool], is_capped: bool
) -> Grouping:
    linked = connected_groups(pairs)
    groups = [group for group in linked if len(group) <= MOST_CUSTOMERS and are_one(group)]
    return Grouping(groups, len(linked) - len(groups), is_capped)


def connected_groups(pairs: Iterable[Pair]) -> list[list[int]]:
    """Who is linked with each other, over others, too; in the order of the first pair of each."""
    groups: dict[int, list[int]] = {}
    for one, other in pairs:
        both = groups.setdefault(one, [one]), groups.setdefault(other, [other])
        if both[0] is not both[1]:
            large, small = sorted(both, key=len, reverse=True)
            large += small
            groups |= dict.fromkeys(small, large)
    unique = {id(group): group for group in groups.values()}
    return list(unique.values())


def enqueue_merges(
    customers: QuerySet[Customer], names: Names, keep: Keep, *, caller: Caller, reason: str = ""
) -> Job:
    """Merge each group in the background; answers the queued job.

    Who is in a group, and who stays of it, is settled now. A group of which somebody is changed,
    merged or told apart before its turn is left, and `job.result` names it. Raises
    PermissionDenied, and ValidationError where there is no group.
    """
    check_merge_permissions(caller)
    grouping = group_duplicates(customers)[names]
    if not grouping.groups:
        raise ValidationError({"customers": NOBODY})
    return ask_for(
        MERGE_MANY,
        wishes_of(grouping.groups, keep),
        caller=caller,
        title=job_title("Merge likely duplicates", grouping.count),
        parameters={"reason": reason},
        # Several at once would lock customers out of the order of their keys.
        chunk_size=1,
    )


def check_merge_permissions(caller: Caller) -> None:
    check_permissions(caller, BULK, MERGE, action="merge many customers at once")


def wishes_of(groups: Sequence[Sequence[int]], keep: Keep) -> list[list[tuple[str, int]]]:
    """By group (id, version) of its customers, the one who stays first."""
    wishes = []
    everybody: dict[int, Customer] = {}
    for keys in chunks_of((pk for group in groups for pk in group), CUSTOMERS_IN_A_QUERY):
        everybody |= Customer.objects.in_bulk(keys)
    for group in groups:
        members = sorted(
            (everybody[pk] for pk in group if pk in everybody), key=lambda one: rank(one, keep)
        )
        if len(members) > 1:
            wishes.append([(member.public_id, member.version) for member in members])
    return wishes


def rank(customer: Customer, keep: Keep) -> tuple:
    """A known customer stays before an anonymous one."""
    if keep == Keep.NEWEST:
        return customer.is_anonymous, -customer.updated_at.timestamp(), -customer.pk
    return customer.is_anonymous, customer.created_at.timestamp(), customer.pk


def merge_group(
    wish: Sequence[tuple[str, int]], *, caller: Caller, job: Job, reason: str = ""
) -> Merged:
    """Merge a group of (id, version), the survivor first, as a chunk of the job; in a transaction.

    Raises PermissionDenied, and what `merge_customers` raises.
    """
    check_merge_permissions(caller)
    versions = dict(wish)
    survivor, *duplicates = versions
    # Before customers: a publish that rewrites values would wait for us, and we for it.
    schema_for_writing()
    # A merge meanwhile is refused by `merge_customers`, which names the survivor.
    locked = lock_by_public_id(versions, follows_merges=True)
    if not_duplicate_pairs(customer.pk for customer in locked.values()):
        raise MergeRefused(APART)
    request = MergeRequest(survivor, duplicates, versions=versions, reason=reason)
    return merge_customers(request, caller=caller, job=job)
