"""Wish lists: several per owner, private, shared by a secret link, and buying from them."""

import re

import pytest
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.catalogue import wishlists
from commerce.catalogue.wishlists import (
    create_list,
    lists_of,
    save_to_lists,
    share,
    stop_sharing,
    wishes_on,
)
from commerce.index.listings import product_url
from commerce.models import WishListLink
from tests.factories import PASSWORD, make_product, make_user, stockrecord_of

pytestmark = pytest.mark.django_db
Line = get_model("wishlists", "Line")


@pytest.fixture
def owner(client):
    user = make_user(first_name="Ada")
    client.force_login(user)
    return user


@pytest.fixture
def table(owner):
    return create_list(owner, "My list")


@pytest.fixture
def wedding(owner, table):
    return create_list(owner, "Wedding")


def url_of(name, *args):
    return reverse(f"customer:wishlists-{name}", args=args)


def pieces_of(wishlist):
    return list(wishlist.lines.order_by("pk").values_list("product", flat=True))


def test_first_product_creates_the_first_list(client, owner, mug):
    oat = mug.children.first()

    client.get(url_of("add-product", oat.pk))
    assert not lists_of(owner).exists()
    response = client.post(url_of("add-product", oat.pk), {"new_list": "My list"}, follow=True)

    assert "Harbour mug is saved to “My list”." in response.content.decode()
    assert response.redirect_chain[-1][0].endswith(f"?variant={oat.pk}")
    assert pieces_of(lists_of(owner)[0]) == [oat.pk]


def test_checkboxes_add_and_remove(client, vase, table, wedding):
    url = url_of("add-product", vase.pk)

    client.post(url, {"lists": [table.key, wedding.key]})
    assert (pieces_of(table), pieces_of(wedding)) == ([vase.pk], [vase.pk])
    assert client.get(url).content.decode().count(" checked") == 2

    client.post(url, {"lists": [wedding.key]})
    assert (pieces_of(table), pieces_of(wedding)) == ([], [vase.pk])

    client.post(url, {})
    assert not Line.objects.exists()


def test_adding_twice_keeps_one(client, vase, table):
    for _n in range(2):
        client.post(url_of("add-product", vase.pk), {"lists": [table.key]})

    assert Line.objects.get().quantity == 1


def test_guest_signs_in_and_confirms_once(client, vase):
    user = make_user()
    url = url_of("add-product", vase.pk)

    door = client.get(url)
    assert door.url == f"{reverse('account_login')}?next={url}"
    back = client.post(door.url, {"login": user.email, "password": PASSWORD, "next": url})

    assert back.url == url
    assert "Save Moon vase" in client.get(url).content.decode()


def test_product_page_links_to_the_lists(client, mug):
    oat = mug.children.order_by("pk").first()

    assert (
        f'href="{url_of("add-product", oat.pk)}"'
        in client.get(mug.get_absolute_url()).content.decode()
    )


def test_page_shows_the_lists_that_contain_the_product(client, owner, mug, table, wedding):
    oat, slate = mug.children.order_by("pk")
    save_to_lists(owner, oat, [table.key, wedding.key])
    save_to_lists(make_user("other@example.test"), slate, [], new_name="Theirs")

    page = client.get(product_url(mug.pk, mug.slug), {"variant": oat.pk}).text
    other = client.get(product_url(mug.pk, mug.slug), {"variant": slate.pk}).text

    assert "On “My list” and “Wedding”" in page
    assert "Save to wish list" not in page
    assert "Save to wish list" in other
    assert not any(words in other for words in ("Remove from list", "Theirs", "<!--kept"))


@pytest.mark.parametrize("is_part", [True, False])
def test_product_is_removed_on_its_page(client, owner, vase, table, is_part):
    save_to_lists(owner, vase, [table.key])
    headers = {"X-Requested-With": "XMLHttpRequest"} if is_part else {}
    page = client.get(product_url(vase.pk, vase.slug), headers=headers).text
    form = r'<form method="post" action="([^"]*wishlists/add[^"]*)">(.*?)</form>'
    action = re.search(form, page, re.DOTALL)

    response = client.post(action[1], follow=True)

    assert "csrfmiddlewaretoken" in action[2]
    assert "Remove from list" in action[2]
    assert pieces_of(table) == []
    assert "Save to wish list" in response.text


