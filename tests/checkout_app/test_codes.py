"""Vouchers entered during the checkout, and what surrounds its steps."""

from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from tests.factories import make_product, make_voucher
from tests.shopper import (
    choose_delivery,
    give_details,
    press_pay,
    put_in_basket,
    reach_payment,
    see_payment,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def jug(shop):
    return make_product("Jug", price="50.00", stock=10)


@pytest.fixture
def voucher(jug):
    return make_voucher("SPRING")


def enter(client, code, step="payment-details", **fields):
    return client.post(
        reverse("checkout:voucher"), {"code": code, "step": step, **fields}, follow=True
    )


def test_voucher_entered_at_the_last_step_is_in_what_is_paid(client, jug, voucher):
    reach_payment(client, jug)

    page = enter(client, "spring")

    assert page.request["PATH_INFO"] == reverse("checkout:payment-details")
    assert "Voucher added." in page.content.decode()
    assert see_payment(client).context["summary"].total == Decimal("49.50")
    assert press_pay(client).status_code == 200


def test_form_of_the_page_has_its_token(shop, jug, voucher):
    client = Client(enforce_csrf_checks=True)
    client.post(
        reverse("basket:add", args=[jug.pk]),
        {"quantity": 1},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    page = client.get(reverse("checkout:shipping-address"))
    token = BeautifulSoup(page.content, "html.parser").select_one("[name=csrfmiddlewaretoken]")[
        "value"
    ]
    give_details(client, csrfmiddlewaretoken=token)
    page = client.get(reverse("checkout:shipping-method"))
    form = BeautifulSoup(page.content, "html.parser").select_one(".order-codes details form")
    fields = {one["name"]: one.get("value", "") for one in form.select("input")}

    answer = client.post(form["action"], {**fields, "code": "SPRING"})

    assert answer.status_code == 302


def test_voucher_can_be_taken_off_again(client, jug, voucher):
    reach_payment(client, jug)
    enter(client, "SPRING")

    enter(client, "", step="shipping-method", remove=voucher.pk)

    assert see_payment(client).context["summary"].total == Decimal("54.50")


def test_refused_code_stays_in_the_field_with_the_reason(client, jug):
    reach_payment(client, jug)

    page = enter(client, "SOMMER <b>")

    text = page.content.decode()
    assert "We don’t recognise" in text
    assert BeautifulSoup(text, "html.parser").select_one("#voucher-code")["value"] == "SOMMER <b>"


def test_code_added_between_page_and_pay_is_named(client, jug, voucher):
    reach_payment(client, jug)
    client.post(reverse("checkout:voucher"), {"code": "SPRING", "step": "payment-details"})

    answer = press_pay(client)

    assert answer.status_code == 409
    assert "SPRING" in answer.json()["error"]


def test_voucher_needs_the_first_step(client, jug, voucher):
    put_in_basket(client, jug)

    page = client.post(reverse("checkout:voucher"), {"code": "SPRING", "step": "payment-details"})

    assert page.url == reverse("checkout:shipping-address")


@pytest.mark.parametrize("step", ["", "pay", "//evil.example", "index"])
def test_unknown_step_leads_to_the_delivery(client, jug, voucher, step):
    reach_payment(client, jug)

    page = client.post(reverse("checkout:voucher"), {"code": "SPRING", "step": step})

    assert page.url == reverse("checkout:shipping-method")


def test_get_adds_nothing(client, jug, voucher):
    reach_payment(client, jug)

    assert client.get(reverse("checkout:voucher"), {"code": "SPRING"}).status_code == 405


def test_checkout_is_enclosed(client, jug, site_root):
    put_in_basket(client, jug)
    give_details(client)
    choose_delivery(client, "standard")
    for name in ("shipping-address", "shipping-method", "payment-details"):
        page = BeautifulSoup(client.get(reverse(f"checkout:{name}")).content, "html.parser")
        assert page.select_one(".site-header__logo")["href"] == "/"
        assert page.select_one(f'a[href="{reverse("basket:summary")}"]')
        for part in (
            ".site-header__nav",
            ".search-box",
            ".site-header__menu",
            ".announcement",
            ".site-footer",
        ):
            assert not page.select(part), (name, part)
        assert page.select(".checkout-foot")
