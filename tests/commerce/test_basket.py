"""The basket over HTTP, with all kinds of quantities."""

from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from oscar.core.loading import get_model

from tests.factories import PASSWORD, make_user, make_voucher, stockrecord_of
from tests.shopper import put_in_basket

pytestmark = pytest.mark.django_db
Basket, Line = get_model("basket", "Basket"), get_model("basket", "Line")
SUMMARY = "/basket/"


def basket_of(client):
    return client.get(SUMMARY).wsgi_request.basket


def text_of(response):
    return " ".join(response.content.decode().split())


def change(client, line, quantity):
    return client.post(SUMMARY, {f"line-{line.pk}-quantity": quantity}, follow=True)


@pytest.fixture
def oat(mug):
    """The mug's first variant: ten in stock."""
    return mug.children.order_by("pk").first()


def test_viewing_creates_no_basket(client, mug):
    for url in ("/catalogue/", SUMMARY, reverse("catalogue:index")):
        client.get(url)

    assert Basket.objects.count() == 0


def test_adding_returns_to_the_previous_page(client, mug, oat):
    response = put_in_basket(client, mug, 2, child_id=oat.pk, next="/catalogue/?sort=newest")

    assert response.url == "/catalogue/?sort=newest"
    assert "2 × Harbour mug" in text_of(client.get(response.url))
    assert basket_of(client).num_items == 2


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:x", ""])
def test_adding_never_redirects_to_another_host(client, vase, target):
    assert put_in_basket(client, vase, next=target).url == SUMMARY


def test_adding_by_script_returns_only_the_note(client, vase):
    response = client.post(
        reverse("basket:add", args=[vase.pk]), {"quantity": 1},
        headers={"X-Requested-With": "XMLHttpRequest"},
    )  # fmt: skip

    assert response.status_code == 200
    assert "Moon vase" in response.content.decode()
    assert "<html" not in response.content.decode()


def test_adding_the_same_product_again_adds_up(client, mug, oat):
    put_in_basket(client, mug, 2, child_id=oat.pk)
    put_in_basket(client, mug, 3, child_id=oat.pk)

    assert [line.quantity for line in basket_of(client).all_lines()] == [5]


@pytest.mark.parametrize(
    "quantity", ["0", "-1", "1.5", "1e3", "many", "", "99999999999999999999", "２x"]
)
def test_invalid_quantity_shows_a_message_and_adds_nothing(client, vase, quantity):
    response = client.post(
        reverse("basket:add", args=[vase.pk]), {"quantity": quantity},
        headers={"X-Requested-With": "XMLHttpRequest"},
    )  # fmt: skip

    assert response.status_code == 422
    assert response["Content-Type"].startswith("text/plain")
    assert response.content.decode().endswith(".")
    assert basket_of(client).num_items == 0


def test_quantity_above_the_stock_names_the_number_left(client, mug, oat):
    put_in_basket(client, mug, 8, child_id=oat.pk)

    response = client.post(
        reverse("basket:add", args=[mug.pk]), {"quantity": 3, "child_id": oat.pk}, follow=True
    )

    assert "There are only 10 of this product. You have 8 in your basket already." in text_of(
        response
    )
    assert basket_of(client).num_items == 8


@pytest.mark.parametrize("child", ["", "0", "999999", "x", None])
def test_invalid_variant_asks_for_a_choice(client, mug, child):
    fields = {} if child is None else {"child_id": child}

    response = client.post(
        reverse("basket:add", args=[mug.pk]), {"quantity": 1, **fields}, follow=True
    )

    assert "Choose an option first." in text_of(response)


def test_variant_of_another_product_is_refused(client, mug, vase):
    put_in_basket(client, mug, child_id=vase.pk)

    assert basket_of(client).num_items == 0


def test_hidden_or_unknown_product_is_a_404(client, vase):
    vase.is_public = False
    vase.save()

    assert put_in_basket(client, vase).status_code == 404
    assert client.post("/basket/add/999999/", {"quantity": 1}).status_code == 404


