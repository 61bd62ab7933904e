"""Named points between durable steps, where a crash test may kill the process.

In production they do nothing. Crash tests name a function in the ``CHECKPOINTS`` setting, so they
stop at the points that production code passes.
"""

from django.conf import settings
from django.utils.module_loading import import_string

BEGIN_RESERVED = "begin:reserved"
BEGIN_INTENT_CREATED = "begin:intent-created"
BEGIN_INTENT_STORED = "begin:intent-stored"
SETTLE_RETRIEVED = "settle:retrieved"
SETTLE_WRITTEN = "settle:written"
SETTLE_COMMITTED = "settle:committed"
RELEASE_CANCELLED = "release:cancelled"
REFUND_SENT = "refund:sent"
CAPTURE_SENT = "capture:sent"
VOID_CANCELLED = "void:cancelled"


def reached(name: str) -> None:
    """Report a checkpoint to the ``CHECKPOINTS`` function, if one is set."""
    listener = getattr(settings, "CHECKPOINTS", "")
    if listener:
        import_string(listener)(name)
