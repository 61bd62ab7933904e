"""The last download, and gift cards that are refunded while they are sent."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from django.db.models import F

from commerce.digital import downloads, gift_cards
from commerce.digital.downloads import count_download
from commerce.digital.gift_cards import send_gift_card, void_gift_cards
from commerce.models import Download, GiftCard, OutgoingMail
from commerce.orders.provision import provide_automatically
from tests.digital import make_ebook, make_gift_card
from tests.factories import make_paid_order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def last_download(shop):
    """A download of a paid e-book that is left once."""
    order = make_paid_order((make_ebook(), 1))
    provide_automatically(order.pk)
    Download.objects.update(left=1)
    return Download.objects.select_related("line__order").get()


@pytest.fixture
def waiting_cards(shop):
    """The order of ten gift cards that wait to be sent."""
    order = make_paid_order((make_gift_card(), 10))
    provide_automatically(order.pk)
    GiftCard.objects.update(status=GiftCard.Status.WAITING, code_digest=None, sendings=0)
    OutgoingMail.objects.filter(key__startswith="gift-card:").delete()
    return order


def test_last_download_is_counted_once(last_download, together):
    results = together(8, lambda _i: count_download(last_download))

    assert sorted(results) == [False] * 7 + [True]
    assert Download.objects.values_list("left", "count").get() == (0, 1)


def test_control_without_the_condition_downloads_too_often(last_download, together, meet):
    def unguarded(download):
        left = Download.objects.get(pk=download.pk).left
        meet()
        return bool(left) and Download.objects.filter(pk=download.pk).update(count=F("count") + 1)

    results = together(2, lambda _i: unguarded(last_download))

    assert results == [1, 1]
    assert downloads.status_of(last_download) is downloads.DownloadStatus.OPEN


def test_code_of_a_card_that_is_refunded_while_it_is_sent_ends(waiting_cards, together):
    cards = list(GiftCard.objects.order_by("pk"))

    def work(index):
        if index == 5:
            return void_gift_cards(waiting_cards)
        return send_gift_card(cards[index].pk)

    results = together(10, work)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert set(GiftCard.objects.values_list("status", "code_digest")) == {("void", None)}


def test_control_without_the_lock_a_refunded_card_is_sent(waiting_cards, monkeypatch):
    def refunded_meanwhile():
        void_gift_cards(waiting_cards)  # as another process does between the reading and the saving
        return "7K2P-9XQD-4MTR-8VHC"

    card = GiftCard.objects.order_by("pk").first()
    monkeypatch.setattr(GiftCard.objects, "select_for_update", GiftCard.objects.all)
    monkeypatch.setattr(gift_cards, "transaction", SimpleNamespace(atomic=nullcontext))
    monkeypatch.setattr(gift_cards, "new_code", refunded_meanwhile)
    send_gift_card(card.pk)

    card.refresh_from_db()
    assert (card.status, bool(card.code_digest)) == (GiftCard.Status.SENT, True)


def test_card_is_sent_once_by_eight_workers(waiting_cards, together):
    card = GiftCard.objects.first()

    results = together(8, lambda _i: send_gift_card(card.pk))

    assert sorted(results) == [False] * 7 + [True]
    assert OutgoingMail.objects.filter(key__startswith=f"gift-card:{card.pk}:").count() == 1
