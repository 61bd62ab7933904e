"""Other payment methods in Chromium: a saved card, and bank transfer."""

import re

import pytest

from tests.browser.test_buying import (
    SUCCEEDS,
    assert_bought_once,
    give_details,
    order_number,
    orders,
    put_into_basket,
)
from tests.factories import PASSWORD

pytestmark = pytest.mark.browser
EMAIL = "keeps-cards@example.com"
MAKE_USER = f"""
from django.contrib.auth import get_user_model
from tests.factories import make_user
get_user_model().objects.filter(email="{EMAIL}").exists() or make_user("{EMAIL}")
"""


def type_card(page):
    """Fill in the three fields of the demo element."""
    page.get_by_label("Card number").fill(SUCCEEDS)
    page.get_by_label(re.compile("Expiry")).fill("12/40")
    page.get_by_label("Security code").fill("123")


def sign_in(page, site):
    """Sign in with the account of these tests."""
    site.manage("shell", "-c", MAKE_USER)
    page.goto(f"{site.url}/accounts/login/")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").first.fill(PASSWORD)
    page.locator("main form").get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/login" not in url)


def test_saved_card_pays_with_one_click(page, site):
    sign_in(page, site)
    page.goto(f"{site.url}/accounts/cards/")
    type_card(page)
    page.get_by_role("button", name="Save card").click()
    page.get_by_text("Visa ···· 4242").wait_for()

    put_into_basket(page, site)
    page.goto(f"{site.url}/checkout/details/")
    address = page.get_by_role("group", name="Delivery address")
    for label, text in (
        ("First name", "Ada"), ("Last name", "Marsh"), ("Town or city", "Wells"), ("Postcode", "NR23 1AH"),
    ):  # fmt: skip
        address.get_by_label(label).fill(text)
    address.get_by_label("Address", exact=True).fill("12 Quay Street")
    page.get_by_role("button", name="Continue to delivery").click()
    page.get_by_role("button", name="Continue to payment").click()
    assert page.get_by_label(re.compile("visa ···· 4242")).is_checked()
    assert not page.get_by_label("Card number").is_visible()
    page.get_by_role("button", name=re.compile("^Pay £")).click()

    assert_bought_once(site, order_number(page), EMAIL)

    page.goto(f"{site.url}/accounts/cards/")
    page.get_by_role("button", name=re.compile("Delete")).click()
    page.get_by_text("No saved cards").wait_for()


def test_transfer_places_the_order_and_gives_the_account(page, site):
    put_into_basket(page, site)
    give_details(page, site, "transfer@example.com")
    page.get_by_label(re.compile("Bank transfer")).check()
    assert not page.get_by_label("Card number").is_visible()
    page.get_by_role("button", name="Place order and pay by transfer").click()

    number = order_number(page)
    page.get_by_text("GB33 BUKB 2020 1555 5555 55").wait_for()
    mails = site.wait_for_mail("To: transfer@example.com")
    assert [number in mail and "GB33 BUKB" in mail for mail in mails] == [True]
    assert (number, "Pending payment") in [tuple(row) for row in orders(site)]


def test_transfer_works_without_javascript(chromium, site):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/catalogue/")
    page.get_by_role("link", name="Harbour mug", exact=True).first.click()
    page.get_by_role("button", name="Add to basket").click()
    give_details(page, site, "plain-transfer@example.com")
    page.get_by_label(re.compile("Bank transfer")).check()
    page.get_by_role("button", name=re.compile("^Pay £")).click()

    number = order_number(page)
    context.close()
    assert number in site.wait_for_mail("To: plain-transfer@example.com")[0]
