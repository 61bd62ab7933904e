"""The forms of the offer wizard."""

from oscar.apps.dashboard.offers.forms import BenefitForm as OscarBenefitForm
from oscar.apps.dashboard.offers.forms import ConditionForm as OscarConditionForm
from oscar.apps.dashboard.offers.forms import RestrictionsForm as OscarRestrictionsForm

from commerce.dashboard.datetime_fields import ExactTimes
from commerce.dashboard.decimal_fields import TypedDecimals


class BenefitForm(TypedDecimals, OscarBenefitForm):
    """What an offer gives."""


class ConditionForm(TypedDecimals, OscarConditionForm):
    """What an offer asks for."""


class RestrictionsForm(TypedDecimals, ExactTimes, OscarRestrictionsForm):
    """The start and end of an offer, exact to the second."""
