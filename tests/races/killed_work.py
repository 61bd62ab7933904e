"""Runs background actions in processes of their own, which a test may kill.

``python -m tests.races.killed_work`` reads lines such as ``refund 3``, does what the worker would do
for attempt 3 in a fork of itself, and answers with the fork's return code. A fork starts at once; a
new process would import everything again for seconds.
"""

import os
import sys

import django


def serve():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings_served")
    django.setup()
    from checkout_app.payments import cancel, captures, refunds, settle  # noqa: F401  for the forks

    for line in sys.stdin:
        act, attempt_id = line.split()
        child = os.fork()
        if not child:
            run(act, int(attempt_id))
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def run(act, attempt_id):
    """Do an action. The fork has no connection yet: its parent opens none."""
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
    serve()
