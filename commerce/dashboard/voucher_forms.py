"""The forms of vouchers and voucher sets."""

from oscar.apps.dashboard.vouchers.forms import VoucherForm as OscarVoucherForm
from oscar.apps.dashboard.vouchers.forms import VoucherSetForm as OscarVoucherSetForm

from commerce.dashboard.datetime_fields import ExactTimes
from commerce.dashboard.decimal_fields import TypedDecimals


class VoucherForm(TypedDecimals, ExactTimes, OscarVoucherForm):
    """The start and end of a voucher, exact to the second."""


class VoucherSetForm(TypedDecimals, ExactTimes, OscarVoucherSetForm):
    """The same for a set of vouchers."""
