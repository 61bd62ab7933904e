"""Runs one background action in its own process, which a test may kill.

``python -m tests.races.killed_work refund 3`` does what the worker would do for attempt 3.
"""

import os
import sys

import django


def main(act, attempt_id):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings_served")
    django.setup()

    from checkout_app.models import PaymentAttempt
    from checkout_app.payments import cancel, captures, refunds, settle

    attempt = PaymentAttempt.objects.get(pk=attempt_id)
    acts = {
        "refund": lambda: refunds.send_refunds(attempt),
        "capture": lambda: captures.send_captures(attempt),
        "void": lambda: captures.void_authorisation(attempt, reason="order cancelled"),
        "cancel": lambda: cancel.cancel(attempt, reason="not paid in time"),
        "settle": lambda: settle.settle(attempt.intent_id),
    }
    acts[act]()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
