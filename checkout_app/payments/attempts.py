"""Steps that every change of an attempt shares: lock it, change its state, close it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from oscar.apps.basket.abstract_models import AbstractBasket
from oscar.apps.order.abstract_models import AbstractOrder

from checkout_app.exceptions import BasketGone, GatewayRefused, GatewayUnavailable
from checkout_app.models import PaymentAttempt, PaymentMove
from checkout_app.payments.placement import lock_basket
from commerce.models import User
from commerce.orders.pipeline import lock_order
from commerce.transactions import isolate

logger = logging.getLogger("vitrine.payments")


def lock_attempt(attempt_id: int) -> PaymentAttempt:
    """Lock the attempt's basket, then the attempt: the first two in the lock order."""
    basket_id = PaymentAttempt.objects.values_list("basket_id", flat=True).get(pk=attempt_id)
    if basket_id:
        try:
            lock_basket(basket_id)
        except BasketGone:
            logger.info("attempt %s has no basket any more", attempt_id)
    return PaymentAttempt.objects.select_for_update().select_related(None).get(pk=attempt_id)


def lock_order_of(attempt: PaymentAttempt) -> AbstractOrder:
    """Lock and return the attempt's order. The caller holds the attempt's lock."""
    return lock_order(attempt.order_id)


def change_state(
    attempt: PaymentAttempt, state: str, *, reason: str, user: User | None = None
) -> None:
    """Write a new state and its row in the history. Does nothing if the state is the same."""
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


def close(attempt: PaymentAttempt) -> None:
    """Close the attempt, so that its basket and order may have another."""
    attempt.open_basket = attempt.open_order = None
    attempt.save(update_fields=["open_basket", "open_order", "updated_at"])


def thaw(basket: AbstractBasket | None) -> None:
    """Reopen the frozen basket of an order that ended. Any other basket stays as it is."""
    if basket is not None and basket.status == basket.FROZEN:
        basket.thaw()


#: Isolates the items of a batch; an error of the gateway needs no traceback.
isolate_errors = partial(isolate, expected=(GatewayUnavailable, GatewayRefused))


@contextmanager
def leave_to_reconcile(what: str, attempt_id: int) -> Iterator[None]:
    """Log an unavailable gateway; the reconcile job sends what is due later."""
    try:
        yield
    except GatewayUnavailable as error:
        logger.warning("%s of attempt %s: %s; sent again later", what, attempt_id, error)
