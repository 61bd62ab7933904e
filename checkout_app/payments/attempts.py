"""The moves of one attempt that every step shares: lock it, write its state, close it."""

import logging
from contextlib import contextmanager

from checkout_app.exceptions import BasketGone, GatewayRefused, GatewayUnavailable
from checkout_app.models import PaymentAttempt, PaymentMove
from checkout_app.payments.placement import lock_basket
from commerce.orders.pipeline import lock_order

logger = logging.getLogger("vitrine.payments")


def lock_attempt(attempt_id):
    """Lock the attempt's basket, then the attempt; the head of the lock order."""
    basket_id = PaymentAttempt.objects.values_list("basket_id", flat=True).get(pk=attempt_id)
    if basket_id:
        try:
            lock_basket(basket_id)
        except BasketGone:
            logger.info("attempt %s has lost its basket", attempt_id)
    return PaymentAttempt.objects.select_for_update().select_related(None).get(pk=attempt_id)


def lock_order_of(attempt):
    """The attempt's order, locked, for writers who hold the attempt already."""
    return lock_order(attempt.order_id)


def change_state(attempt, state, *, reason, user=None):
    """Write a state and the move that led there; nothing where it is that already."""
    if attempt.state == state:
        return
    PaymentMove.objects.create(
        attempt=attempt,
        old_state=attempt.state,
        new_state=state,
        reason=reason[:300],
        user=user,
    )
    logger.info("order %s: %s -> %s (%s)", attempt.order.number, attempt.state, state, reason)
    attempt.state = state
    attempt.save(update_fields=["state", "updated_at"])


def close(attempt):
    """The attempt is over: its basket and order may have another."""
    attempt.open_basket = attempt.open_order = None
    attempt.save(update_fields=["open_basket", "open_order", "updated_at"])


def thaw(basket):
    """Open the basket of an order that is over; None and any other basket stay as they are."""
    if basket is not None and basket.status == basket.FROZEN:
        basket.thaw()


@contextmanager
def isolate_errors(what):
    """Log whatever goes wrong with one of many, and go on with the next."""
    try:
        yield
    except (GatewayUnavailable, GatewayRefused) as error:
        logger.warning("%s: %s; tried again later", what, error)
    except Exception:
        logger.exception("%s failed; tried again later", what)


@contextmanager
def leave_to_reconcile(what, attempt_id):
    """Log a gateway that does not answer: the reconcile job sends what is due again."""
    try:
        yield
    except GatewayUnavailable as error:
        logger.warning("%s of attempt %s: %s; sent again later", what, attempt_id, error)