@pytest.mark.parametrize("pk", ["0", "999999", "9" * 18, "9" * 60])
def test_unknown_product_is_a_404(client, owner, pk):
    url = url_of("add-product", 1).replace("/1/", f"/{pk}/")

    assert client.get(url).status_code == 404
    assert client.post(url, {"new_list": "A"}).status_code == 404


def test_hidden_product_cannot_be_added(client, owner, mug):
    mug.is_public = False
    mug.save()

    assert client.get(url_of("add-product", mug.children.first().pk)).status_code == 404


def test_names_are_required_and_limited(client, owner):
    for name, error in (("  ", "Give the list a name"), ("x" * 61, "60"), ("a\x00b", "Null")):
        response = client.post(url_of("create"), {"name": name})
        assert response.status_code == 200
        assert error in response.content.decode()
    assert not lists_of(owner).exists()

    client.post(url_of("create"), {"name": "Wedding"})
    assert [row.name for row in lists_of(owner)] == ["Wedding"]


def test_limits_show_a_message(client, monkeypatch, vase, mug, table):
    monkeypatch.setattr(wishlists, "MAX_LISTS", 1)
    monkeypatch.setattr(wishlists, "MAX_LINES", 1)

    many = client.post(url_of("create"), {"name": "Another"}).content.decode()
    client.post(url_of("add-product", vase.pk), {"lists": [table.key]})
    full = client.post(url_of("add-product", mug.pk), {"lists": [table.key]}).content.decode()

    assert "You already have 1 lists" in many
    assert "“My list” is full" in full
    assert pieces_of(table) == [vase.pk]


def test_rename_and_delete(client, vase, owner, table):
    save_to_lists(owner, vase, [table.key])

    client.post(url_of("update", table.key), {"name": "Shelf"})
    table.refresh_from_db()
    assert table.name == "Shelf"

    assert client.get(url_of("delete", table.key)).status_code == 200
    assert lists_of(owner).exists()
    client.post(url_of("delete", table.key))
    assert not lists_of(owner).exists()


def test_move_and_remove(client, owner, vase, table, wedding):
    save_to_lists(owner, vase, [table.key])
    line = table.lines.get()

    client.post(url_of("move-product-to-another", table.key, line.pk), {"to": wedding.key})
    assert (pieces_of(table), pieces_of(wedding)) == ([], [vase.pk])

    client.post(url_of("remove-product", wedding.key, wedding.lines.get().pk))
    assert pieces_of(wedding) == []


def test_moving_to_a_list_with_the_product_keeps_one(client, owner, vase, table, wedding):
    save_to_lists(owner, vase, [table.key, wedding.key])

    client.post(
        url_of("move-product-to-another", table.key, table.lines.get().pk), {"to": wedding.key}
    )

    assert (pieces_of(table), pieces_of(wedding)) == ([], [vase.pk])


@pytest.mark.parametrize("name", ["remove-product", "move-product-to-another", "share"])
def test_get_request_changes_nothing(client, owner, vase, table, name):
    save_to_lists(owner, vase, [table.key])
    args = [table.key] if name == "share" else [table.key, table.lines.get().pk]

    assert client.get(url_of(name, *args)).status_code == 405
    assert pieces_of(table) == [vase.pk]


def test_other_users_lists_are_404s(client, owner, vase, table):
    save_to_lists(owner, vase, [table.key])
    line = table.lines.get()
    client.force_login(make_user("eve@example.com"))
    own = client.get(url_of("list")).content.decode()

    assert "My list" not in own
    for name in ("detail", "update", "delete"):
        assert client.get(url_of(name, table.key)).status_code == 404
    for url in (
        url_of("delete", table.key),
        url_of("share", table.key),
        url_of("remove-product", table.key, line.pk),
        url_of("move-product-to-another", table.key, line.pk),
    ):
        assert client.post(url, {"to": table.key, "share": "on"}).status_code == 404
    client.post(url_of("add-product", vase.pk), {"lists": [table.key]})
    assert pieces_of(table) == [vase.pk]
    assert not WishListLink.objects.exists()


