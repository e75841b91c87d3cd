from django.db import models

from foundation.public_ids import new_public_id


class UserPreference(models.Model):
    """The columns a user of the contract's client chose for the customer list (contract 9)."""

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id)
    user_id = models.CharField(max_length=150, unique=True)
    page_size = models.PositiveSmallIntegerField(null=True)
    columns = models.JSONField(default=list)
    sort_option = models.JSONField(default=list)

    def __str__(self):
        return self.user_id


class AgentSetting(models.Model):
    """Theme, language and whatever else the client keeps for a user (contract 10)."""

    user_id = models.CharField(max_length=150, unique=True)
    settings = models.JSONField(default=dict)

    def __str__(self):
        return self.user_id
