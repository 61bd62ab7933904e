"""A guest buys in Chromium: one order, one mail, and stock reduced by the quantity."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SUCCEEDS, DECLINED, ASKS_BANK = "4242 4242 4242 4242", "4000000000000002", "4000002500003155"


def stock(site, sku_like):
    """Units in stock and allocated of variants with a SKU pattern."""
    return site.rows(
        "SELECT num_in_stock, COALESCE(num_allocated, 0) FROM partner_stockrecord"
        " WHERE partner_sku LIKE ? ORDER BY id",
        sku_like,
    )


def orders(site):
    """Numbers and statuses of new orders, without the demo's past ones."""
    return site.rows(
        "SELECT o.number, o.status FROM order_order o JOIN checkout_paymentattempt a"
        " ON a.order_id = o.id ORDER BY o.id"
    )


def put_into_basket(page, site, path="/catalogue/", title="Harbour mug"):
    """Open a product from a list, select its second variant, and add one."""
    page.goto(site.url + path)
    page.get_by_role("link", name=title).first.click()
    page.locator("[data-variant]").nth(1).click()
    page.get_by_role("button", name="Add to basket").click()
    page.locator(".added").get_by_text(title).wait_for()


def give_details(page, site, email):
    """Go from the basket through address and delivery to the payment page."""
    page.goto(site.url + "/basket/")
    page.get_by_role("link", name=re.compile("checkout", re.I)).first.click()
    page.get_by_label("Email").fill(email)
    address = page.get_by_role("group", name="Delivery address")
    address.get_by_label("First name").fill("Ada")
    address.get_by_label("Last name").fill("Marsh")
    address.get_by_label("Address", exact=True).fill("12 Quay Street")
    address.get_by_label("Town or city").fill("Wells")
    address.get_by_label("Postcode").fill("NR23 1AH")
    page.get_by_role("button", name="Continue to delivery").click()
    page.get_by_role("button", name="Continue to payment").click()


def pay_with(page, number):
    """Fill in the card and press Pay."""
    page.get_by_label("Card number").fill(number)
    page.get_by_label(re.compile("Expiry")).fill("12/40")
    page.get_by_label("Security code").fill("123")
    page.get_by_role("button", name=re.compile("^Pay £")).click()


def order_number(page):
    """The order number on the thank-you page."""
    page.get_by_role("heading", name=re.compile("Thank you")).wait_for()
    return re.search(r"SM-[A-Z0-9]{8}", page.content()).group()


def assert_bought_once(site, number, email):
    """Check for one paid order with the number and one confirmation to the address."""
    mails = site.wait_for_mail(f"To: {email}")
    assert len([mail for mail in mails if number in mail]) == 1
    assert [row for row in orders(site) if row[0] == number] == [(number, "Paid")]
    site.manage("check_invariants")


def test_guest_buys_from_home_page_to_mail(page, site):
    before = stock(site, "%MUG%")
    page.goto(site.url)
    page.get_by_role("link", name="Shop the table").click()
    page.get_by_role("link", name="Harbour mug", exact=True).first.click()
    page.locator("[data-variant]").nth(1).click()
    page.get_by_text("Glaze: Slate").wait_for()
    page.get_by_role("button", name="Add to basket").click()
    page.locator(".added").get_by_text("Harbour mug").wait_for()

    give_details(page, site, "home-to-mail@example.com")
    pay_with(page, SUCCEEDS)

    number = order_number(page)
    assert_bought_once(site, number, "home-to-mail@example.com")
    after = stock(site, "%MUG%")
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert [(a[0] - b[0], b[1] - a[1]) for a, b in changed] == [(0, 1)]
    mail = site.mails(number)[0]
    assert "Harbour mug" in mail
    assert "NR23 1AH" in mail


def test_decline_then_payment_is_one_order(page, site):
    put_into_basket(page, site)
    give_details(page, site, "declined@example.com")
    count = len(orders(site))

    pay_with(page, DECLINED)
    page.get_by_role("alert").filter(has_text="declined").wait_for()
    pay_with(page, SUCCEEDS)

    assert_bought_once(site, order_number(page), "declined@example.com")
    assert len(orders(site)) == count + 1


def test_bank_authentication_succeeds(page, site):
    put_into_basket(page, site)
    give_details(page, site, "bank-yes@example.com")

    pay_with(page, ASKS_BANK)
    page.get_by_role("button", name="Yes, confirm the payment").click()

    assert_bought_once(site, order_number(page), "bank-yes@example.com")


