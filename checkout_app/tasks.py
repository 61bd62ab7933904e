"""Former task paths, for rows that the previous release enqueued. Remove after one release."""

from checkout_app.gateways.customers import forget_customer_task  # noqa: F401
from checkout_app.payments.captures import void_authorisation_task as give_up_hold_task  # noqa: F401
from checkout_app.payments.hold_warnings import warn_of_ending_holds  # noqa: F401
from checkout_app.payments.reconcile import (  # noqa: F401
    reconcile_open_attempts,
    reconcile_recent_intents,
    reconcile_refunds_and_disputes,
)
from checkout_app.payments.refunds import send_refunds_task as pay_refunds_task  # noqa: F401
from checkout_app.payments.webhooks import process_event_task  # noqa: F401
