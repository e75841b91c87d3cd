"""For load balancers and orchestrators: does the process answer, and may it get traffic?"""

from functools import cache

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from jobs.background import seconds_since_heartbeat


@cache
def shipped_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)


def pending_migrations() -> list[str]:
    """Names such as `customers.0002_label`, sorted. Two statements."""
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(".".join(migration) for migration in shipped_migrations() - set(applied))


@login_not_required
@require_safe
@never_cache
def live(request):
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
@never_cache
def ready(request):
    # A connection that the database has dropped meanwhile says nothing about the database.
    if connection.connection is not None and not connection.is_usable():
        connection.close()
    try:
        pending = pending_migrations()
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "database": "unreachable"}, status=503)
    if pending:
        refusal = {"status": "unavailable", "database": "ok", "pendingMigrations": pending}
        return JsonResponse(refusal, status=503)
    # Told, and no reason to refuse: requests are answered without a worker, too.
    age = seconds_since_heartbeat()
    return JsonResponse(
        {
            "status": "ok",
            "database": "ok",
            "pendingMigrations": [],
            "secondsSinceWorkerHeartbeat": age,
        }
    )
