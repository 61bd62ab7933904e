"""Adding to the basket in great haste: who has to wait, and what the shopper reads."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from commerce.models import Throttle
from commerce.storefront import basket
from commerce.throttles import Limit
from tests.commerce.test_basket import basket_of, text_of
from tests.factories import make_product
from tests.shopper import put_in_basket

pytestmark = pytest.mark.django_db


@pytest.fixture
def bowl(shop):
    return make_product("Bowl", price="20.00", stock=10)


@pytest.fixture
def _three_at_once(monkeypatch):
    monkeypatch.setattr(basket, "ADD_LIMIT", Limit(free=3, first_wait=10))


@pytest.mark.usefixtures("_three_at_once")
def test_hasty_shopper_stays_on_the_page_and_is_asked_to_wait(client, bowl):
    page = bowl.get_absolute_url()
    for _time in range(3):
        assert put_in_basket(client, bowl, next=page).url == page

    refused = client.post(
        reverse("basket:add", args=[bowl.pk]), {"quantity": 1, "next": page}, follow=True
    )

    assert refused.redirect_chain == [(page, 302)]
    assert "added from your network just now. Try again in 10 seconds." in text_of(refused)
    assert basket_of(client).num_items == 3

    Throttle.objects.update(wait_until=timezone.now() - timedelta(seconds=1))
    put_in_basket(client, bowl)
    assert basket_of(client).num_items == 4


@pytest.mark.usefixtures("_three_at_once")
def test_script_of_a_hasty_shopper_gets_the_sentence(client, bowl):
    add = reverse("basket:add", args=[bowl.pk])
    responses = [
        client.post(add, {"quantity": 1}, headers={"X-Requested-With": "XMLHttpRequest"})
        for _time in range(4)
    ]

    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    assert responses[3]["Retry-After"] == "10"
    assert responses[3]["Content-Type"].startswith("text/plain")
    assert responses[3].text.endswith("Try again in 10 seconds.")


@pytest.mark.usefixtures("_three_at_once")
def test_shoppers_of_other_networks_do_not_wait(client, bowl):
    for _time in range(4):
        put_in_basket(client, bowl)
    other = Client(REMOTE_ADDR="203.0.113.9")

    put_in_basket(other, bowl)

    assert basket_of(other).num_items == 1


def test_office_of_hasty_buyers_never_waits():
    """Forty people behind one address, each adding a product every minute."""
    assert not any(map(basket.ADD_LIMIT.wait_after, range(40 * 60)))
