"""Personal data of the checkout: payments, refunds, and Stripe customer ids. No card data."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout_app.models import (
    OPEN_STATES,
    Dispute,
    PaymentAttempt,
    Progress,
    RefundRequest,
    State,
    StripeCustomer,
)
from commerce.privacy.inventory import BOOKS, DELETED, about_people, nothing_personal
from commerce.privacy.parts import Part, Section
from commerce.privacy.people import Person

_COPY = _("is a copy of what another section has")

_INVENTORY = {
    **nothing_personal(
        {
            "checkout.dispute": "id attempt gateway_id status reason amount answer_until created_at",
            "checkout.stripeevent": (
                "id event_id type object_id livemode progress attempts last_error received_at"
            ),
        }
    ),
    "checkout.paymentattempt": about_people(
        BOOKS,
        "order state method amount currency created_at",
        "id basket open_basket open_order capture last_error expires_at held_until updated_at",
        hidden="key intent_id shown_digest",
        section="payment_attempts",
    ),
    "checkout.paymentmove": about_people(
        BOOKS, "", "id attempt old_state new_state reason at", staff="user", left_out=_COPY
    ),
    "checkout.gatewaytransaction": about_people(
        BOOKS, "", "id attempt kind gateway_id amount currency at", left_out=_COPY
    ),
    "checkout.capturerequest": about_people(
        BOOKS,
        "",
        "id attempt key amount is_final progress last_error created_at",
        staff="user",
        left_out=_COPY,
    ),
    "checkout.refundrequest": about_people(
        BOOKS,
        "amount shipping reason created_at",
        "id attempt progress is_mirrored has_restocked is_excess last_error",
        hidden="key gateway_id",
        staff="user",
        section="refunds",
    ),
    "checkout.refundline": about_people(
        BOOKS, "", "id refund line quantity amount", left_out=_COPY
    ),
    "checkout.stripecustomer": about_people(
        DELETED, "user customer_id created_at", "id", section="payment_provider"
    ),
    "checkout.banktransfer": about_people(
        BOOKS,
        "",
        "id reference key status amount_minor received_minor currency metadata received_at "
        "created_at",
        staff="received_by",
        left_out=_COPY,
    ),
    "checkout.transferrefund": about_people(
        BOOKS,
        "",
        "id transfer reference key amount_minor is_sent metadata created_at",
        staff="sent_by",
        left_out=_COPY,
    ),
}


def _attempts(person: Person) -> QuerySet[PaymentAttempt]:
    return PaymentAttempt.objects.filter(order__in=person.orders())


def _refunds(person: Person) -> QuerySet[RefundRequest]:
    return RefundRequest.objects.filter(attempt__order__in=person.orders())


def _customers(person: Person) -> QuerySet[StripeCustomer]:
    return StripeCustomer.objects.filter(person.by_user("user"))


def _blocks(person: Person) -> Iterator[str]:
    """Payments and refunds that are not settled; they block an erasure."""
    attempts = _attempts(person)
    waiting = (*OPEN_STATES, State.AUTHORISED, State.REFUND_DUE, State.REVIEW)
    if attempts.filter(state__in=waiting).exists():
        yield gettext("A payment hasn’t been settled yet.")
    if _refunds(person).exclude(progress=Progress.DONE).exists():
        yield gettext("A refund hasn’t been paid yet.")
    if Dispute.objects.filter(attempt__in=attempts).exclude(status__in=Dispute.ENDED).exists():
        yield gettext("A bank has disputed a payment, and the dispute hasn’t been decided yet.")


PART = Part(
    inventory=_INVENTORY,
    sections=(
        Section("payment_attempts", _("Attempts to pay"), "checkout.PaymentAttempt", _attempts),
        Section("refunds", _("Refunds"), "checkout.RefundRequest", _refunds),
        Section(
            "payment_provider",
            _("Customer at the payment provider"),
            "checkout.StripeCustomer",
            _customers,
        ),
    ),
    blocks=_blocks,
)
