"""Scheduled privacy tasks. Every task may run twice."""

from django_tasks import task

from commerce.privacy import retention


@task()
def apply_retention() -> None:
    """Apply the retention rules (see commerce.privacy.retention)."""
    for _outcome in retention.apply_rules():
        pass
