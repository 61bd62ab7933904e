"""Bulk price changes follow the rule for single ones: a price of zero needs confirmation."""

from decimal import Decimal

import pytest
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.accounts.roles import MERCHANDISER
from commerce.dashboard.permission_report import make_person
from home.staff.roles import create_page_roles
from tests.factories import make_product


@pytest.fixture
def mug_and_bowl(shop, site_root, client):
    create_page_roles()
    client.force_login(make_person(MERCHANDISER))
    return make_product("Mug", price="30.00"), make_product("Bowl", price="130.00")


def set_prices(client, products, **fields):
    """Select the products in the list, and submit the price form on the next page."""
    keys = [product.pk for product in products]
    chosen = {"action": "set_product_price", "selected_product": keys}
    page = client.post(reverse("dashboard:catalogue-product-list"), chosen)
    partner = products[0].stockrecords.get().partner_id
    return client.post(
        page["Location"], {"selected_products": keys, "partners": [partner], **fields}
    )


def prices(*products):
    return [product.stockrecords.get().price for product in products]


@pytest.mark.parametrize(
    "change",
    [{"new_price": "0"}, {"increase_by_amount": "-100"}, {"increase_by_percentage": "-100"}],
)
def test_price_of_zero_needs_confirmation(client, mug_and_bowl, change):
    response = set_prices(client, mug_and_bowl, **change)

    assert response.status_code == 200
    assert "Mug" in response.text
    assert prices(*mug_and_bowl) == [Decimal("30.00"), Decimal("130.00")]


def test_product_without_a_price_needs_confirmation(client, mug_and_bowl):
    get_model("partner", "StockRecord").objects.update(price=None)

    set_prices(client, mug_and_bowl, increase_by_percentage="10")
    assert prices(*mug_and_bowl) == [None, None]
    for change in ({"new_price": "0"}, {f"price_{mug_and_bowl[0].pk}": "0"}):
        response = set_prices(client, mug_and_bowl, **change)
        assert response.status_code == 200
        assert prices(*mug_and_bowl) == [None, None]


def test_form_names_no_currency_and_no_browser_reads_its_numbers(client, mug_and_bowl):
    page = set_prices(client, mug_and_bowl, new_price="2,95").text

    assert "10 turns 10.00 into 11.00" in page
    assert "€" not in page
    assert 'name="new_price" value="2,95"' in page
    assert prices(*mug_and_bowl) == [Decimal("30.00"), Decimal("130.00")]


def test_negative_price_is_refused_even_if_confirmed(client, mug_and_bowl):
    set_prices(client, mug_and_bowl, increase_by_amount="-31", gives_away="on")

    assert prices(*mug_and_bowl) == [Decimal("30.00"), Decimal("130.00")]


def test_confirmed_price_of_zero_is_saved(client, mug_and_bowl):
    set_prices(client, mug_and_bowl, new_price="0", gives_away="on")

    assert prices(*mug_and_bowl) == [Decimal("0.00"), Decimal("0.00")]


def test_ordinary_change_is_saved(client, mug_and_bowl):
    set_prices(client, mug_and_bowl, increase_by_percentage="10")

    assert prices(*mug_and_bowl) == [Decimal("33.00"), Decimal("143.00")]
