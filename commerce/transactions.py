"""Retries transactions that fail because of contention."""

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

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
