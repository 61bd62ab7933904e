"""The format of log entries, which text from a request cannot forge."""

import logging
import time
from typing import Any

#: Escape sequences of control characters and of Unicode's line breaks.
_ESCAPES = {
    number: chr(number).encode("unicode_escape").decode()
    for number in (*range(32), *range(127, 160), 0x2028, 0x2029)
}


class LineFormatter(logging.Formatter):
    """Writes UTC times, escapes control characters and indents tracebacks.

    Only the first line of an entry starts at the margin, so no text from a request can look like
    another entry.
    """

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The first line."""
        return super().formatMessage(record).translate(_ESCAPES)

    def formatException(self, ei: Any) -> str:
        """The traceback, indented."""
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        """The stack, indented."""
        return _indented(super().formatStack(stack_info))


def _indented(text: str) -> str:
    return "\n".join(f"    {line.translate(_ESCAPES)}" for line in text.splitlines())
