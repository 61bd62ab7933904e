"""Transactions: retried after contention, and tasks that are enqueued after their commit."""

import functools
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction
from django_tasks.base import Task

logger = logging.getLogger("vitrine.tasks")

#: MySQL and MariaDB: deadlock, lock wait timeout, record changed since read.
RETRYABLE_CODES = {1213, 1205, 1020}
ATTEMPTS = 6

P = ParamSpec("P")
T = TypeVar("T")


def is_transient(error: OperationalError) -> bool:
    """Whether the transaction may succeed if run again."""
    if error.args and error.args[0] in RETRYABLE_CODES:
        return True
    return connection.vendor == "sqlite" and "locked" in str(error)


def retry_transient(function: Callable[P, T]) -> Callable[P, T]:
    """Retry a function that opens its own outermost transaction when it fails by contention.

    Never use it inside a transaction: a deadlock rolls back the outer one as well.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(ATTEMPTS):
            try:
                return function(*args, **kwargs)
            except OperationalError as error:
                if attempt == ATTEMPTS - 1 or not is_transient(error):
                    raise
                time.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311  jitter
        raise AssertionError("unreachable")

    return run


def enqueue_on_commit(task: Task[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
    """Enqueue a task after the commit. A failing queue is logged; nothing else fails.

    Only for work that a scheduled task or an age limit completes as well.
    """

    def enqueue() -> None:
        _was_enqueued(task, *args, **kwargs)

    transaction.on_commit(enqueue, robust=True)


def enqueue_or_run_on_commit(task: Task[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
    """Enqueue a task after the commit, or run it in this process if the queue fails.

    For work that nothing else would complete. Its errors are logged.
    """

    def enqueue_or_run() -> None:
        if not _was_enqueued(task, *args, **kwargs):
            task.call(*args, **kwargs)

    transaction.on_commit(enqueue_or_run, robust=True)


def _was_enqueued(task: Task[P, Any], *args: P.args, **kwargs: P.kwargs) -> bool:
    try:
        task.enqueue(*args, **kwargs)
    except Exception:  # The queue may be a database, Redis or something else.
        logger.exception("%s could not be enqueued", task.module_path)
        return False
    return True


@contextmanager
def isolate(what: str, *, expected: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Log and swallow errors, so that one failing item of a batch does not stop the others.

    Those ``expected`` are logged without a traceback. Only for work that is tried again later.
    """
    try:
        yield
    except expected as error:
        logger.warning("%s: %s; tried again later", what, error)
    except Exception:
        logger.exception("%s failed; tried again later", what)
