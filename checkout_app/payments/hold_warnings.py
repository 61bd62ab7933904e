"""Tell staff in time that money which a bank holds will not be held for much longer."""

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django_tasks import task

from checkout_app.payments.captures import expiring_authorisations
from commerce.mail.outbox import tell_staff
from commerce.money import format_money


def warn_of_expiring_authorisations(attempts):
    """One mail for each hold, ever; where no address of the staff's is set the dashboard says it."""
    for attempt in attempts:
        order = attempt.order
        facts = {
            "number": order.number,
            "amount": format_money(attempt.amount, attempt.currency),
            "until": date_format(timezone.localtime(attempt.held_until), "j F Y, H:i"),
        }
        tell_staff(
            key=f"hold-ends:{attempt.key}",
            subject=_("The money for order %(number)s is held until %(until)s") % facts,
            text=_(
                "The bank holds %(amount)s for order %(number)s until %(until)s. Dispatch the order, "
                "or take the money on its page in the dashboard; afterwards it cannot be had."
            )
            % facts,
        )


@task()
def warn_of_ending_holds():
    """Every hour: tell staff once of each hold that ends within two days."""
    warn_of_expiring_authorisations(expiring_authorisations())
