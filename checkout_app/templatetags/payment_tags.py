"""The payment of an order, for the dashboard's order page."""

from decimal import Decimal

from django import template

from checkout_app.dashboard.forms import CaptureForm
from checkout_app.gateways.transfer import payment_details
from checkout_app.models import Method, State

register = template.Library()


@register.inclusion_tag("checkout/dashboard/payment.html", takes_context=True)
def payment_panel(context, order):
    """How the order was paid, what went back, and the acts that are open to this person."""
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
def order_money(order):
    """What went back of an order's total, and what was never charged of it; None before it was paid."""
    attempt = order.attempts.order_by("-pk").first()
    if attempt is None or not (taken := attempt.money_taken):
        return None
    is_over = attempt.state in (State.PAID, State.PART_REFUNDED, State.REFUNDED)
    return {
        "paid_back": attempt.money_back,
        "not_charged": max(attempt.amount - taken, Decimal(0)) if is_over else Decimal(0),
    }


@register.simple_tag
def transfer_details(attempt):
    """Where the money of a transfer goes, or None for another method."""
    is_transfer = attempt is not None and attempt.method == Method.TRANSFER
    return payment_details(attempt) if is_transfer else None