def test_secret_link_works_until_it_is_revoked(client, owner, vase, table):
    save_to_lists(owner, vase, [table.key])
    client.post(url_of("share", table.key), {"share": "on"})
    url = reverse("wishlists:detail", args=[WishListLink.objects.get().token])
    assert f"http://testserver{url}" in client.get(url_of("detail", table.key)).content.decode()

    client.logout()
    response = client.get(url)
    content = response.content.decode()
    assert "A list shared by Ada" in content
    assert "Moon vase" in content
    assert "Remove" not in content
    assert owner.email not in content
    assert response["X-Robots-Tag"] == "noindex"

    client.force_login(owner)
    client.post(url_of("share", table.key), {"share": "off"})
    assert client.get(url).status_code == 404


def test_key_or_guess_does_not_open_a_list(client, owner, table):
    share(table)
    client.logout()

    for guess in (table.key, "x", "%00", "a" * 300):
        assert client.get(f"/wishlists/{guess}/").status_code == 404


def test_new_link_differs(table):
    first = share(table).token
    assert share(table).token == first
    stop_sharing(table)

    assert share(table).token != first
    assert len(first) >= 32


def test_buying_from_the_list(client, owner, mug, table):
    slate = mug.children.order_by("pk").last()
    save_to_lists(owner, slate, [table.key])

    wish = wishes_on(table)[0]
    client.post(reverse("basket:add", args=[mug.pk]), {"child_id": slate.pk, "quantity": 1})

    assert (wish.title, wish.can_be_bought, wish.variant.stock_text) == (
        "Harbour mug, Slate", True, "Only 3 left",
    )  # fmt: skip
    content = client.get(url_of("detail", table.key)).content.decode()
    assert f'name="child_id" value="{slate.pk}"' in content
    assert get_model("basket", "Line").objects.get().product_id == slate.pk


def test_product_without_a_variant_asks_for_one(client, owner, mug, table):
    save_to_lists(owner, mug, [table.key])

    wish = wishes_on(table)[0]

    assert (wish.can_be_bought, wish.is_sold_out) == (False, False)
    assert "Choose an option" in client.get(url_of("detail", table.key)).content.decode()


def test_sold_out_hidden_and_deleted_products_say_so(client, owner, mug, vase, table):
    record = stockrecord_of(vase)
    record.num_in_stock = 0
    record.save()
    oat, slate = mug.children.order_by("pk")
    gone = make_product("Gone bowl", price="5.00")
    for item in (vase, oat, slate, gone):
        save_to_lists(owner, item, [table.key])
    slate.is_public = False
    slate.save()
    gone.delete()

    by_title = {wish.title: wish for wish in wishes_on(table)}

    assert by_title["Moon vase"].is_sold_out
    assert by_title["Harbour mug, Oat"].can_be_bought
    assert by_title["Gone bowl"].box is None
    assert by_title["Harbour mug, Slate"].box is None
    content = client.get(url_of("detail", table.key)).content.decode()
    assert content.count("no longer available") == 2


def test_more_products_need_no_more_queries(owner, table, django_assert_max_num_queries):
    for n in range(12):
        save_to_lists(owner, make_product(f"Item {n}", price="5.00"), [table.key])

    with django_assert_max_num_queries(11):
        assert len(wishes_on(table)) == 12


def test_account_page_links_to_the_lists(client, owner):
    assert f'href="{url_of("list")}"' in client.get(reverse("customer:summary")).content.decode()
    assert "No wish lists yet" in client.get(url_of("list")).content.decode()


def test_guests_have_no_lists(client, shop):
    for name in ("list", "create"):
        assert client.get(url_of(name)).url.startswith(reverse("account_login"))
