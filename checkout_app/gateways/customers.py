"""Stripe customers of accounts, and their saved cards. Card data stays at Stripe."""

import logging
import re

from django.conf import settings
from django.db import IntegrityError, transaction
from django_tasks import task

from checkout_app.exceptions import GatewayRefused, UnknownAtGateway
from checkout_app.gateways.interface import SavedCard
from checkout_app.gateways.stripe import get_gateway
from checkout_app.models import StripeCustomer, site_marker
from commerce.models import User

logger = logging.getLogger("vitrine.payments")

#: The shape of Stripe's ids of setup intents. Anything else in an address is not looked up.
SETUP_ID = re.compile(r"seti_\w{1,100}")


def get_or_create_customer(user: User | None) -> str:
    """The Stripe customer id of an account, created if there is none; "" for guests.

    Also "" if Stripe refuses to create one: saving a card is optional and must not stop a payment.
    Raises GatewayUnavailable. Do not call it inside a transaction.
    """
    if user is None or not settings.SAVED_CARDS:
        return ""
    known = known_customer(user)
    if known:
        return known
    try:
        made = get_gateway().create_customer(
            key=f"customer:{site_marker()}:{user.pk}:{user.date_joined.timestamp():.0f}",
            email=user.email,
            metadata={"site": site_marker(), "account": str(user.pk)},
        )
    except GatewayRefused as error:
        logger.error("no customer for account %s: %s", user.pk, error)
        return ""
    try:
        with transaction.atomic():
            StripeCustomer.objects.create(user=user, customer_id=made)
    except IntegrityError:  # Two tabs at once; the key gave both the same customer.
        return known_customer(user)
    return made


def known_customer(user: User) -> str:
    """The Stripe customer id of an account, or ""."""
    row = StripeCustomer.objects.filter(user=user).first()
    return row.customer_id if row else ""


def forget_customer(user: User) -> None:
    """Drop a customer id that Stripe does not know: it was created with other keys."""
    StripeCustomer.objects.filter(user=user).delete()


def saved_cards(user: User) -> list[SavedCard]:
    """The saved cards of an account. Raises GatewayUnavailable and GatewayRefused."""
    customer = known_customer(user)
    try:
        return get_gateway().saved_cards(customer) if customer else []
    except UnknownAtGateway:
        forget_customer(user)
        return []


def is_card_saved(user: User, setup_id: str) -> bool:
    """Whether the gateway reports a setup intent as succeeded, for this account.

    False for a setup intent of another account or one that the gateway does not know. Raises
    GatewayUnavailable.
    """
    customer = known_customer(user)
    if not customer or not SETUP_ID.fullmatch(setup_id):
        return False
    try:
        setup = get_gateway().retrieve_setup(setup_id)
    except GatewayRefused:
        return False
    return setup.customer == customer and setup.status == "succeeded"


def forget_card(user: User, card_id: str) -> bool:
    """Delete a saved card. False if the account has no such card. Raises GatewayUnavailable."""
    if card_id not in {card.id for card in saved_cards(user)}:
        return False
    get_gateway().forget_card(card_id)
    return True


@task()
def forget_customer_task(customer_id: str) -> None:
    """Delete a customer at Stripe with its cards."""
    get_gateway().delete_customer(customer_id)