def test_sold_out_product_is_refused_with_a_message(client, vase):
    record = stockrecord_of(vase)
    record.num_allocated = 1
    record.save()

    response = client.post(reverse("basket:add", args=[vase.pk]), {"quantity": 1}, follow=True)

    assert "has just sold out" in text_of(response)


def test_product_without_a_price_is_refused_with_a_message(client, vase):
    vase.stockrecords.update(price=None)

    response = client.post(reverse("basket:add", args=[vase.pk]), {"quantity": 1}, follow=True)

    assert "not for sale" in text_of(response)


def test_changing_a_quantity(client, mug, oat):
    put_in_basket(client, mug, child_id=oat.pk)
    line = basket_of(client).all_lines()[0]

    page = change(client, line, "3")

    line.refresh_from_db()
    assert line.quantity == 3
    assert "£72" in text_of(page)


@pytest.mark.parametrize("quantity", ["-1", "1.5", "many", "", "11", "99999999999999999999"])
def test_invalid_quantity_is_reported_on_its_line_and_kept_as_typed(client, mug, oat, quantity):
    put_in_basket(client, mug, 2, child_id=oat.pk)
    line = basket_of(client).all_lines()[0]

    page = change(client, line, quantity)

    line.refresh_from_db()
    assert line.quantity == 2
    assert page.status_code == 200
    assert page.context["rows"][0][1][0] == quantity
    assert page.context["rows"][0][1][1].endswith(".")


def test_quantity_zero_removes_the_line_and_undo_restores_it(client, mug, oat):
    put_in_basket(client, mug, 2, child_id=oat.pk)
    line = basket_of(client).all_lines()[0]

    page = change(client, line, "0")
    assert basket_of(client).is_empty
    back = client.post(reverse("basket:undo"), {"token": page.context["undo"]}, follow=True)

    assert "Your basket has been restored." in text_of(back)
    assert basket_of(client).num_items == 2


def test_one_invalid_line_does_not_block_the_others(client, mug, oat, vase):
    put_in_basket(client, mug, child_id=oat.pk)
    put_in_basket(client, vase)
    first, second = basket_of(client).all_lines().order_by("pk")

    client.post(SUMMARY, {f"line-{first.pk}-quantity": 4, f"line-{second.pk}-quantity": "x"})

    first.refresh_from_db()
    assert first.quantity == 4


def test_clearing_and_undoing(client, mug, oat, vase):
    put_in_basket(client, mug, 2, child_id=oat.pk)
    put_in_basket(client, vase)

    page = client.post(reverse("basket:clear"), follow=True)
    assert basket_of(client).is_empty
    client.post(reverse("basket:undo"), {"token": page.context["undo"]})

    assert sorted(line.quantity for line in basket_of(client).all_lines()) == [1, 2]


def test_undo_names_products_sold_out_meanwhile(client, vase):
    put_in_basket(client, vase)
    page = client.post(reverse("basket:clear"), follow=True)
    vase.stockrecords.update(num_in_stock=0)

    back = client.post(reverse("basket:undo"), {"token": page.context["undo"]}, follow=True)

    assert "1 item couldn’t be restored" in text_of(back)


def test_undo_restores_the_position_of_the_line(client, mug, oat, vase):
    put_in_basket(client, mug, 2, child_id=oat.pk)
    put_in_basket(client, vase)
    first = basket_of(client).all_lines()[0]

    page = client.post(SUMMARY, {"remove": first.pk}, follow=True)
    client.post(reverse("basket:undo"), {"token": page.context["undo"]})

    rows = client.get(SUMMARY).context["rows"]
    assert [line.product_id for line, _error in rows] == [oat.pk, vase.pk]


def test_undo_is_offered_once(client, vase):
    put_in_basket(client, vase)
    page = client.post(reverse("basket:clear"), follow=True)
    address = page.redirect_chain[-1][0]
    assert "Undo" in text_of(client.get(address))

    client.post(reverse("basket:undo"), {"token": page.context["undo"]})

    assert page.context["taken"]
    assert client.get(address).context["taken"] == ""


