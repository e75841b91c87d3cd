"""What a user of the contract's client keeps on the server (contract 9, 10)."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from schema_builder.schema import Schema

from .models import AgentSetting, UserPreference
from .system_fields import ANONYMOUS_FIELD, LABELS_FIELD

MOST_SETTINGS = 50


def preference_of(user_id: str, schema: Schema) -> dict[str, Any]:
    """The user's columns, or the default: every column of the schema (contract 13.14)."""
    kept = UserPreference.objects.filter(user_id=user_id).first()
    return preference_document(kept) if kept else default_preference(user_id, schema)


def preference_document(kept: UserPreference) -> dict[str, Any]:
    return {
        "_id": kept.public_id,
        "user_Id": kept.user_id,
        "pageSize": kept.page_size,
        "columns": kept.columns,
        "sortOption": kept.sort_option,
    }


def default_preference(user_id: str, schema: Schema) -> dict[str, Any]:
    columns = [
        {"field": field.key, "header": field.label, "type": field.type}
        for field in schema.fields
        if field.key not in (ANONYMOUS_FIELD, LABELS_FIELD)
    ]
    return {
        "_id": default_id(user_id),
        "user_Id": user_id,
        "pageSize": None,
        "columns": columns,
        "sortOption": [{"field": "", "sortOption": ""}],
    }


def default_id(user_id: str) -> str:
    """The id under which a user's preference will be kept once it is written."""
    return hashlib.sha256(f"userPreference {user_id}".encode()).hexdigest()[:24]


def keep_preference(user_id: str, values: Mapping[str, Any]) -> UserPreference:
    """Write the user's preference, whether there was one or not."""
    kept, _ = UserPreference.objects.update_or_create(
        user_id=user_id,
        defaults=dict(values),
        create_defaults={**values, "public_id": default_id(user_id)},
    )
    return kept


def setting_of(user_id: str) -> dict[str, Any]:
    """Theme, language and so on; empty for a user without any."""
    kept = AgentSetting.objects.filter(user_id=user_id).first()
    return kept.settings if kept else {}


@transaction.atomic
def merge_setting(user_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Add `changes` to what is kept; returns all of it. Raises ValidationError at the limit."""
    kept, _ = AgentSetting.objects.select_for_update().get_or_create(user_id=user_id)
    kept.settings |= changes
    if len(kept.settings) > MOST_SETTINGS:
        raise ValidationError(f"Holds at most {MOST_SETTINGS} settings.")
    kept.save(update_fields=["settings"])
    return kept.settings
