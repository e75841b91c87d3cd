from django.db import models
from django.db.models import Q
from django.utils import timezone

from foundation.public_ids import new_public_id


class Status(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = [Status.QUEUED, Status.RUNNING]


class Job(models.Model):
    """Work that takes longer than a request, done chunk by chunk in the background."""

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id, editable=False)
    # What runs it (jobs.registry).
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    parameters = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    # Items in all, and those that are behind us.
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    # Chunks that are behind us.
    cursor = models.PositiveIntegerField(default=0)
    # How often the next chunk has been begun and come to no end.
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    result = models.JSONField(default=dict)
    # Why it failed, in words for people.
    problem = models.CharField(max_length=500, blank=True)
    # Nobody looks at it before, so that it does not keep others waiting.
    not_before = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=150, blank=True)
    # What tells who asked, also when names change hands; its meaning is the asker's business.
    owner = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # The queue, which every worker reads every second.
            models.Index(fields=["id"], condition=Q(status__in=OPEN), name="jobs_job_open"),
            models.Index(fields=["owner", "-id"], name="jobs_job_owner"),
        ]

    def __str__(self):
        return f"{self.kind} {self.public_id}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class JobChunk(models.Model):
    """Items that are worked off together: what a job is about is settled when it is queued."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    items = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="jobs_jobchunk_once")]

    def __str__(self):
        return f"{self.job_id} {self.number}"


class Recurrence(models.Model):
    """When recurring work is due again, whoever does it."""

    name = models.CharField(max_length=60, unique=True)
    due_at = models.DateTimeField(default=timezone.now)
    # When it was finished last.
    ran_at = models.DateTimeField(null=True)

    def __str__(self):
        return self.name
