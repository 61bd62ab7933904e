"""Personal data of the demo gateway: copies of what the shop sent, including email addresses."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from oscar.apps.order.abstract_models import AbstractOrder

from checkout_app.models import PaymentAttempt
from commerce.privacy.inventory import BOOKS, DELETED, about_people, nothing_personal
from commerce.privacy.mentions import keys_mentioning
from commerce.privacy.parts import Part, Rule
from commerce.privacy.people import Person
from commerce.privacy.retention import days_ago, how_long
from demo_gateway.models import DemoCharge, DemoEvent, DemoIntent, DemoRequest

_DEMO = _("belongs to the stand-in for the payment provider")

_INVENTORY = {
    **nothing_personal({"demo_gateway.demofault": "id name seconds is_lasting"}),
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


def _erase(person: Person) -> None:
    """Remove email addresses from the demo gateway. The account's deletion also deletes the customer."""
    attempts = PaymentAttempt.objects.filter(order__in=person.orders())
    for intent in DemoIntent.objects.filter(intent_id__in=attempts.values("intent_id")).iterator():
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


def _anonymise_order(order: AbstractOrder) -> None:
    for intent in DemoIntent.objects.filter(intent_id__in=order.attempts.values("intent_id")):
        _forget_address(intent)


def _old_requests(at: datetime) -> QuerySet[DemoRequest]:
    return DemoRequest.objects.filter(created_at__lt=days_ago("demo-events", at))


def _old_events(at: datetime) -> QuerySet[DemoEvent]:
    return DemoEvent.objects.filter(
        Q(created_at__lt=days_ago("demo-events", at)) & Q(delivered_at__isnull=False)
    )


PART = Part(
    inventory=_INVENTORY,
    erase=_erase,
    anonymise_order=_anonymise_order,
    rules=(
        Rule(
            "demo-events",
            _("Delivered events of the demo gateway"),
            how_long("demo-events"),
            _("They repeat data of the payments."),
            _("deleted"),
            _old_events,
        ),
        Rule(
            "demo-requests",
            _("Responses of the demo gateway for repeated requests"),
            how_long("demo-events"),
            _("A request is repeated within a day."),
            _("deleted"),
            _old_requests,
        ),
    ),
)
