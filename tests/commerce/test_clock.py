"""The shop's clock: one time for a whole request, and a preview time for everything on a page."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.utils import timezone

from checkout_app.payments.placement import priced_basket
from commerce.clock import ShopClockMiddleware, is_shop_time_set, shop_now, shop_time
from commerce.models import DeliveryMethod, SalePrice
from commerce.page_cache.memoise import memoise
from commerce.pricing.delivery import arrival_of
from tests.factories import make_basket, make_offer, make_product, make_voucher, stockrecord_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def tomorrow():
    return timezone.now() + timedelta(days=1)


@pytest.fixture
def mug(shop, tomorrow):
    """£24.99 today; from tomorrow on sale for £22.20, with an offer of 10 % off on top."""
    mug = make_product("Mug", price="24.99")
    begins = tomorrow - timedelta(hours=1)
    SalePrice.objects.create(stockrecord=stockrecord_of(mug), price=Decimal("22.20"), start=begins)
    make_offer("Winter days", start_datetime=begins)
    return mug


def test_clock_stands_still_during_a_request(rf):
    seen = []

    def view(request):
        seen.extend([shop_now(), shop_now(), is_shop_time_set()])
        return HttpResponse()

    before = timezone.now()
    ShopClockMiddleware(view)(rf.get("/"))

    first, second, is_chosen = seen
    assert before <= first == second <= timezone.now()
    assert not is_chosen
    assert shop_now() > first


def test_preview_time_stays_in_its_request_and_ends_with_its_block(rf, tomorrow):
    seen = []

    def view(request):
        seen.append((shop_now(), is_shop_time_set()))
        return HttpResponse()

    with shop_time(tomorrow):
        ShopClockMiddleware(view)(rf.get("/"))

    assert seen == [(tomorrow, True)]
    assert shop_now() < tomorrow
    assert not is_shop_time_set()


def test_every_page_uses_the_preview_time(mug, tomorrow, client, site_root):
    client.post(f"/basket/add/{mug.pk}/", {"quantity": 1})
    pages = [
        mug.get_absolute_url(),
        "/offers/",
        "/search/?q=mug",
        "/search/suggest/?q=mug",
        "/basket/",
    ]

    def prices():
        html = {
            url: client.get(url, headers={"accept": "text/html"}).content.decode() for url in pages
        }
        return {
            url: [price for price in ("£24.99", "£19.98") if price in html[url]] for url in pages
        }

    today = prices()
    with shop_time(tomorrow):
        then = prices()

    assert prices() == today
    assert all("£19.98" not in shown for shown in today.values())
    assert all("£19.98" in shown for shown in then.values()), then


def test_vouchers_use_the_preview_time(shop, tomorrow):
    basket = make_basket((make_product("Bowl", price="30.00"), 2))
    basket.vouchers.add(make_voucher("LATER", percent=50, start=0.9, end=3))

    def total():
        fresh = type(basket).objects.get(pk=basket.pk)
        return priced_basket(fresh, user=AnonymousUser()).total_incl_tax

    today = total()
    with shop_time(tomorrow):
        then = total()

    assert (today, then) == (Decimal("60.00"), Decimal("30.00"))


def test_delivery_dates_use_the_preview_time(shop, tomorrow):
    method = DeliveryMethod.objects.first()

    with shop_time(tomorrow + timedelta(days=6)):
        later = arrival_of(method)

    assert later.first > arrival_of(method).first


@pytest.mark.django_db(transaction=True)
def test_nothing_of_a_preview_time_is_cached(caching, mug, tomorrow, client, site_root):
    caching()
    url = mug.get_absolute_url()
    with shop_time(tomorrow):
        assert "£19.98" in client.get(url).content.decode()
        assert memoise("a fact", lambda: "tomorrow's") == "tomorrow's"

    assert "£24.99" in client.get(url).content.decode()
    assert memoise("a fact", lambda: "today's") == "today's"
    with shop_time(tomorrow):
        assert "£19.98" in client.get(url).content.decode()
        assert memoise("a fact", lambda: "tomorrow's") == "tomorrow's"
