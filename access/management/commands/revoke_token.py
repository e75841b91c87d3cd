from django.core.management.base import BaseCommand, CommandError

from access.models import ApiToken


class Command(BaseCommand):
    help = "Makes an API token useless, for good."

    def add_arguments(self, parser):
        parser.add_argument("name", help="Name of the token.")

    def handle(self, *, name, **options):
        token = ApiToken.objects.filter(name=name).first()
        if token is None:
            raise CommandError(f'There is no token "{name}".')
        if token.revoked_at:
            raise CommandError(f'Token "{name}" is revoked already.')
        token.revoke()
        self.stdout.write(f'Token "{name}" is revoked.')
