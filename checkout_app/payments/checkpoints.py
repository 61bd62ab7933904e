"""Named points between durable steps, where a test may kill the process.

In a shop they do nothing. The crash tests name a function in the CHECKPOINTS setting, so that the
points are the very ones production passes.
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

NAMES = (
    BEGIN_RESERVED,
    BEGIN_INTENT_CREATED,
    BEGIN_INTENT_STORED,
    SETTLE_RETRIEVED,
    SETTLE_WRITTEN,
    SETTLE_COMMITTED,
    RELEASE_CANCELLED,
    REFUND_SENT,
    CAPTURE_SENT,
    VOID_CANCELLED,
)


def reached(name):
    """Say that a named point was reached."""
    listener = getattr(settings, "CHECKPOINTS", "")
    if listener:
        import_string(listener)(name)
