"""Gift cards that were sold: made when they are paid, and mailed on their day.

The code is made when the card is sent, and only the mail contains it: the database keeps a digest.
Sending a card again makes a new code, and the old one ends.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django_tasks import task
from oscar.core.loading import get_model

from commerce.clock import shop_now
from commerce.demonstration import is_demonstration
from commerce.digital.withholding import is_withheld
from commerce.mail.outbox import queue_mail
from commerce.mail.templates import messages_for
from commerce.models import GiftCard, OptionPrice, OutgoingMail
from commerce.money import format_money
from commerce.shop_settings.current import current_shop, in_the_shops_terms
from commerce.shop_values.readable_codes import readable_code
from commerce.stock.selling import shop_today
from commerce.transactions import enqueue_on_commit, isolate, retry_transient

if TYPE_CHECKING:
    from oscar.apps.order.abstract_models import AbstractLine, AbstractOrder

logger = logging.getLogger(__name__)

#: Characters of a code, in groups of four; 31**16 codes cannot be guessed.
CODE_LENGTH = 16
#: The furthest day on which a card can be sent.
LATEST = timedelta(days=365)
#: Prefix of the keys of their mails.
KEY = "gift-card:"
#: Cards sent in one run, and how often a card is sent without staff.
MOST_AT_ONCE, MOST_SENDINGS = 200, 3
#: Mails with a code expire unsent after an hour; within these days the card is sent again.
CHECKED_FOR = timedelta(days=14)


def new_code() -> str:
    """A random code, such as "7K2P-9XQD-…"."""
    letters = readable_code(CODE_LENGTH)
    return "-".join(letters[start : start + 4] for start in range(0, CODE_LENGTH, 4))


def digest_of_code(code: str) -> str:
    """The stored digest of a code; spaces, hyphens and case do not matter."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def issue_gift_cards(line: AbstractLine, value: Decimal, units: int) -> list[GiftCard]:
    """Make the gift cards of ``units`` of a paid order line, each of the value that was ordered.

    The caller has locked the order.
    """
    answers, known = _answers(line), GiftCard.objects.filter(line=line).count()
    GiftCard.objects.bulk_create(
        GiftCard(
            line=line,
            number=known + number,
            value=value,
            currency=line.order.currency,
            email=answers.get(OptionPrice.Meaning.EMAIL) or line.order.email,
            recipient=answers.get(OptionPrice.Meaning.RECIPIENT, "")[:120],
            message=answers.get(OptionPrice.Meaning.MESSAGE, ""),
            send_on=_day(answers.get(OptionPrice.Meaning.SEND_ON)),
        )
        for number in range(1, units + 1)
    )
    cards = list(GiftCard.objects.filter(line=line, number__gt=known))
    for card in cards:
        if card.send_on <= shop_today():
            enqueue_on_commit(send_gift_card_task, card.pk)
    return cards


def _answers(line: AbstractLine) -> Mapping[str, str]:
    """What the buyer asked for, by the meaning of the options."""
    rows = line.attributes.select_related("option__pricing")
    return {
        row.option.pricing.meaning: str(row.value)
        for row in rows
        if row.option and hasattr(row.option, "pricing") and row.value not in (None, "")
    }


def _day(text: str | None) -> date:
    """The day of an answer; today if it is missing, past or unreadable."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return shop_today()
    return min(max(day, shop_today()), shop_today() + LATEST)


@retry_transient
@in_the_shops_terms()
def send_gift_card(card_id: int, *, again: bool = False, at: datetime | None = None) -> bool:
    """Send a waiting card with a new code; with ``again``, also one that was sent before.

    Returns whether a mail was queued. Locks the card.
    """
    at = at or timezone.now()
    with transaction.atomic():
        card = GiftCard.objects.select_for_update().get(pk=card_id)
        if card.line is not None and is_withheld(card.line.order):
            return False
        is_due = card.status == GiftCard.Status.WAITING
        if not is_due and not (again and card.status == GiftCard.Status.SENT):
            return False
        code = new_code()
        card.status, card.sent_at = GiftCard.Status.SENT, at
        card.sendings += 1
        card.code_digest, card.code_end = digest_of_code(code), code[-4:]
        card.save()
        messages = messages_for("gift_card", _facts(card, code))
        queue_mail(
            key=mail_key(card),
            to=card.email,
            subject=messages["subject"],
            text=messages["body"],
            html=messages["html"],
            is_secret=True,
        )
    return True


def mail_key(card: GiftCard) -> str:
    """The key of the card's last mail."""
    return f"{KEY}{card.pk}:{card.sendings}"


