"""Template tags for the payment of an order."""

from decimal import Decimal
from typing import Any

from django import template
from django.template import Context
from oscar.apps.order.abstract_models import AbstractOrder

from checkout_app.dashboard.forms import CaptureForm
from checkout_app.gateways.transfer import payment_details
from checkout_app.models import Method, PaymentAttempt, State

register = template.Library()


@register.inclusion_tag("checkout/dashboard/payment.html", takes_context=True)
def payment_panel(context: Context, order: AbstractOrder) -> dict[str, Any]:
    """The order's payment, its refunds, and the actions that the user may take."""
    attempt = order.attempts.order_by("-pk").first()
    user = context["request"].user
    if attempt is None:
        return {"order": order}
    is_held = attempt.state == State.AUTHORISED
    may_take = is_held and user.has_perm("checkout.add_capturerequest")
    left = attempt.money_left
    may_decide = user.has_perm("checkout.add_refundrequest")
    may_refund = attempt.state in (State.PAID, State.PART_REFUNDED) and left
    return {
        "order": order,
        "attempt": attempt,
        "charges": attempt.transactions.order_by("pk"),
        "refunds": attempt.refunds.select_related("user"),
        "captures": attempt.captures.select_related("user"),
        "disputes": attempt.disputes.all(),
        "moves": attempt.moves.select_related("user"),
        "left": left,
        "capture_form": CaptureForm(attempt=attempt) if may_take else None,
        "may_refund": may_refund and may_decide,
        "may_accept": attempt.state == State.REVIEW and left and may_decide,
        "too_much": max(left - attempt.amount, Decimal(0)),
        "missing": max(attempt.amount - left, Decimal(0)),
        "may_look": user.has_perm("checkout.view_paymentattempt"),
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag
def order_money(order: AbstractOrder) -> dict[str, Decimal] | None:
    """The refunded and the uncharged part of an order's total; None before it was paid."""
    attempt = order.attempts.order_by("-pk").first()
    if attempt is None or not (taken := attempt.money_taken):
        return None
    is_over = attempt.state in (State.PAID, State.PART_REFUNDED, State.REFUNDED)
    return {
        "paid_back": attempt.money_back,
        "not_charged": max(attempt.amount - taken, Decimal(0)) if is_over else Decimal(0),
    }


@register.simple_tag
def transfer_details(attempt: PaymentAttempt | None) -> dict[str, Any] | None:
    """The bank details of a transfer; None for other methods."""
    if attempt is None or attempt.method != Method.TRANSFER:
        return None
    return payment_details(attempt)
