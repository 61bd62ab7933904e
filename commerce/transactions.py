"""Writing under contention: which database errors mean "try the whole transaction again"."""

import functools
import random
import time

from django.db import OperationalError, connection

#: MySQL and MariaDB: deadlock, lock wait timeout, record changed since read.
RETRYABLE_CODES = {1213, 1205, 1020}
ATTEMPTS = 6


def is_transient(error):
    """Whether the same transaction may well succeed when it is run again."""
    if error.args and error.args[0] in RETRYABLE_CODES:
        return True
    return connection.vendor == "sqlite" and "locked" in str(error)


def retry_transient(function):
    """Run a function that opens its own outermost transaction again when it lost a race.

    Never around a nested transaction: a deadlock has rolled back the outer one as well.
    """

    @functools.wraps(function)
    def run(*args, **kwargs):
        for attempt in range(ATTEMPTS):
            try:
                return function(*args, **kwargs)
            except OperationalError as error:
                if attempt == ATTEMPTS - 1 or not is_transient(error):
                    raise
                time.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311  jitter

    return run