def _facts(card: GiftCard, code: str) -> dict[str, Any]:
    order = card.line.order if card.line else None
    buyer = order.billing_address if order else None
    given_by = buyer.first_name if buyer and order and order.email != card.email else ""
    return {
        "shop_name": current_shop().name,
        "shop_url": settings.SITE_URL,
        "is_demo": is_demonstration(),
        "value": format_money(card.value, card.currency),
        "code": code,
        "recipient": card.recipient,
        "message": card.message,
        "given_by": given_by,
        "day": date_format(timezone.localtime(card.sent_at), "DATE_FORMAT"),
    }


def send_due_gift_cards(*, at: datetime | None = None) -> int:
    """Send every card whose day has come, and those whose mail expired unsent. Returns how many."""
    at = at or shop_now()
    day = timezone.localdate(at, ZoneInfo(current_shop().time_zone))
    due = GiftCard.objects.filter(status=GiftCard.Status.WAITING, send_on__lte=day)
    sent = 0
    for pk in list(due.order_by("send_on", "pk").values_list("pk", flat=True)[:MOST_AT_ONCE]):
        with isolate(f"sending gift card {pk}"):
            sent += send_gift_card(pk, at=at)
    for pk in _sent_in_vain(at):
        with isolate(f"sending gift card {pk}"):
            sent += send_gift_card(pk, again=True, at=at)
    return sent


def _sent_in_vain(at: datetime) -> list[int]:
    """Cards whose last mail expired unsent, unless that happened ``MOST_SENDINGS`` times already."""
    mails = OutgoingMail.objects.filter(
        key__startswith=KEY, state=OutgoingMail.State.EXPIRED, created_at__gt=at - CHECKED_FOR
    )
    expired = set(mails.values_list("key", flat=True))
    keys = {int(key.split(":")[1]) for key in expired}
    cards = GiftCard.objects.filter(
        pk__in=keys, status=GiftCard.Status.SENT, sendings__lt=MOST_SENDINGS
    )
    return [card.pk for card in cards if mail_key(card) in expired]


def change_recipient(card_id: int, email: str) -> None:
    """Change the address of a card that is not cancelled.

    A card that was sent is sent again with a new code; one that waits goes out on its day.
    """
    cards = GiftCard.objects.exclude(status=GiftCard.Status.VOID)
    cards.filter(pk=card_id).update(email=email)
    if cards.filter(pk=card_id, status=GiftCard.Status.SENT).exists():
        send_gift_card(card_id, again=True)


def end_gift_cards(lines: Iterable[AbstractLine], refunded: Mapping[int, int]) -> None:
    """Cancel cards of order lines of which ``{line_id: units}`` were refunded in all.

    At most the units that are not refunded keep a card; those that were not sent end first.
    """
    remaining = {line.pk: max(line.quantity - refunded.get(line.pk, 0), 0) for line in lines}
    live = GiftCard.objects.filter(line__in=remaining).exclude(status=GiftCard.Status.VOID)
    ended = []
    for card in sorted(live, key=lambda card: (card.status != GiftCard.Status.SENT, card.number)):
        if remaining[card.line_id]:
            remaining[card.line_id] -= 1
        else:
            ended.append(card.pk)
    _void(GiftCard.objects.filter(pk__in=ended))


def _void(cards: QuerySet[GiftCard]) -> None:
    cards.update(status=GiftCard.Status.VOID, code_digest=None)


def gift_cards_of(order: AbstractOrder) -> list[GiftCard]:
    """The gift cards of an order, in the order of its lines. One query."""
    return list(GiftCard.objects.filter(line__order=order).select_related("line").order_by("pk"))


def void_gift_cards(order: AbstractOrder) -> None:
    """Cancel the cards of an order that was cancelled or refunded: their codes end."""
    lines = get_model("order", "Line").objects.filter(order=order).values("pk")
    _void(GiftCard.objects.filter(line__in=lines))


@task()
def send_gift_card_task(card_id: int) -> None:
    """Send one card (see ``send_gift_card``)."""
    send_gift_card(card_id)


@task()
def send_due_gift_cards_task() -> None:
    """Scheduled: send the gift cards whose day has come."""
    send_due_gift_cards()