def test_undo_by_script_returns_the_basket_with_one_note(client, vase):
    put_in_basket(client, vase)
    page = client.post(reverse("basket:clear"), follow=True)

    answer = client.post(
        reverse("basket:undo"), {"token": page.context["undo"]},
        headers={"X-Requested-With": "XMLHttpRequest"},
    )  # fmt: skip

    assert "Your basket has been restored." in text_of(answer)
    assert 'data-count="1"' in text_of(answer)
    assert "Everything is back" not in text_of(client.get(SUMMARY))


def test_line_above_the_stock_offers_the_available_number(client, vase, mug, oat):
    put_in_basket(client, mug, 5, child_id=oat.pk)
    oat.stockrecords.update(num_in_stock=3)
    line = basket_of(client).all_lines()[0]
    page = client.get(SUMMARY)
    assert not page.context["is_ready"]
    assert "Set to the 3 available" in text_of(page)

    page = client.post(SUMMARY, {"take": line.pk, f"line-{line.pk}-quantity": 5}, follow=True)

    assert basket_of(client).num_items == 3
    assert page.context["is_ready"]
    assert "that are there" not in text_of(page)


def test_quantity_above_the_stock_offers_the_available_number(client, mug, oat):
    put_in_basket(client, mug, 2, child_id=oat.pk)
    line = basket_of(client).all_lines()[0]

    assert "Set to the 10 available" in text_of(change(client, line, "11"))
    assert "Take the" not in text_of(change(client, line, "many"))


@pytest.mark.parametrize("token", ["", "forged", "WzFd:1:x", "a" * 5000])
def test_invalid_undo_token_does_nothing(client, vase, token):
    response = client.post(reverse("basket:undo"), {"token": token}, follow=True)

    assert "too late to undo" in text_of(response)


def test_changing_needs_post(client, shop):
    assert client.get(reverse("basket:clear")).status_code == 405
    assert client.get(reverse("basket:undo")).status_code == 405


def test_line_of_another_basket_cannot_be_removed(client, mug, oat, vase):
    stranger = type(client)()
    put_in_basket(stranger, vase)
    put_in_basket(client, mug, child_id=oat.pk)
    theirs = basket_of(stranger).all_lines()[0]

    client.post(SUMMARY, {"remove": theirs.pk})
    client.post(SUMMARY, {f"line-{theirs.pk}-quantity": 0})

    assert basket_of(stranger).num_items == 1


def test_line_is_saved_for_later_and_moved_back(client, mug, oat):
    client.force_login(make_user())
    put_in_basket(client, mug, 2, child_id=oat.pk)
    line = basket_of(client).all_lines()[0]

    client.post(SUMMARY, {"save": line.pk})
    page = client.get(SUMMARY)
    assert (page.wsgi_request.basket.num_items, len(page.context["saved_lines"])) == (0, 1)
    client.post(reverse("basket:saved"), {"move": page.context["saved_lines"][0].line_id})

    assert basket_of(client).num_items == 2


def test_saving_for_later_needs_an_account(client, vase):
    put_in_basket(client, vase)
    line = basket_of(client).all_lines()[0]

    assert client.post(SUMMARY, {"save": line.pk}).url.startswith(reverse("account_login"))


def test_saved_line_can_be_removed_and_stays_if_sold_out(client, vase):
    client.force_login(make_user())
    put_in_basket(client, vase)
    client.post(SUMMARY, {"save": basket_of(client).all_lines()[0].pk})
    kept = client.get(SUMMARY).context["saved_lines"][0].line_id
    vase.stockrecords.update(num_in_stock=0)

    back = client.post(reverse("basket:saved"), {"move": kept}, follow=True)
    assert "currently sold out" in text_of(back)
    client.post(reverse("basket:saved"), {"remove": kept})

    assert client.get(SUMMARY).context["saved_lines"] == []


def test_guest_basket_is_merged_at_sign_in(client, mug, oat, vase):
    user = make_user()
    owned = Basket.objects.create(owner=user)
    owned.strategy = basket_of(client).strategy
    owned.add_product(vase, 1)
    put_in_basket(client, mug, 2, child_id=oat.pk)

    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})

    basket = basket_of(client)
    assert (basket.owner, basket.num_items) == (user, 3)
    assert Basket.open.count() == 1


