"""Adding vouchers to baskets, and explaining why one gives no discount."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from oscar.core.loading import get_class, get_model

from commerce.models import User
from commerce.money import format_money
from commerce.pricing.discounts import application_name, vouchers_giving
from commerce.pricing.voucher_terms import buyer_of, refusal_for, refusal_of_dates
from commerce.throttles import (
    Limit,
    TooManyAttempts,
    count_attempt,
    release_attempt,
    throttle_key,
    visitor_key,
)

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket
    from oscar.apps.offer.abstract_models import AbstractConditionalOffer
    from oscar.apps.voucher.abstract_models import AbstractVoucher


#: Ten wrong codes an hour, then growing waits: codes cannot be guessed.
CODE_LIMIT = Limit(free=10, window=timedelta(hours=1))


class VoucherRefused(Exception):
    """The voucher cannot be used; the message tells the shopper why."""


def typed_code(text: str) -> str:
    """A code as typed, without superfluous spaces, and never longer than a field."""
    return " ".join(text.split())[:128]


def use_voucher(
    code: str, *, basket: AbstractBasket, user: User | AnonymousUser, request: HttpRequest
) -> AbstractVoucher:
    """Add the voucher with this code to the basket. Raises VoucherRefused and then changes nothing.

    Unknown codes are counted by network address and by account. After too many of them, every code
    has to wait, a valid one too.
    """
    if not code:
        raise VoucherRefused(_("Enter your voucher code."))
    counted = _code_limits(request, user)
    try:
        count_attempt(counted)
    except TooManyAttempts as refusal:
        raise VoucherRefused(str(refusal)) from refusal
    voucher = get_model("voucher", "Voucher").objects.filter(code=code.strip().upper()).first()
    if voucher is not None:
        release_attempt(counted)
    else:
        raise VoucherRefused(
            _("We don’t recognise “%(code)s”. Please check the code.") % {"code": code}
        )
    if basket.pk and basket.contains_voucher(voucher.code):
        raise VoucherRefused(_("This voucher is already in your basket."))
    buyer = buyer_of(basket, user)
    if reason := refusal_of_dates(voucher) or refusal_for(voucher, buyer):
        raise VoucherRefused(reason)
    if not basket.pk or basket.is_empty:
        raise VoucherRefused(_("Add something to your basket first."))
    basket.vouchers.add(voucher)
    if not _gives_discount(voucher, basket=basket, user=user, request=request):
        reason = reason_without_discount(voucher, basket)
        basket.vouchers.remove(voucher)
        _apply_offers(basket, user=user, request=request)
        raise VoucherRefused(reason)
    return voucher


def _code_limits(request: HttpRequest, user: User | AnonymousUser) -> dict[str, Limit]:
    limits = {visitor_key("voucher", request): CODE_LIMIT}
    if user.is_authenticated:
        limits[throttle_key("voucher", "account", str(user.pk))] = CODE_LIMIT
    return limits


def voucher_notes(
    basket: AbstractBasket, *, user: User | AnonymousUser
) -> list[tuple[AbstractVoucher, str]]:
    """The vouchers of a priced basket, each with the reason why it gives no discount, or ""."""
    if not basket.pk:
        return []
    giving, buyer = vouchers_giving(basket), buyer_of(basket, user)
    return [
        (
            voucher,
            ""
            if voucher.pk in giving
            else refusal_of_dates(voucher)
            or refusal_for(voucher, buyer)
            or reason_without_discount(voucher, basket),
        )
        for voucher in sorted(basket.vouchers.all(), key=attrgetter("pk"))
    ]


def _apply_offers(
    basket: AbstractBasket, *, user: User | AnonymousUser, request: HttpRequest
) -> None:
    basket.reset_offer_applications()
    get_class("offer.applicator", "Applicator")().apply(basket, user, request)


def _gives_discount(
    voucher: AbstractVoucher,
    *,
    basket: AbstractBasket,
    user: User | AnonymousUser,
    request: HttpRequest,
) -> bool:
    _apply_offers(basket, user=user, request=request)
    return voucher.pk in vouchers_giving(basket)


def reason_without_discount(voucher: AbstractVoucher, basket: AbstractBasket) -> str:
    """Why a valid voucher gives no discount.

    Others save more on the same items, it is for other products, or it needs more of them.
    """
    offers = list(voucher.offers.all())
    reasons = [
        _exclusion(offer, basket, voucher=voucher) or _missing(offer, basket) for offer in offers
    ]
    return next(
        (reason for reason in reasons if reason),
        _("This voucher does not apply to the items in your basket."),
    )


def _exclusion(
    offer: AbstractConditionalOffer, basket: AbstractBasket, *, voucher: AbstractVoucher
) -> str:
    """Which discounts of the basket exclude an offer that would give one alone; "" if none do."""
    plan = getattr(basket, "offer_plan", None)
    if plan is None:
        return ""
    applied = {row["offer"].pk: row for row in basket.offer_applications}
    if offer.pk in applied:
        if applied[offer.pk]["voucher"] == voucher:  # one on delivery that lowers no charge
            return _("Another offer lowers the delivery charge at least as much.")
        name = application_name(applied[offer.pk])
        return _("It is the same discount as %(name)s, which is in your basket.") % {"name": name}
    if plan.alone.get(offer.pk, 0) <= 0:
        return ""
    names = [
        application_name(applied[rival.pk])
        for rival in plan.rivals.get(offer.pk, ())
        if rival.pk in applied
    ]
    if not names:
        return ""
    return _("It can’t be combined with %(names)s, which saves you at least as much.") % {
        "names": ", ".join(names)
    }


def _missing(offer: AbstractConditionalOffer, basket: AbstractBasket) -> str:
    """What the offer's condition still needs; "" if the basket has none of its products."""
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
            return _("This voucher needs %(minimum)s or more: add items for %(missing)s.") % {
                "minimum": format_money(condition.value, basket.currency),
                "missing": format_money(condition.value - worth, basket.currency),
            }
    if condition.type == condition.COUNT:
        lacking = int(condition.value) - sum(line.quantity for line in lines)
        if lacking > 0:
            return ngettext(
                "This voucher needs %(count)d more item.",
                "This voucher needs %(count)d more items.",
                lacking,
            ) % {"count": lacking}
    return ""
