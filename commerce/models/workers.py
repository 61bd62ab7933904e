"""The processes that run background tasks."""

from django.db import models

from commerce.fields import CodeField


class WorkerHeartbeat(models.Model):
    """When a task worker was last alive; the row is deleted when it stops in order."""

    worker_id = CodeField(max_length=64, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.worker_id
