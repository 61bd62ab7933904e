"""The demo gateway's intents: found, and changed together with the event that tells of it."""

from demo_gateway.events import emit
from demo_gateway.models import DemoIntent
from demo_gateway.refusal import Refused


def find_intent(intent_id, *, lock=False):
    """The stored intent; 404 where there is none."""
    intents = DemoIntent.objects.select_for_update() if lock else DemoIntent.objects
    intent = intents.filter(intent_id=intent_id).first()
    if intent is None:
        raise Refused(404, f"No such payment_intent: '{intent_id}'", code="resource_missing")
    return intent


def change_intent(intent, event_type, **changes):
    """Write changes to a locked intent and emit the event that tells of them."""
    intent.body = {**intent.body, **changes}
    intent.save(update_fields=["body"])
    emit(event_type, intent.body)
