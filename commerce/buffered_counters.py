"""Counting what happens in requests without a write in any: a thread writes it down soon."""

import threading
from collections import Counter

from django.conf import settings
from django.db import close_old_connections


class BufferedCounter:
    """Counts of this process, by key. ``write`` gets ``{key: count}``, and may use the database.

    Between two writings at most ``most`` keys are remembered; a flood of others ends there. What was
    not written yet when a process ends is lost: these are numbers for people, and no accounts.
    """

    def __init__(self, write, *, most=500):
        self._write, self._most = write, most
        self._lock = threading.Lock()
        self._pending = Counter()
        self._timer = None

    def add(self, key):
        """Count one. Writes nothing now."""
        with self._lock:
            if len(self._pending) >= self._most and key not in self._pending:
                return
            self._pending[key] += 1
            if self._timer is None and settings.COUNTER_SECONDS:
                self._timer = threading.Timer(settings.COUNTER_SECONDS, self._flush_later)
                self._timer.daemon = True
                self._timer.start()

    def flush(self):
        """Write down what was counted; returns how many keys that were."""
        with self._lock:
            counted = dict(self._pending)
            self._pending.clear()
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
        if counted:
            self._write(counted)
        return len(counted)

    def _flush_later(self):
        close_old_connections()
        try:
            self.flush()
        finally:
            close_old_connections()
