"""Background work of the payers' floor. Every task may run twice."""

import logging
from contextlib import contextmanager

from django_tasks import task

from checkout_app.exceptions import GatewayUnavailable
from checkout_app.gateways.stripe import get_gateway
from checkout_app.models import PaymentAttempt
from checkout_app.payments import captures, reconcile, refunds, webhooks
from checkout_app.payments.hold_warnings import warn_of_holds

logger = logging.getLogger("vitrine.payments")


@contextmanager
def left_to_reconcile(what, attempt_id):
    """A gateway that does not answer is no matter for staff: what is due is sent again by the clock."""
    try:
        yield
    except GatewayUnavailable as error:
        logger.warning("%s of attempt %s: %s; sent again later", what, attempt_id, error)


@task()
def process_event_task(event_id):
    """Work off one of Stripe's events (see webhooks.process_event)."""
    webhooks.process_event(event_id)


@task()
def pay_refunds_task(attempt_id):
    """Send the refunds that are due for one attempt."""
    with left_to_reconcile("refunds", attempt_id):
        refunds.pay_refunds(PaymentAttempt.objects.get(pk=attempt_id))


@task()
def give_up_hold_task(attempt_id):
    """Give up the money that is held for a cancelled order."""
    with left_to_reconcile("hold", attempt_id):
        captures.give_up_hold(PaymentAttempt.objects.get(pk=attempt_id), reason="order cancelled")


@task()
def forget_customer_task(customer_id):
    """Delete an account's counterpart at Stripe, with its cards."""
    get_gateway().delete_customer(customer_id)


@task()
def reconcile_open_attempts():
    """Every five minutes: what is not final, events not worked off, and what is overdue."""
    webhooks.process_waiting_events()
    reconcile.reconcile_open()


@task()
def reconcile_recent_intents():
    """Every hour: all intents of the last two days that are ours."""
    reconcile.reconcile_recent()


@task()
def reconcile_refunds_and_disputes():
    """Every day: what was paid back or disputed, in the gateway's own dashboard too."""
    reconcile.reconcile_after()


@task()
def warn_of_ending_holds():
    """Every hour: tell staff once of each hold that ends within two days."""
    warn_of_holds(captures.holds_ending())
