"""Warns staff before a bank's authorisation expires."""

from collections.abc import Iterable

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django_tasks import task

from checkout_app.models import PaymentAttempt
from checkout_app.payments.captures import expiring_authorisations
from commerce.mail.outbox import queue_staff_mail
from commerce.money import format_money
from commerce.shop_settings.current import in_the_shops_terms


def warn_of_expiring_authorisations(attempts: Iterable[PaymentAttempt]) -> None:
    """Send staff one mail per authorisation. Without ``STAFF_EMAIL`` only the dashboard shows it."""
    for attempt in attempts:
        order = attempt.order
        facts = {
            "number": order.number,
            "amount": format_money(attempt.amount, attempt.currency),
            "until": date_format(timezone.localtime(attempt.held_until), "DATETIME_FORMAT"),
        }
        queue_staff_mail(
            key=f"hold-ends:{attempt.key}",
            subject=_("Payment for order %(number)s is authorised until %(until)s") % facts,
            text=_(
                "The bank holds %(amount)s for order %(number)s until %(until)s. Dispatch the order "
                "or capture the payment on the order’s page before then; after that it can’t be "
                "captured."
            )
            % facts,
        )


@task()
@in_the_shops_terms()
def warn_of_ending_holds() -> None:
    """Hourly: warn staff once about each authorisation that expires within two days."""
    warn_of_expiring_authorisations(expiring_authorisations())
