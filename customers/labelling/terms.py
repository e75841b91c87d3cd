"""Why a label is put on, and until when: what goes with the labels of one write."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_date

from customers.models.customer import REASON_LENGTH
from foundation import moments
from foundation.text import bare, hostile_characters, is_blank, tidied
from labels.models import MOST_DAYS, Label

# Keys of a customer body; no field of the schema may be called so.
REASON, UNTIL = "labelReason", "labelUntil"


@dataclass(frozen=True, slots=True)
class LabelAssignment:
    """What holds for the labels that one write puts on."""

    reason: str = ""
    # None: as long as each label lasts by itself.
    until: datetime | None = None

    def end_of(self, label: Label, now: datetime) -> datetime | None:
        """When the label comes off by itself; None where it stays for good."""
        return self.until or term_of(label, now)


NO_TERMS = LabelAssignment()


def term_of(label: Label, now: datetime) -> datetime | None:
    return now + timedelta(days=label.expires_after_days) if label.expires_after_days else None


def terms_in(body: Mapping[str, Any]) -> LabelAssignment:
    """The terms that a body states. Raises ValidationError keyed by what is wrong."""
    found, problems = {}, {}
    readers: tuple[tuple[str, Callable[[Any], Any]], ...] = (
        (REASON, clean_reason),
        (UNTIL, clean_until),
    )
    for key, read in readers:
        try:
            found[key] = read(body.get(key))
        except ValidationError as error:
            problems[key] = error.messages
    if problems:
        raise ValidationError(problems)
    return LabelAssignment(found[REASON], found[UNTIL])


def clean_reason(raw: Any) -> str:
    if raw is None:
        return ""
    if not isinstance(raw, str):
        raise ValidationError("Not a valid string.")
    if problem := hostile_characters(raw):
        raise ValidationError(problem)
    reason = tidied(raw)
    if len(reason) > REASON_LENGTH:
        raise ValidationError(f"Ensure this field has no more than {REASON_LENGTH} characters.")
    return "" if is_blank(reason) else reason


def clean_until(raw: Any) -> datetime | None:
    """A moment, or the end of a day; one without a zone is in UTC."""
    if raw is None or raw == "":
        return None
    until = end_in_text(raw) if isinstance(raw, str) else None
    if until is None:
        raise ValidationError("Must be a date such as 2030-12-31, or a moment in ISO 8601.")
    now = timezone.now()
    if until <= now:
        raise ValidationError("Must be in the future.")
    if until > now + timedelta(days=MOST_DAYS):
        raise ValidationError("Must be within ten years: leave it out for good.")
    return until


def end_in_text(text: str) -> datetime | None:
    text = bare(text)
    try:
        day: date | None = parse_date(text)
        return datetime.combine(day, time.max, UTC) if day else moments.moment_in(text)
    except ValueError:
        return None
