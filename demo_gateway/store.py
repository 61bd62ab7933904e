"""The demo gateway's stored intents. Every change emits its event."""

from typing import Any

from demo_gateway.events import emit
from demo_gateway.models import DemoIntent
from demo_gateway.refusal import Refused


def find_intent(intent_id: str, *, lock: bool = False) -> DemoIntent:
    """The stored intent. Raises Refused (404) if there is none."""
    intents = DemoIntent.objects.select_for_update() if lock else DemoIntent.objects
    intent = intents.filter(intent_id=intent_id).first()
    if intent is None:
        raise Refused(404, f"No such payment_intent: '{intent_id}'", code="resource_missing")
    return intent


def change_intent(intent: DemoIntent, event_type: str, **changes: Any) -> None:
    """Write changes to a locked intent and emit their event."""
    intent.body = {**intent.body, **changes}
    intent.save(update_fields=["body"])
    emit(event_type, intent.body)
