"""Failed jobs of the Redis queue, as rows that the work queue can list and run again."""

from typing import Any

from django.conf import settings


class FailedJobs:
    """The subset of QuerySet that the work queue uses; empty unless Redis is the queue."""

    def __init__(self, keys: list[str] | None = None) -> None:
        self.keys = keys if keys is not None else self._all_keys()

    def _all_keys(self) -> list[str]:
        """Keys of the failed jobs, newest first."""
        if settings.TASK_QUEUE != "redis":
            return []
        return list(reversed(_registry().get_job_ids()))

    def count(self) -> int:
        return len(self.keys)

    def __getitem__(self, part: slice) -> list[Any]:
        """The jobs of a slice, without those that were removed meanwhile."""
        if not self.keys[part]:
            return []
        registry = _registry()
        found = registry.job_class.fetch_many(
            self.keys[part], connection=registry.connection, serializer=registry.serializer
        )
        return [job for job in found if job is not None]

    def filter(self, *, pk: str) -> "FailedJobs":
        return FailedJobs([key for key in self.keys if key == pk])

    def first(self) -> Any | None:
        return next(iter(self[:1]), None)


def _registry() -> Any:
    import django_rq  # installed only if Redis is the queue
    from django_tasks_rq import Job

    return django_rq.get_queue("default", job_class=Job).failed_job_registry


def exception_name(job: Any) -> str:
    """The exception that ended a job; "" if unknown."""
    names = job.meta.get("_django_tasks_rq_exceptions") or []
    if names:
        return names[-1]
    last = job.latest_result()
    lines = (last.exc_string if last is not None else "") or ""
    return lines.strip().splitlines()[-1] if lines.strip() else ""


def requeue(job: Any) -> None:
    """Put a failed job back into the queue. Tasks are idempotent."""
    _registry().requeue(job)
