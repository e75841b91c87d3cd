"""Fill a database with made-up customers."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Max

from customers.models import ChannelIdentity, Customer

from .known import AMINA_PHONE, GRANT_PHONE, known_people
from .people import Crowd, Person
from .rows import RowMaker
from .schema import prepare_schema
from .storage import write_batches

BATCH = 2000
HISTORY = timedelta(days=3 * 365)


def seed_customers(count: int, *, seed: int, today: datetime) -> Iterator[int]:
    """Add `count` customers, a transaction a batch; yields how many each batch wrote.

    All times lie before `today`. The same arguments on an empty database give the same
    customers but for their ids. Raises ValidationError where the demo's fields cannot be made.
    """
    schema, labels = prepare_schema()
    newest = Customer.objects.aggregate(pk=Max("pk"), joined=Max("created_at"))
    since = max(newest["joined"] or today - HISTORY, today - HISTORY)
    known = missing_known_people(since, today)[:count]
    # Serials never come twice, whatever was seeded before: primary keys only grow.
    crowd = Crowd(seed=seed, first=(newest["pk"] or 0) + 1, count=count, since=since, today=today)
    maker = RowMaker(schema, labels, today)
    bounds = [(start, min(start + BATCH, count)) for start in range(0, count, BATCH)]
    yield from write_batches(
        maker.rows([*(known if start == 0 else []), *crowd.people(max(start, len(known)), stop)])
        for start, stop in bounds
    )


def missing_known_people(joined: datetime, today: datetime) -> list[Person]:
    present = set(
        ChannelIdentity.objects.filter(match_key__in=[AMINA_PHONE, GRANT_PHONE]).values_list(
            "customer__first_name", flat=True
        )
    )
    return [person for person in known_people(joined, today) if person.name not in present]
