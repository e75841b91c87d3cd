"""Many customers at once, and the jobs that do more of them in the background."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from access.actors import Caller
from access.credentials import is_credential_of
from access.denials import PermissionMissing
from customers.background.undo import undo_job
from customers.bulk.change import BulkChange, bulk_change
from customers.permissions import BULK, CHANGE_JOB, VIEW_JOB
from foundation.api_writes import answered_before_commit
from jobs.models import Job
from jobs.queue import cancel

from . import openapi, serializers
from .operations import id_of


def shown_job(job: Job) -> dict[str, Any]:
    """Not its parameters: they may hold personal data."""
    return {
        "_id": job.public_id,
        "kind": job.kind,
        "title": job.title,
        "status": job.status,
        "total": job.total,
        "done": job.done,
        "result": job.result,
        "problem": job.problem,
        "createdBy": job.created_by,
        "createdAt": job.created_at,
        "startedAt": job.started_at,
        "finishedAt": job.finished_at,
    }


def job_for(caller: Caller, public_id: str, right: str) -> Job:
    """The job, for its creator and those with the right. Raises PermissionDenied."""
    job = get_object_or_404(Job, public_id=public_id)
    if not is_credential_of(job.owner, job.created_by, caller) and not caller.has_perm(right):
        raise PermissionMissing(right, "see or change jobs of other users")
    return job


class BulkView(APIView):
    """Change up to 200 customers alike, all or none, in one operation."""

    required_permissions = {"POST": BULK}

    @extend_schema(request=serializers.BulkBody, responses={200: openapi.BULK})
    @answered_before_commit
    def post(self, request):
        values = serializers.checked(serializers.BulkBody, request)
        outcome = bulk_change(
            values["customers"],
            BulkChange(**values["labels"], fields=values["fields"]),
            caller=request.user,
            reason=values["reason"],
            dry_run=values["dry_run"],
        )
        return Response(
            {
                "operation": id_of(outcome.operation),
                "changed": len(outcome.changed),
                "unchanged": outcome.unchanged,
            }
        )


class JobView(APIView):
    """How far a job has come, and what came of it."""

    required_permissions = {"GET": BULK}

    @extend_schema(responses={200: openapi.JOB})
    def get(self, request, public_id):
        serializers.refuse_parameters(request)
        return Response(shown_job(job_for(request.user, public_id, VIEW_JOB)))


class JobUndoView(APIView):
    """Take back what a job did, by another job."""

    required_permissions = {"POST": BULK}

    @extend_schema(request=serializers.UndoJobBody, responses={202: openapi.JOB})
    @answered_before_commit
    def post(self, request, public_id):
        values = serializers.checked(serializers.UndoJobBody, request)
        job = job_for(request.user, public_id, CHANGE_JOB)
        return Response(shown_job(undo_job(job, caller=request.user, **values)), 202)


class JobCancelView(APIView):
    """Stop a job; what is done stays."""

    required_permissions = {"POST": BULK}

    @extend_schema(request=None, responses={200: openapi.JOB})
    @answered_before_commit
    def post(self, request, public_id):
        serializers.refuse_parameters(request)
        return Response(shown_job(cancel(job_for(request.user, public_id, CHANGE_JOB))))
