"""The forms of vouchers and voucher sets."""

from oscar.apps.dashboard.vouchers.forms import VoucherForm as OscarVoucherForm
from oscar.apps.dashboard.vouchers.forms import VoucherSetForm as OscarVoucherSetForm

from commerce.dashboard.datetime_fields import ExactTimes


class VoucherForm(ExactTimes, OscarVoucherForm):
    """Begins and ends a voucher at the second that is stored or typed."""


class VoucherSetForm(ExactTimes, OscarVoucherSetForm):
    """The same for a set of vouchers."""
