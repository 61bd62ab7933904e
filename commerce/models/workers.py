"""The processes of the site."""

from django.db import models

from commerce.fields import CodeField


class WorkerHeartbeat(models.Model):
    """When a task worker or web process was last alive. Old rows are deleted later."""

    worker_id = CodeField(max_length=64, primary_key=True)
    seen_at = models.DateTimeField()
    #: The epoch of the process's page cache: processes that share no cache have different ones.
    cache_epoch = CodeField(max_length=64, default="", blank=True)

    def __str__(self) -> str:
        return self.worker_id
