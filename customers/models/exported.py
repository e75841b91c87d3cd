from django.db import models

from jobs.models import Job

# Kind of jobs.
EXPORT_MANY = "customers.export"


class ExportPart(models.Model):
    """Some lines of a file that a job writes.

    It holds personal data as the asker may see it, so only the asker reads it, and it does not stay.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    text = models.TextField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="customers_exportpart_once")
        ]

    def __str__(self):
        return f"{self.job_id} {self.number}"
