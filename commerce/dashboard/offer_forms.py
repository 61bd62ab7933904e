"""The forms of the offer wizard."""

from oscar.apps.dashboard.offers.forms import RestrictionsForm as OscarRestrictionsForm

from commerce.dashboard.datetime_fields import ExactTimes


class RestrictionsForm(ExactTimes, OscarRestrictionsForm):
    """Begins and ends an offer at the second that is stored or typed."""
