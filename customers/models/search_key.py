"""The column in which spellings of a text are searched, written with the row."""

from typing import Any

from django.db import models

from foundation.spelling import search_key


class SearchKeyField(models.TextField):
    """The spellings of one column besides the one that another column holds already.

    Inserts and `save` fill it. `update` and `bulk_update` do not: `customers.search_keys.respelling` does.
    """

    def __init__(self, *args: Any, source: str = "", compared: str = "", **options: Any):
        # NULL keeps the row out of the index.
        super().__init__(*args, **options | {"null": True, "editable": False})
        self.source = source
        self.compared = compared

    def deconstruct(self):
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.TextField", args, options

    def key_of(self, row: models.Model) -> str | None:
        compared = getattr(row, self.compared)
        return None if compared is None else search_key(getattr(row, self.source), compared)

    def pre_save(self, model_instance, add):
        key = self.key_of(model_instance)
        setattr(model_instance, self.attname, key)
        return key


def fill_search_key(row: models.Model) -> None:
    """Bring the key of a row up to date for a write that does not."""
    for field in row._meta.concrete_fields:
        if isinstance(field, SearchKeyField):
            field.pre_save(row, add=False)


class Respelling(models.Model):
    """How far the derived columns of a table have been made anew by the rules of a version."""

    table = models.CharField(max_length=20, unique=True)
    version = models.PositiveIntegerField(default=0)
    # The last primary key that was looked at.
    position = models.BigIntegerField(default=0)
    is_done = models.BooleanField(default=False)

    def __str__(self):
        return self.table
