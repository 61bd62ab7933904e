"""Tasks that run for as long as a test needs, or fail."""

import time
from pathlib import Path

from django_tasks import task


@task()
def wait_for_file(path):
    """Signal the start by a file, and run until somebody writes a second file next to it."""
    Path(f"{path}.begun").write_text("begun")
    while not Path(path).exists():
        time.sleep(0.05)


@task()
def fail():
    """Raise, as a failing task does."""
    raise LookupError("there is no such photograph")
