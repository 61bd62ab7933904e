"""Orders with an authorised payment, and its state at the gateway."""

from checkout_app.models import State
from checkout_app.payments import begin
from demo_gateway.models import DemoIntent
from tests.factories import make_basket, make_submission, pay

#: Cards that allow one capture per payment, and several.
ONE_CAPTURE, MANY_CAPTURES = "4242424242424242", "5555555555554444"


def order_held(cup, count=2, card=ONE_CAPTURE):
    """An order of one product with an authorised payment."""
    return order_of_lines_held((cup, count), card=card)


def order_of_lines_held(*lines, card=ONE_CAPTURE):
    """An order of ``(product, count)`` pairs with an authorised payment."""
    attempt, _intent = begin.begin(make_submission(make_basket(*lines)))
    pay(attempt, card)
    attempt.refresh_from_db()
    assert attempt.state == State.AUTHORISED
    return attempt


def at_gateway(attempt):
    """``(status, received, capturable)`` at the gateway."""
    body = DemoIntent.objects.get(intent_id=attempt.intent_id).body
    return body["status"], body["amount_received"], body["amount_capturable"]
