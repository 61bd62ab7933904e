"""How an event is written to the log: one entry that nobody who sends a request can forge."""

import logging
import time

#: Control characters and the line breaks of Unicode, each written as its escape sequence.
_ESCAPES = {
    number: chr(number).encode("unicode_escape").decode()
    for number in (*range(32), *range(127, 160), 0x2028, 0x2029)
}


class LineFormatter(logging.Formatter):
    """Writes UTC times, escapes control characters, and indents the lines of a traceback.

    Only the first line of an entry begins at the margin, so text from a request cannot pass for
    another entry.
    """

    converter = time.gmtime
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The first line."""
        return super().formatMessage(record).translate(_ESCAPES)

    def formatException(self, ei) -> str:
        """The traceback, indented."""
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        """The stack, indented."""
        return _indented(super().formatStack(stack_info))


def _indented(text):
    return "\n".join(f"    {line.translate(_ESCAPES)}" for line in text.splitlines())