def test_notice_blocks_checkout_if_a_product_sold_out(client, vase):
    put_in_basket(client, vase)
    vase.stockrecords.update(num_in_stock=0)

    page = client.get(SUMMARY)

    assert not page.context["is_ready"]
    assert "has sold out. Remove it to continue." in text_of(page)


@pytest.mark.parametrize(
    ("price", "words"), [("95.00", "since you added it"), ("80.00", "the price has dropped")]
)
def test_notice_reports_a_changed_price(client, vase, price, words):
    put_in_basket(client, vase)
    vase.stockrecords.update(price=Decimal(price))

    page = client.get(SUMMARY)

    assert page.context["is_ready"]
    assert words in text_of(page)
    assert "basket-line__note--stop" not in text_of(page)


def test_each_price_change_is_reported_once(client, vase):
    put_in_basket(client, vase)

    assert told(client, vase, "95.00") == [True, False]
    assert told(client, vase, "99.00") == [True, False]
    assert told(client, vase, "90.00") == [False, False]
    assert told(client, vase, "95.00") == [True, False]


def told(client, product, price):
    """Whether two visits to the basket report a price change. Neither writes to the database."""
    product.stockrecords.update(price=Decimal(price))
    kept = [list(rows.objects.values()) for rows in (Line, Session)]
    texts = [text_of(client.get(SUMMARY)) for _n in range(2)]
    assert kept == [list(rows.objects.values()) for rows in (Line, Session)]
    return [f"now costs £{price.removesuffix('.00')}" in text for text in texts]


def test_blocking_notice_stays_on_every_view(client, vase):
    put_in_basket(client, vase)
    vase.stockrecords.update(num_in_stock=0)

    for _n in range(2):
        assert "basket-line__note--stop" in text_of(client.get(SUMMARY))


@pytest.mark.parametrize("cookie", ["", "...", "x" * 5000, "1-1-1"])
def test_malformed_price_cookie_is_ignored(client, vase, cookie):
    put_in_basket(client, vase)
    vase.stockrecords.update(price=Decimal("95.00"))
    client.cookies["prices_read"] = cookie

    assert "now costs £95" in text_of(client.get(SUMMARY))


@pytest.mark.parametrize(
    ("voucher", "words"),
    [
        (None, "We don’t recognise"),
        ({"start": -9, "end": -2}, "has expired"),
        ({"start": 2, "end": 9}, "not valid yet"),
        ({"minimum": "100"}, "needs £100 or more: add items for £10"),
    ],
)
def test_refused_voucher_explains_why_and_keeps_the_code(client, vase, voucher, words):
    if voucher is not None:
        make_voucher("SALT", **voucher)
    put_in_basket(client, vase)

    page = client.post(reverse("basket:vouchers-add"), {"code": " salt "})

    assert words in page.context["voucher_error"]
    assert page.context["voucher_code"] == "salt"
    assert not page.wsgi_request.basket.vouchers.exists()


def test_voucher_without_a_code_or_a_basket(client, vase):
    make_voucher("SALT")

    empty = client.post(reverse("basket:vouchers-add"), {"code": ""})
    early = client.post(reverse("basket:vouchers-add"), {"code": "SALT"})

    assert "Enter your voucher code" in empty.context["voucher_error"]
    assert "Add something to your basket first." in early.context["voucher_error"]


def test_voucher_works_in_any_case_once_and_can_be_removed(client, vase):
    voucher = make_voucher("SALT", percent=10)
    put_in_basket(client, vase)

    client.post(reverse("basket:vouchers-add"), {"code": "salt"})
    assert basket_of(client).total_incl_tax == Decimal("81.00")
    again = client.post(reverse("basket:vouchers-add"), {"code": "SALT"})
    assert "already in your basket" in again.context["voucher_error"]
    client.post(reverse("basket:vouchers-remove", args=[voucher.pk]))

    assert basket_of(client).total_incl_tax == Decimal("90.00")


def test_forged_cookie_gives_an_empty_basket(client, vase):
    put_in_basket(client, vase)
    client.cookies["oscar_open_basket"] = "1:forged"

    assert basket_of(client).num_items == 0
