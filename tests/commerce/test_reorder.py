"""Ordering again: what is added, what is not and why, and nothing twice."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.models import Retirement
from tests.factories import make_order, make_product, make_user, set_shop, stockrecord_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer(client, shop):
    user = make_user()
    client.force_login(user)
    return user


def reorder(client, order):
    """Press "Order again" and return the redirect's URL and the messages."""
    response = client.post(reverse("customer:order", args=[order.number]), {"action": "reorder"})
    return response.url, [str(message) for message in get_messages(response.wsgi_request)]


def units_of(user):
    lines = get_model("basket", "Line").objects.filter(basket__owner=user)
    return {line.product.get_title(): line.quantity for line in lines}


def test_products_are_added_and_named(client, buyer, vase):
    cup = make_product("Cup", price="20.00", glazes={"oat": 9})
    order = make_order(vase, cup.children.get(), user=buyer)

    url, said = reorder(client, order)

    assert url == reverse("basket:summary")
    assert units_of(buyer) == {"Moon vase": 1, "Cup, Oat": 1}
    assert said == ["Added to your basket: 1 × Moon vase; 1 × Cup, Oat."]


def test_second_press_adds_nothing(client, buyer, vase):
    order = make_order(vase, user=buyer)
    reorder(client, order)

    url, said = reorder(client, order)

    assert units_of(buyer) == {"Moon vase": 1}
    assert url == reverse("basket:summary")
    assert said[-1] == "Already in your basket, so not added again: Moon vase."


def test_existing_lines_stay_and_are_topped_up(client, buyer):
    bowl, jug = make_product("Bowl", price="30.00"), make_product("Jug", price="40.00")
    order = make_order(bowl, user=buyer)
    order.lines.update(quantity=3)
    for piece in (bowl, jug):
        client.post(reverse("basket:add", args=[piece.pk]), {"quantity": 1})

    _url, said = reorder(client, order)

    assert units_of(buyer) == {"Bowl": 3, "Jug": 1}
    assert said[-1] == "Added to your basket: 2 × Bowl."


def test_sold_out_retired_hidden_and_deleted_products_have_different_messages(client, buyer):
    names = ("Bowl", "Sold", "Retired", "Replaced", "Hidden", "Deleted")
    bowl, sold, retired, replaced, hidden, deleted = (
        make_product(name, price="30.00") for name in names
    )
    order = make_order(bowl, sold, retired, replaced, hidden, deleted, user=buyer)
    get_model("partner", "StockRecord").objects.filter(product=sold).update(num_in_stock=0)
    Retirement.objects.create(product=retired)
    Retirement.objects.create(product=replaced, replacement=bowl)
    get_model("catalogue", "Product").objects.filter(pk=hidden.pk).update(is_public=False)
    deleted.delete()

    url, said = reorder(client, order)

    assert url == reverse("basket:summary")
    assert units_of(buyer) == {"Bowl": 1}
    assert said == [
        "Added to your basket: 1 × Bowl.",
        "“Sold” is sold out. “Retired” is no longer available. “Replaced” is no longer available;"
        " “Bowl” replaces it. “Hidden” is not for sale at the moment. “Deleted” is no longer"
        " available.",
    ]


def test_fewer_units_are_added_if_fewer_are_left(client, buyer):
    bowl = make_product("Bowl", price="30.00", stock=2)
    order = make_order(bowl, user=buyer)
    order.lines.update(quantity=5)

    _url, said = reorder(client, order)

    assert units_of(buyer) == {"Bowl": 2}
    assert said[-1] == "There are only 2 of “Bowl”, and they are in your basket."


def test_unavailable_order_redirects_back_to_itself(client, buyer, vase):
    order = make_order(vase, user=buyer)
    record = stockrecord_of(vase)
    record.num_in_stock = 0
    record.save()

    url, said = reorder(client, order)

    assert url == reverse("customer:order", args=[order.number])
    assert units_of(buyer) == {}
    assert said == ["“Moon vase” is sold out. Nothing was added to your basket."]


def test_basket_limit_applies(client, buyer):
    set_shop(max_items=4)
    bowl, jug = make_product("Bowl", price="30.00"), make_product("Jug", price="40.00")
    order = make_order(bowl, jug, user=buyer)
    order.lines.update(quantity=3)

    _url, said = reorder(client, order)

    assert units_of(buyer) == {"Bowl": 3, "Jug": 1}
    assert "Not all of “Jug” is in the basket" in said[-1]


def test_other_customers_orders_are_not_found(client, buyer, vase):
    order = make_order(vase, user=make_user(email="other@example.com"))

    response = client.post(reverse("customer:order", args=[order.number]), {"action": "reorder"})

    assert response.status_code == 404
