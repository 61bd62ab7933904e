"""A task that takes as long as a test needs."""

import time
from pathlib import Path

from django_tasks import task


@task()
def wait_for_file(path):
    """Say that the work began, and work until somebody writes a file beside."""
    Path(f"{path}.begun").write_text("begun")
    while not Path(path).exists():
        time.sleep(0.05)


@task()
def fail():
    """Fail as a task does."""
    raise LookupError("there is no such photograph")
