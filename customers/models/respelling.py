from django.db import models


class Respelling(models.Model):
    """How far the derived columns of a table have been made anew by the rules of a version."""

    table = models.CharField(max_length=20, unique=True)
    version = models.PositiveIntegerField(default=0)
    # The last primary key that was looked at.
    position = models.BigIntegerField(default=0)
    is_done = models.BooleanField(default=False)

    def __str__(self):
        return self.table
