"""Gift cards that are sold: made when they are paid, mailed on their day, ended by refunds."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from checkout_app.models import Dispute
from checkout_app.payments import begin, settle
from commerce.clock import shop_time
from commerce.digital.downloads import download_path
from commerce.digital.gift_cards import digest_of_code, send_due_gift_cards
from commerce.models import (
    Download,
    GiftCard,
    OutgoingMail,
    ProductDetails,
)
from commerce.orders import provision
from commerce.orders.pipeline import move_order
from commerce.orders.provision import provide_automatically, provide_waiting_task
from commerce.privacy.erasure import erase
from commerce.privacy.people import person_at
from commerce.returns.restocking import take_units_back
from commerce.stock.selling import shop_today
from tests.digital import act
from tests.factories import make_basket, make_paid_order, make_submission, make_user, pay
from tests.privacy import traces_of
from tests.signing import let_sign_in_age

pytestmark = pytest.mark.django_db


def test_gift_card_is_mailed_on_its_day_and_only_the_mail_has_the_code(
    gift_card, django_capture_on_commit_callbacks
):
    day = shop_today() + timedelta(days=9)
    answers = {
        "email": "bob@example.com", "recipient": "Bob", "message": "Happy birthday",
        "send_on": day.isoformat(),
    }  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        order = make_paid_order((gift_card, 2, answers))
    cards = list(GiftCard.objects.all())
    assert [(card.value, card.send_on, card.status) for card in cards] == [
        (Decimal("50.00"), day, "waiting")
    ] * 2
    assert order.lines.get().title == "Gift card"
    assert not [sent for sent in mail.outbox if "bob@example.com" in sent.to]

    with (
        shop_time(timezone.now() + timedelta(days=9)),
        django_capture_on_commit_callbacks(execute=True),
    ):
        assert send_due_gift_cards() == 2
        assert send_due_gift_cards() == 0

    sent = [message for message in mail.outbox if "bob@example.com" in message.to]
    codes = [re.search(r"Code: (\S+)", message.body)[1] for message in sent]
    assert len(set(codes)) == 2
    assert "Happy birthday" in sent[0].body
    assert "£50" in sent[0].body
    assert {digest_of_code(code.lower().replace("-", " ")) for code in codes} == set(
        GiftCard.objects.values_list("code_digest", flat=True)
    )
    stored = str(list(OutgoingMail.objects.values())) + str(list(GiftCard.objects.values()))
    assert not [code for code in codes if code in stored]


def test_recipient_erased_before_the_payment_is_in_no_line_and_gets_no_card(gift_card):
    day = (shop_today() + timedelta(days=9)).isoformat()
    answers = {"recipient": "Clotilde", "message": "Dear Clotilde", "send_on": day}
    bought = (gift_card, 1, {"email": "Clotilde@example.com", **answers})
    other = (gift_card, 1, {"email": "not.clotilde@example.com", "recipient": "Dora"})
    attempt, _intent = begin.begin(
        make_submission(make_basket(bought, other), email="bo@example.com")
    )
    make_basket(bought, owner=make_user("bo@example.com"))

    erase(person_at("clotilde@example.com"))

    assert traces_of("Dear Clotilde") == set()
    for label in ("basket", "order"):
        values = get_model(label, "LineAttribute").objects.values_list("value", flat=True)
        assert set(values) <= {"", day, "not.clotilde@example.com", "Dora"}
    pay(attempt)
    provide_automatically(settle.settle(attempt.intent_id).order_id)
    cards = GiftCard.objects.order_by("line")
    assert [(card.email, card.recipient, card.message) for card in cards] == [
        ("bo@example.com", "", ""), ("not.clotilde@example.com", "Dora", ""),
    ]  # fmt: skip
    assert cards[0].send_on.isoformat() == day


def test_gift_card_without_answers_goes_to_the_buyer(gift_card, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        make_paid_order((gift_card, 1))

    assert "Code: " in next(m for m in mail.outbox if "gift card" in m.subject.lower()).body
    assert GiftCard.objects.get().email == "ada@example.com"


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"email": "bob"}, "Enter an email address for “Email”."),
        ({"send_on": "2020-01-01"}, "“Send_On” can be any day from today, up to a year ahead."),
    ],
)
def test_wrong_answers_are_explained(client, gift_card, answers, sentence):
    url = reverse("basket:add", args=[gift_card.pk])

    page = client.post(url, {"quantity": 1, **answers})

    assert sentence in page.content.decode()
    assert client.get("/basket/").context["basket"].is_empty


def test_refund_cancels_the_code(gift_card, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        order = make_paid_order((gift_card, 1))

    move_order(order.pk, "Refunded")

    card = GiftCard.objects.get()
    assert (card.status, card.code_digest) == ("void", None)


def test_refund_of_some_cards_ends_as_many_codes(gift_card, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        order = make_paid_order((gift_card, 3))
    line = order.lines.get()

    take_units_back(order.pk, {line.pk: 2}, paid_before={}, is_restocked=True)

    statuses = list(GiftCard.objects.order_by("number").values_list("status", flat=True))
    assert statuses == ["sent", "void", "void"]
    assert GiftCard.objects.exclude(code_digest=None).count() == 1


def test_card_refunded_before_it_was_issued_is_never_issued(gift_card):
    order = make_paid_order((gift_card, 3))
    line = order.lines.get()
    take_units_back(order.pk, {line.pk: 2}, paid_before={}, is_restocked=True)

    provide_waiting_task.call()

    assert GiftCard.objects.exclude(status="void").count() == 1
    order.refresh_from_db()
    assert order.status == "Delivered"


def test_card_has_the_value_that_was_ordered(gift_card):
    order = make_paid_order((gift_card, 1))
    ProductDetails.objects.update(gift_card_value=Decimal("500.00"))

    provide_waiting_task.call()

    assert GiftCard.objects.get(line__order=order).value == Decimal("50.00")


@pytest.mark.parametrize("status", ["needs_response", "lost"])
def test_disputed_payment_withholds_cards_and_downloads(
    client, gift_card, ebook, status, django_capture_on_commit_callbacks
):
    day = shop_today() + timedelta(days=2)
    with django_capture_on_commit_callbacks(execute=True):
        order = make_paid_order((gift_card, 1, {"send_on": day.isoformat()}), (ebook, 1))
    attempt = order.attempts.get()
    Dispute.objects.create(attempt=attempt, gateway_id="dp_1", amount=attempt.amount, status=status)

    with shop_time(timezone.now() + timedelta(days=3)):
        assert send_due_gift_cards() == 0
    assert GiftCard.objects.get().status == "waiting"
    path = download_path(Download.objects.get())
    assert "on hold while your payment is being checked" in client.get(path).content.decode()
    assert client.post(path).status_code == 410


def test_one_broken_order_does_not_stop_the_others(ebook, monkeypatch):
    broken, whole = make_paid_order((ebook, 1)), make_paid_order((ebook, 1))
    real = provision.provide

    def fails(order_id, units, **options):
        if order_id == broken.pk:
            raise ValueError("broken")
        return real(order_id, units, **options)

    monkeypatch.setattr(provision, "provide", fails)
    provide_waiting_task.call()

    assert [row.line.order_id for row in Download.objects.all()] == [whole.pk]


def test_expired_mail_of_a_card_is_sent_again(gift_card, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        make_paid_order((gift_card, 1))
    OutgoingMail.objects.filter(key__startswith="gift-card:").update(state="expired")
    digest = GiftCard.objects.get().code_digest

    assert send_due_gift_cards() == 1

    card = GiftCard.objects.get()
    assert (card.sendings, card.code_digest == digest) == (2, False)


def test_staff_correct_the_recipient(staff, gift_card, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        order = make_paid_order((gift_card, 1, {"email": "bbo@example.com"}))
    card = GiftCard.objects.get()
    wrong = act(staff, order, order_action="send_gift_card", gift_card=card.pk, email="bob")
    assert "“bob” is not an email address." in wrong.content.decode()

    with django_capture_on_commit_callbacks(execute=True):
        act(staff, order, order_action="send_gift_card", gift_card=card.pk, email="bob@example.com")

    assert [sent.to for sent in mail.outbox if "gift card" in sent.subject.lower()] == [
        ["bbo@example.com"], ["bob@example.com"],
    ]  # fmt: skip
    assert GiftCard.objects.get().code_digest != card.code_digest


def test_address_of_a_card_needs_a_recent_sign_in(
    staff, gift_card, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        order = make_paid_order((gift_card, 1))
    card = GiftCard.objects.get()
    let_sign_in_age(staff)

    act(staff, order, order_action="send_gift_card", gift_card=card.pk, email="me@example.com")

    assert GiftCard.objects.get().email == card.email
