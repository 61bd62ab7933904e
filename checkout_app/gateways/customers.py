"""An account's counterpart at Stripe: its cards are kept there and nothing of them here."""

import logging

from django.conf import settings
from django.db import IntegrityError, transaction
from django_tasks import task

from checkout_app.exceptions import GatewayRefused, UnknownIntent
from checkout_app.gateways.stripe import get_gateway
from checkout_app.models import StripeCustomer, site_marker

logger = logging.getLogger("vitrine.payments")


def get_or_create_customer(user):
    """The id of an account's counterpart, made where there is none; "" for guests.

    Also "" where Stripe refuses to make one: a payment must not fail for the sake of a card that
    might be kept. Raises GatewayUnavailable. Not within a transaction.
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
    except IntegrityError:  # Two tabs at once; the same key gave both the same one.
        return known_customer(user)
    return made


def known_customer(user):
    """The id of an account's counterpart, or ""."""
    row = StripeCustomer.objects.filter(user=user).first()
    return row.customer_id if row else ""


def forget_customer(user):
    """Stripe does not know it: it was made with other keys."""
    StripeCustomer.objects.filter(user=user).delete()


def saved_cards(user):
    """The cards that an account has kept. Raises GatewayUnavailable."""
    customer = known_customer(user)
    try:
        return get_gateway().saved_cards(customer) if customer else []
    except UnknownIntent:
        forget_customer(user)
        return []


def forget_card(user, card_id):
    """Take a card from its account; False where it is none of theirs. Raises GatewayUnavailable."""
    if card_id not in {card.id for card in saved_cards(user)}:
        return False
    get_gateway().forget_card(card_id)
    return True


@task()
def forget_customer_task(customer_id):
    """Delete an account's counterpart at Stripe, with its cards."""
    get_gateway().delete_customer(customer_id)
