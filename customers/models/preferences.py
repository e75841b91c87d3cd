from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.public_ids import new_public_id


class SavedFilterQuerySet(models.QuerySet):
    def visible_to(self, user) -> "SavedFilterQuerySet":
        return self.filter(Q(owner=user.pk) | Q(is_shared=True))

    def in_tab_order(self, user) -> "SavedFilterQuerySet":
        """The user's own first, then what others share, each in the order of its owner."""
        theirs = models.Case(models.When(owner=user.pk, then=0), default=1)
        return self.order_by(theirs, "place", "id")


class SavedFilter(models.Model):
    """A filter of the customer list under a name, for its owner or for everybody."""

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", editable=False
    )
    name = models.CharField(max_length=50)
    # As customers.lists.filter_language reads it.
    conditions = models.JSONField(default=list, editable=False)
    # Keys of customers.lists.columns; none are those that the reader chose.
    columns = models.JSONField(default=list, editable=False)
    is_shared = models.BooleanField(
        "shared", default=False, help_text="Everybody who sees customers has it as a tab."
    )
    place = models.PositiveSmallIntegerField(default=0)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [("share_savedfilter", "Can share saved filters")]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="customers_savedfilter_name",
                violation_error_message="You have a filter of this name.",
            )
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(is_shared=True), name="customers_savedfilter_shared"
            )
        ]

    def __str__(self):
        return self.name


class ColumnChoice(models.Model):
    """The columns of the customer list that a user chose, in order."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    keys = models.JSONField(default=list)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return str(self.user_id)


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
