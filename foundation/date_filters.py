"""A list filter for when something happened: the last days, one day, or from one to another."""

from datetime import date, datetime, time, timedelta

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.utils import timezone

from .admin import DropdownFilter

CHOICES = {"1d": "Today", "7d": "Last 7 days", "30d": "Last 30 days"}
BETWEEN = ".."


class PeriodFilter(DropdownFilter):
    """Reads `30d`, `2026-01-31` or `2026-01-01..2026-01-31`; a subclass names the column."""

    title = "time"
    parameter_name = "when"
    column: str

    def lookups(self, request, model_admin):
        asked = self.value()
        own = {asked: asked.replace(BETWEEN, " to ")} if asked and asked not in CHOICES else {}
        return list((CHOICES | own).items())

    def queryset(self, request, queryset):
        if not self.value():
            return None
        first, last = days_of(self.value())
        return queryset.filter(
            **{f"{self.column}__gte": midnight(first)},
            **{f"{self.column}__lt": midnight(last + timedelta(days=1))},
        )


def days_of(text: str) -> tuple[date, date]:
    """The first and the last day that `text` names; IncorrectLookupParameters for any other."""
    if text in CHOICES:
        today = timezone.localdate()
        return today - timedelta(days=int(text[:-1]) - 1), today
    first, _, last = text.partition(BETWEEN)
    try:
        days = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        raise IncorrectLookupParameters(ValidationError("Not a day such as 2026-01-31.")) from None
    if not date(1970, 1, 1) <= min(days) <= max(days) < date(9999, 1, 1):
        raise IncorrectLookupParameters(ValidationError("Not a day that counts."))
    return days


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
