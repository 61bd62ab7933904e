"""Background work of the payers' floor. Every task may run twice."""

from django_tasks import task

from checkout_app import payments, webhooks
from checkout_app.models import PaymentAttempt


@task()
def process_event_task(event_id):
    """Work off one of Stripe's events (see webhooks.process_event)."""
    webhooks.process_event(event_id)


@task()
def pay_refunds_task(attempt_id):
    """Send the refunds that are due for one attempt."""
    payments.pay_refunds(PaymentAttempt.objects.get(pk=attempt_id))


@task()
def reconcile_open_attempts():
    """Every five minutes: what is not final, events not worked off, and what is overdue."""
    webhooks.process_waiting_events()
    payments.reconcile_open()


@task()
def reconcile_recent_intents():
    """Every hour: all intents of the last two days that are ours."""
    payments.reconcile_recent()
