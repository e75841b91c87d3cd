from django.db import models
from django.utils import timezone

from foundation.public_ids import new_public_id
from jobs.models import Job

# Kinds of jobs.
REHEARSE = "customers.import.rehearse"
RUN = "customers.import"


class CustomerImport(models.Model):
    """A file of customers on its way in: what was uploaded, how it is read, what came of it.

    It holds personal data as it came, so only who uploaded it sees it, and it does not stay.
    """

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id, editable=False)
    name = models.CharField(max_length=150)
    # Null once its rows are with the job that imports them.
    content = models.BinaryField(null=True)
    encoding = models.CharField(max_length=20)
    delimiter = models.CharField(max_length=1)
    header = models.JSONField(default=list)
    row_count = models.PositiveIntegerField(default=0)
    # As customers.imports.options.Rules.
    rules = models.JSONField(default=dict)
    # Some customers as the rehearsal would have written them, masked for who uploaded the file.
    samples = models.JSONField(default=list)
    # As access.credentials tells them.
    owner = models.CharField(max_length=200)
    created_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    rehearsal = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    run = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.public_id


class ImportReject(models.Model):
    """A row that a rehearsal or an import left alone, as it stood in the file."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+")
    line = models.PositiveIntegerField()
    cells = models.JSONField()
    reason = models.TextField()
    # [name of the field, reason without the value, value] of each problem.
    problems = models.JSONField(default=list)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["job", "line"], name="customers_importreject_once")
        ]

    def __str__(self):
        return f"{self.job_id} {self.line}"
