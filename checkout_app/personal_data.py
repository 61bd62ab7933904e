"""What the payers' floor knows about people: nothing of cards, who asked for what, and links to Stripe."""

from django.db.models import Q
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
from commerce.privacy.mentions import keys_mentioning
from commerce.privacy.parts import Part, Rule, Section
from commerce.privacy.people import Person
from commerce.privacy.retention import days_ago, how_long
from demo_gateway.models import DemoCharge, DemoEvent, DemoIntent, DemoRequest

_COPY = _("is a copy of what another section has")
_DEMO = _("belongs to the stand-in for the payment provider")

_INVENTORY = {
    **nothing_personal(
        {
            "checkout.dispute": "id attempt gateway_id status reason amount answer_until created_at",
            "checkout.stripeevent": (
                "id event_id type object_id livemode progress attempts last_error received_at"
            ),
            "demo_gateway.demofault": "id name seconds is_lasting",
        }
    ),
    "checkout.paymentattempt": about_people(
        BOOKS,
        "order state method amount currency created_at",
        "id basket open_basket open_order capture last_error expires_at held_until updated_at",
        hidden="key intent_id",
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
    "demo_gateway.demointent": about_people(
        BOOKS, "body", "id intent_id created_at", hidden="client_secret", left_out=_DEMO
    ),
    "demo_gateway.democharge": about_people(BOOKS, "body", "id object_id intent", left_out=_DEMO),
    "demo_gateway.democustomer": about_people(
        DELETED,
        "customer_id body",
        "id session_until setup_id",
        hidden="session_secret setup_secret",
        left_out=_DEMO,
    ),
    "demo_gateway.democard": about_people(
        DELETED, "customer card_id brand last4 exp_month exp_year", "id created_at", left_out=_DEMO
    ),
    "demo_gateway.demorequest": about_people(
        DELETED, "answer", "id key fingerprint status created_at", left_out=_DEMO
    ),
    "demo_gateway.demoevent": about_people(
        DELETED, "body", "id event_id attempts delivered_at created_at", left_out=_DEMO
    ),
}


def _attempts(person: Person):
    return PaymentAttempt.objects.filter(order__in=person.orders())


def _refunds(person: Person):
    return RefundRequest.objects.filter(attempt__order__in=person.orders())


def _customers(person: Person):
    return StripeCustomer.objects.filter(person.by_user("user"))


def _blocks(person: Person):
    """Money that is on its way, in either direction."""
    attempts = _attempts(person)
    waiting = (*OPEN_STATES, State.AUTHORISED, State.REFUND_DUE, State.REVIEW)
    if attempts.filter(state__in=waiting).exists():
        yield _("A payment hasn’t been settled yet.")
    if _refunds(person).exclude(progress=Progress.DONE).exists():
        yield _("A refund hasn’t been paid yet.")
    if Dispute.objects.filter(attempt__in=attempts).exclude(status__in=Dispute.ENDED).exists():
        yield _("A bank has disputed a payment, and the dispute hasn’t been decided yet.")


def _erase(person: Person) -> None:
    """Take the addresses out of the demo gateway. The account's own counterpart goes with it."""
    for intent in DemoIntent.objects.filter(
        intent_id__in=_attempts(person).values("intent_id")
    ).iterator():
        _forget_address(intent)
    for model, field in ((DemoRequest, "answer"), (DemoEvent, "body")):
        mentioned = keys_mentioning(model.objects.all(), field, person.emails)
        model.objects.filter(pk__in=mentioned).delete()


def _forget_address(intent: DemoIntent) -> None:
    intent.body = {**intent.body, "receipt_email": None}
    intent.save(update_fields=["body"])
    for charge in DemoCharge.objects.filter(intent=intent):
        if charge.body.get("receipt_email"):
            charge.body = {**charge.body, "receipt_email": None}
            charge.save(update_fields=["body"])


def _anonymise_order(order) -> None:
    for intent in DemoIntent.objects.filter(intent_id__in=order.attempts.values("intent_id")):
        _forget_address(intent)


def _old_requests(at):
    return DemoRequest.objects.filter(created_at__lt=days_ago("demo-events", at))


def _old_events(at):
    return DemoEvent.objects.filter(
        Q(created_at__lt=days_ago("demo-events", at)) & Q(delivered_at__isnull=False)
    )


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
    erase=_erase,
    anonymise_order=_anonymise_order,
    rules=(
        Rule(
            "demo-events",
            _("Delivered events of the demo gateway"),
            how_long("demo-events"),
            _("They repeat what the payments say."),
            _("deleted"),
            _old_events,
        ),
        Rule(
            "demo-requests",
            _("Answers of the demo gateway that are kept against double requests"),
            how_long("demo-events"),
            _("A request is repeated within a day."),
            _("deleted"),
            _old_requests,
        ),
    ),
)