def test_bank_authentication_fails_then_another_card_pays(page, site):
    put_into_basket(page, site)
    give_details(page, site, "bank-no@example.com")
    count = len(orders(site))

    pay_with(page, ASKS_BANK)
    page.get_by_role("button", name="No, refuse it").click()
    page.get_by_role("alert").filter(has_text="bank").wait_for()
    pay_with(page, SUCCEEDS)

    assert_bought_once(site, order_number(page), "bank-no@example.com")
    assert len(orders(site)) == count + 1


def test_change_in_another_tab_is_shown_before_it_is_ordered(page, site):
    put_into_basket(page, site)
    give_details(page, site, "two-tabs@example.com")
    count = len(orders(site))
    other = page.context.new_page()
    other.goto(site.url + "/checkout/delivery/")
    other.get_by_text("Express").first.click()
    other.get_by_role("button", name="Continue to payment").click()
    other.locator("payment-form").wait_for()
    other.close()

    pay_with(page, SUCCEEDS)

    alert = page.get_by_role("alert").filter(has_text="Your order has changed")
    expect(alert).to_contain_text("Delivery is now Express instead of Standard.")
    page.locator("#order-summary").get_by_text("Express").wait_for()
    assert len(orders(site)) == count
    assert page.get_by_label("Security code").input_value() == "123"
    page.get_by_role("button", name=re.compile("^Pay £")).click()
    number = order_number(page)
    assert_bought_once(site, number, "two-tabs@example.com")
    [(name,)] = site.rows("SELECT shipping_method FROM order_order WHERE number = ?", number)
    assert "Express" in name


def test_double_click_on_pay_is_one_order(page, site):
    put_into_basket(page, site)
    give_details(page, site, "double@example.com")
    count = len(orders(site))
    page.get_by_label("Card number").fill(SUCCEEDS)
    page.get_by_label(re.compile("Expiry")).fill("12/40")
    page.get_by_label("Security code").fill("123")

    page.get_by_role("button", name=re.compile("^Pay £")).dblclick()

    assert_bought_once(site, order_number(page), "double@example.com")
    assert len(orders(site)) == count + 1


def test_browser_closed_after_paying_loses_nothing(page, site):
    put_into_basket(page, site)
    give_details(page, site, "closed@example.com")
    page.route("**/checkout/return/**", lambda route: route.abort())

    pay_with(page, SUCCEEDS)

    mail = site.wait_for_mail("To: closed@example.com")
    number = re.search(r"SM-[A-Z0-9]{8}", mail[0]).group()
    assert_bought_once(site, number, "closed@example.com")


def test_changing_the_order_restores_everything(page, site):
    put_into_basket(page, site)
    give_details(page, site, "change@example.com")
    pay_with(page, DECLINED)
    page.get_by_role("alert").filter(has_text="declined").wait_for()
    page.reload()

    page.get_by_role("button", name="Change your order").click()

    page.get_by_role("heading", name=re.compile("basket", re.I)).first.wait_for()
    assert page.get_by_text("Harbour mug").first.is_visible()
    site.manage("check_invariants")


def test_checkout_without_javascript_up_to_payment(chromium, site):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url + "/catalogue/")
    page.get_by_role("link", name="Harbour mug", exact=True).first.click()
    page.locator("[data-variant]").nth(1).click()
    page.get_by_role("button", name="Add to basket").click()

    give_details(page, site, "plain@example.com")

    assert page.url.endswith("/checkout/payment/")
    assert page.get_by_text("Paying by card needs JavaScript").is_visible()
    assert page.get_by_text("Slate", exact=False).first.is_visible()
    context.close()


def test_address_fields_follow_the_country_in_place(page, site):
    put_into_basket(page, site)
    page.goto(site.url + "/basket/")
    page.get_by_role("link", name=re.compile("checkout", re.I)).first.click()
    page.get_by_label("Email").fill("eircode@example.com")
    address = page.get_by_role("group", name="Delivery address")
    address.get_by_label("First name").fill("Ada")
    address.get_by_label("Last name").fill("Marsh")
    address.get_by_label("Address", exact=True).fill("1 Quay")
    address.get_by_label("Town or city").fill("Cork")
    address.get_by_label("Postcode").fill("000")
    page.get_by_role("button", name="Continue to delivery").click()
    page.get_by_role("alert").wait_for()

    address.get_by_label("Country").focus()
    address.get_by_label("Country").select_option("IE")

    address.get_by_label("Eircode").wait_for()
    assert address.get_by_label("First name").input_value() == "Ada"
    assert address.get_by_label("Eircode").input_value() == "000"
    assert address.get_by_label("Country").evaluate("field => field === document.activeElement")
    assert page.get_by_role("button", name="Update for this country").count() == 0
    assert page.get_by_role("alert").count() == 0

    address.get_by_label("Eircode").fill("d02x285")
    page.get_by_role("button", name="Continue to delivery").click()
    page.get_by_text("D02 X285").wait_for()
