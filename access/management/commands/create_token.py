from datetime import timedelta

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from access.models import ApiToken


class Command(BaseCommand):
    help = "Creates an API token and prints its secret, which cannot be shown again."

    def add_arguments(self, parser):
        parser.add_argument("name", help="Which system uses the token.")
        parser.add_argument("--role", required=True, help='A role, such as "Integration (read)".')
        parser.add_argument("--pii", action="store_true", help="It sees personal data unmasked.")
        parser.add_argument("--expires-days", type=int, metavar="N", help="Days until it expires.")

    def handle(self, *, name, role, pii, expires_days, **options):
        group = Group.objects.filter(name=role).first()
        if group is None:
            known = ", ".join(Group.objects.order_by("name").values_list("name", flat=True))
            raise CommandError(f'There is no role "{role}". Known are: {known}.')
        if ApiToken.objects.filter(name=name).exists():
            raise CommandError(f'There is a token "{name}" already.')
        if expires_days is not None and expires_days < 1:
            raise CommandError("--expires-days: needs at least one day.")
        expires_at = expires_days and timezone.now() + timedelta(days=expires_days)
        _, secret = ApiToken.objects.issue(
            name=name,
            group=group,
            created_by="manage.py create_token",
            expires_at=expires_at,
            may_view_pii=pii,
        )
        self.stdout.write(secret)
