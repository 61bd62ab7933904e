"""Undoing what was removed from a basket: where the lines are stored, and for how long."""

import time

import pytest
from django.test import Client
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.basket.undo import MOST, REMOVALS, UNDO_SECONDS
from commerce.models import OptionPrice
from tests.commerce.test_basket import basket_of, text_of
from tests.factories import make_product
from tests.shopper import put_in_basket

pytestmark = pytest.mark.django_db


@pytest.fixture
def notebook(shop):
    """A notebook with a long message."""
    product = make_product("Notebook", price="22.00", stock=50)
    option = get_model("catalogue", "Option").objects.create(
        name="Message", code="message", type="text"
    )
    OptionPrice.objects.create(option=option, max_length=1000)
    product.product_options.add(option)
    return product


def test_undo_puts_no_text_of_a_line_into_a_url(client, notebook):
    text = "Dearest Clara, " + "many happy returns " * 50
    add = reverse("basket:add", args=[notebook.pk])
    client.post(add, {"quantity": 1, "message": text})
    assert "sessionid" not in client.cookies

    page = client.post(reverse("basket:clear"), follow=True)

    ((address, _status),) = page.redirect_chain
    assert len(address) < 100
    assert page.context["taken"]
    client.post(reverse("basket:undo"), {"token": page.context["undo"]})
    line = basket_of(client).all_lines().get()
    assert [answer.value for answer in line.attributes.all()] == [text.strip()]


def test_undo_belongs_to_the_browser_that_removed(client, vase):
    put_in_basket(client, vase)
    page = client.post(reverse("basket:clear"), follow=True)

    other = Client()
    address = page.redirect_chain[-1][0]
    assert other.get(address).context["taken"] == ""
    refused = other.post(reverse("basket:undo"), {"token": page.context["undo"]}, follow=True)

    assert "too late to undo" in text_of(refused)


def test_undo_ends_after_half_an_hour_with_the_session_that_stored_it(client, vase, monkeypatch):
    put_in_basket(client, vase)
    page = client.post(reverse("basket:clear"), follow=True)
    address = page.redirect_chain[-1][0]
    now = time.time()
    monkeypatch.setattr("commerce.basket.undo.time.time", lambda: now + UNDO_SECONDS + 60)

    refused = client.post(reverse("basket:undo"), {"token": page.context["undo"]})
    assert client.get(address).context["taken"] == ""

    assert refused.status_code == 302
    assert basket_of(client).is_empty
    assert not client.cookies["sessionid"].value


def test_viewing_the_basket_leaves_expired_removals_to_the_next_change(client, vase, monkeypatch):
    put_in_basket(client, vase)
    address = client.post(reverse("basket:clear"), follow=True).redirect_chain[-1][0]
    stored = dict(client.session[REMOVALS])
    now = time.time()
    monkeypatch.setattr("commerce.basket.undo.time.time", lambda: now + UNDO_SECONDS + 60)

    page = client.get(address)
    assert page.context["taken"] == ""
    assert "sessionid" not in page.cookies
    assert client.session[REMOVALS] == stored

    changed = client.post(reverse("basket:add", args=[vase.pk]), {"quantity": 1})
    assert not changed.cookies["sessionid"].value


def test_only_the_last_removals_can_be_undone(client, vase):
    keys = []
    for _number in range(MOST + 1):
        put_in_basket(client, vase)
        keys.append(client.post(reverse("basket:clear"), follow=True).context["undo"])

    assert list(client.session[REMOVALS]) == keys[1:]
