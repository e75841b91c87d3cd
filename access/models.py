import hashlib
import secrets
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone

# Lets secret scanners recognise a leaked token.
TOKEN_MARK = "cxc_"
PREFIX_LENGTH = 12


def digest_of(secret: str) -> str:
    """SHA-256 of a token, hex. A token is 256 random bits, so no salt or stretching is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self, now: datetime) -> "ApiTokenQuerySet":
        unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
        return self.filter(unexpired, revoked_at__isnull=True)

    def issue(
        self,
        *,
        name: str,
        group: Group,
        created_by: str = "",
        expires_at: datetime | None = None,
        may_view_pii: bool = False,
    ) -> tuple["ApiToken", str]:
        """A new token and its secret, which is stored nowhere and cannot be shown again."""
        secret = TOKEN_MARK + secrets.token_urlsafe(32)
        token = self.create(
            name=name,
            group=group,
            created_by=created_by,
            expires_at=expires_at,
            may_view_pii=may_view_pii,
            prefix=secret[:PREFIX_LENGTH],
            digest=digest_of(secret),
        )
        return token, secret


class ApiToken(models.Model):
    """A named credential of an integration; its group says what it may do."""

    name = models.CharField(max_length=100, unique=True, help_text="Which system uses this token.")
    group = models.ForeignKey(
        Group, on_delete=models.PROTECT, related_name="+", verbose_name="role"
    )
    may_view_pii = models.BooleanField(
        "sees personal data",
        default=False,
        help_text="Without this, values of fields marked as PII arrive masked.",
    )
    prefix = models.CharField(max_length=PREFIX_LENGTH, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=150, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"

    def __str__(self):
        return f"{self.name} ({self.prefix}…)"

    def revoke(self):
        """Make the token useless, for good; running processes follow within seconds."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])
