"""The forms of the offer wizard."""

from oscar.apps.dashboard.offers.forms import RestrictionsForm as OscarRestrictionsForm

from commerce.dashboard.datetime_fields import ExactTimes


class RestrictionsForm(ExactTimes, OscarRestrictionsForm):
    """The start and end of an offer, exact to the second."""
