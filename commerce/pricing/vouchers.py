"""Whether a voucher does something for a basket, and in plain words why not."""

from datetime import timedelta
from decimal import Decimal
from operator import attrgetter

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from oscar.core.loading import get_class, get_model

from commerce.money import format_money
from commerce.pricing.discounts import vouchers_giving
from commerce.throttles import (
    Limit,
    TooManyAttempts,
    refund_attempt,
    take_attempt,
    throttle_key,
    visitor_key,
)

#: Wrong codes at once; then waits, so that nobody guesses codes.
OF_CODES = Limit(free=10, window=timedelta(hours=1))


class VoucherRefused(Exception):
    """The voucher cannot be used; the message says why, for the shopper."""


def use_voucher(code, *, basket, user, request):
    """Add the voucher of that code to the basket. Raises VoucherRefused, changing nothing.

    Codes that do not exist are counted, by network address and by account; too many of them
    have to wait, and then the right one does as well.
    """
    counted = _code_limits(request, user)
    try:
        take_attempt(counted)
    except TooManyAttempts as refusal:
        raise VoucherRefused(str(refusal)) from refusal
    voucher = get_model("voucher", "Voucher").objects.filter(code=code.strip().upper()).first()
    if voucher is not None:
        refund_attempt(counted)
    else:
        raise VoucherRefused(
            _("We know no voucher “%(code)s”. Is it spelt right?") % {"code": code}
        )
    if basket.pk and basket.contains_voucher(voucher.code):
        raise VoucherRefused(_("This voucher is in your basket already."))
    if refusal := _refusal(voucher, user):
        raise VoucherRefused(refusal)
    if not basket.pk or basket.is_empty:
        raise VoucherRefused(_("Put something into your basket first."))
    basket.vouchers.add(voucher)
    if not _gives_discount(voucher, basket=basket, user=user, request=request):
        basket.vouchers.remove(voucher)
        _apply_offers(basket, user=user, request=request)
        raise VoucherRefused(reason_without_discount(voucher, basket))
    return voucher


def _code_limits(request, user):
    limits = {visitor_key("voucher", request): OF_CODES}
    if user.is_authenticated:
        limits[throttle_key("voucher", "account", str(user.pk))] = OF_CODES
    return limits


def voucher_notes(basket, *, user):
    """Each voucher of a priced basket with a sentence where it takes nothing off, else ""."""
    if not basket.pk:
        return []
    giving = vouchers_giving(basket)
    return [
        (
            voucher,
            ""
            if voucher.pk in giving
            else _refusal(voucher, user) or reason_without_discount(voucher, basket),
        )
        for voucher in sorted(basket.vouchers.all(), key=attrgetter("pk"))
    ]


def _refusal(voucher, user):
    """Why this buyer cannot use a voucher at this moment, whatever the basket; "" where they can."""
    if voucher.is_expired():
        return _("This voucher has expired.")
    if not voucher.is_active():
        return _("This voucher is not valid yet.")
    is_available, _message = voucher.is_available_to_user(user)
    if is_available:
        return ""
    if voucher.usage == voucher.ONCE_PER_CUSTOMER and not user.is_authenticated:
        return _("This voucher is for customers with an account: sign in first.")
    return _("This voucher has been used already.")


def _apply_offers(basket, *, user, request):
    basket.reset_offer_applications()
    get_class("offer.applicator", "Applicator")().apply(basket, user, request)


def _gives_discount(voucher, *, basket, user, request):
    _apply_offers(basket, user=user, request=request)
    return any(row["voucher"] == voucher for row in basket.offer_applications)


def reason_without_discount(voucher, basket):
    """Why a valid voucher gives nothing here: not for these goods, or not enough of them yet."""
    reasons = [_missing(offer, basket) for offer in voucher.offers.all()]
    return next(
        (reason for reason in reasons if reason),
        _("This voucher is not for the pieces in your basket."),
    )


def _missing(offer, basket):
    """What an offer's condition still lacks, or "" where the basket holds none of its goods."""
    condition = offer.condition
    lines = [
        line
        for line in basket.all_lines()
        if condition.range is None or condition.range.contains_product(line.product)
    ]
    if not lines:
        return ""
    if condition.type == condition.VALUE:
        worth = sum((line.line_price_incl_tax for line in lines), Decimal(0))
        if worth < condition.value:
            return _("This voucher is for %(minimum)s or more: add pieces for %(missing)s.") % {
                "minimum": format_money(condition.value, basket.currency),
                "missing": format_money(condition.value - worth, basket.currency),
            }
    if condition.type == condition.COUNT:
        lacking = int(condition.value) - sum(line.quantity for line in lines)
        if lacking > 0:
            return ngettext(
                "This voucher needs %(count)d more piece.",
                "This voucher needs %(count)d more pieces.",
                lacking,
            ) % {"count": lacking}
    return ""
