"""Counters that requests increment without a database write; a thread writes them later."""

import threading
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any

from django.conf import settings
from django.db import close_old_connections


class BufferedCounter:
    """Counts of this process by key. ``write`` receives ``{key: count}`` and may use the database.

    Between two writes at most ``max_keys`` keys are counted; further ones are ignored. Counts not
    yet written when the process ends are lost, so use it for statistics only.
    """

    def __init__(self, write: Callable[[dict[Any, int]], object], *, max_keys: int = 500) -> None:
        self._write, self._max_keys = write, max_keys
        self._lock = threading.Lock()
        self._pending: Counter[Any] = Counter()
        self._timer: threading.Timer | None = None

    def add(self, key: Hashable) -> None:
        """Count one. Writes nothing now."""
        with self._lock:
            if len(self._pending) >= self._max_keys and key not in self._pending:
                return
            self._pending[key] += 1
            if self._timer is None and settings.COUNTER_SECONDS:
                self._timer = threading.Timer(settings.COUNTER_SECONDS, self._flush_later)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> int:
        """Write the counts; returns the number of keys."""
        with self._lock:
            counted = dict(self._pending)
            self._pending.clear()
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
        if counted:
            self._write(counted)
        return len(counted)

    def _flush_later(self) -> None:
        close_old_connections()
        try:
            self.flush()
        finally:
            close_old_connections()
