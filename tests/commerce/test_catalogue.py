"""Catalogue pages: existing, moved and hidden products and categories."""

import pytest
from django.urls import reverse
from oscar.core.loading import get_model
from wagtail.models import Site

from commerce.index.listings import product_url
from tests.factories import make_product, put_category, set_shop

pytestmark = pytest.mark.django_db
Category = get_model("catalogue", "Category")


def page_of(client, product, **query):
    return client.get(product_url(product.pk, product.slug), query)


def test_product_page_shows_price_stock_and_button(client, mug):
    content = page_of(client, mug).content.decode()

    for fact in ("Harbour mug", "£24", "10 in stock", "Add to basket"):
        assert fact in content


def test_variant_can_be_chosen_without_javascript(client, mug):
    slate = mug.children.order_by("pk").last()

    response = page_of(client, mug, variant=slate.pk)

    assert response.context["box"]().selected.product_id == slate.pk
    assert "Only 3 left" in response.content.decode()


@pytest.mark.parametrize("variant", ["", "x", "0", "-1", "9" * 40, "٣", "1 OR 1=1"])
def test_invalid_variant_shows_the_first(client, mug, variant):
    assert page_of(client, mug, variant=variant).context["box"]().selected.name == "Oat"


def test_variant_url_redirects_to_its_parent(client, mug):
    slate = mug.children.order_by("pk").last()

    response = page_of(client, slate)

    assert response.status_code == 301
    assert response.url == f"{product_url(mug.pk, mug.slug)}?variant={slate.pk}"


def test_old_slug_redirects_to_the_new_one_with_its_query(client, mug):
    response = client.get(product_url(mug.pk, "old-name"), {"variant": 7})

    assert (response.status_code, response.url) == (
        301, f"{product_url(mug.pk, mug.slug)}?variant=7",
    )  # fmt: skip


def test_hidden_product_is_a_404(client, mug, vase):
    slate = mug.children.order_by("pk").last()
    for product in (vase, mug):
        product.is_public = False
        product.save()

    assert page_of(client, vase).status_code == 404
    assert page_of(client, slate).status_code == 404


def test_unknown_product_and_category_are_404s(client, shop):
    assert client.get("/catalogue/nothing_999999/").status_code == 404
    assert client.get("/catalogue/category/nothing_999999/").status_code == 404


def test_category_lists_products_and_redirects_old_slugs(client, mug):
    category = Category.add_root(name="Table")
    mug.productcategory_set.create(category=category)

    page = client.get(category.get_absolute_url())
    moved = client.get(
        reverse("catalogue:category", kwargs={"category_slug": "old", "pk": category.pk}),
        {"page": 1},
    )

    assert "Harbour mug" in page.content.decode()
    assert (moved.status_code, moved.url) == (301, f"{category.get_absolute_url()}?page=1")


def test_whole_catalogue_has_one_url(client, mug):
    shop = Category.add_root(
        name="Shop", slug="shop", description="Everything on the <b>shelves</b>."
    )
    room = shop.add_child(name="Tableware")
    mug.productcategory_set.create(category=room)
    old = reverse("catalogue:category", kwargs={"category_slug": "shop", "pk": shop.pk})

    moved = client.get(old, {"page": 1, "sort": "newest"})
    page = client.get("/catalogue/")
    below = client.get(room.get_absolute_url())

    assert (moved.status_code, moved.url) == (301, "/catalogue/?page=1&sort=newest")
    assert shop.get_absolute_url() == "/catalogue/"
    assert page.context["heading"] == "Shop"
    assert page.context["crumbs"] == [("Home", "/"), ("Shop", None)]
    assert "Everything on the <b>shelves</b>." in page.text
    [tile] = page.context["head"]().tiles
    assert (tile.name, tile.url) == ("Tableware", room.get_absolute_url())
    assert below.context["crumbs"][1] == ("Shop", "/catalogue/")
    for answer in (page, below, client.get(product_url(mug.pk, mug.slug))):
        assert old not in answer.text


def test_shop_without_that_category_lists_all_products(client, mug):
    Category.add_root(name="Vases").add_child(name="Shop", slug="shop")

    page = client.get("/catalogue/")

    assert page.context["heading"] == "All products"
    assert "head" not in page.context


def test_hidden_category_is_a_404(client, shop):
    category = Category.add_root(name="Secret", is_public=False)

    assert client.get(category.get_absolute_url()).status_code == 404


def test_script_gets_the_fragment_and_caches_get_vary(client, mug):
    part = client.get("/catalogue/", headers={"X-Requested-With": "XMLHttpRequest"})
    top = client.get(product_url(mug.pk, mug.slug), headers={"X-Requested-With": "XMLHttpRequest"})

    for response in (part, top):
        assert "<html" not in response.content.decode()
        assert "X-Requested-With" in response["Vary"]


def test_search_shows_and_escapes_the_query(client, mug):
    content = client.get("/search/", {"q": '<script>"mug'}).content.decode()

    assert "<script>&quot;" not in content
    assert 'value="&lt;script&gt;&quot;mug"' in content


def test_search_without_results_says_so(client, mug):
    response = client.get("/search/", {"q": "teapot"})

    assert response.context["list_page"].total == 0
    assert response.status_code == 200


@pytest.mark.parametrize("url", ["/catalogue/", "/search/?q=mug"])
def test_pages_need_no_more_queries_for_more_products(
    client, shop, url, django_assert_max_num_queries
):
    for n in range(20):
        make_product(f"Mug {n}", price="24.00", glazes={"oat": 2, "ink": 0})

    with django_assert_max_num_queries(40):
        client.get(url)


def test_cards_are_returned_by_key_for_scripts(client, mug, vase):
    url = reverse("catalogue:cards")

    response = client.get(url, {"ids": f"{vase.pk},x,{mug.pk},999999,{vase.pk}"})

    content = response.content.decode()
    assert content.index("Moon vase") < content.index("Harbour mug")
    assert content.count("<article") == 2
    assert response["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert not response.cookies
    again = client.get(
        url, {"ids": f"{vase.pk},x,{mug.pk}"}, headers={"If-None-Match": response["ETag"]}
    )
    assert again.status_code == 304


def test_cards_are_the_same_for_everybody(client, vase):
    from tests.factories import make_user

    url = f"{reverse('catalogue:cards')}?ids={vase.pk}"
    guest = client.get(url).content
    client.force_login(make_user())

    assert client.get(url).content == guest


def test_at_most_twelve_cards_are_returned(client, shop):
    pieces = [make_product(f"Piece {n}", price="5.00") for n in range(14)]
    ids = ",".join(str(piece.pk) for piece in pieces)

    content = client.get(reverse("catalogue:cards"), {"ids": ids}).content.decode()

    assert content.count("<article") == 12


@pytest.mark.parametrize("ids", ["", ",", "\x00", "-1", "9" * 60, "1 OR 1=1", "x" * 5000])
def test_invalid_card_keys_return_nothing(client, shop, ids):
    response = client.get(reverse("catalogue:cards"), {"ids": ids})

    assert (response.status_code, response.content.strip()) == (200, b"")


def test_page_has_a_scale_drawing_and_care_text(client, mug, site_root):
    set_shop(care_attribute="care", height_attribute="height", width_attribute="diameter")
    for code, kind, value in (
        ("height", "float", 9.2),
        ("diameter", "float", 8.4),
        ("care", "text", "By hand."),
    ):
        attribute = mug.product_class.attributes.create(code=code, name=code.title(), type=kind)
        mug.attribute_values.create(attribute=attribute, **{f"value_{kind}": value})

    bare = page_of(client, mug).content.decode()
    assert "about half as tall as a hand" in bare
    assert '<h2 id="care-title">Care</h2>' in bare
    assert bare.count("By hand.") == 1
    assert bare.count(">Care<") == 1
    assert "Care guide" not in bare


def test_care_text_links_to_the_page_chosen_by_editors(client, mug, site_root):
    set_shop(care_attribute="care")
    from home.models import SiteSettings, StandardPage

    attribute = mug.product_class.attributes.create(code="care", name="Care", type="text")
    mug.attribute_values.create(attribute=attribute, value_text="By hand.")
    page = site_root.add_child(instance=StandardPage(title="Care", slug="care"))
    assert "Care guide" not in page_of(client, mug).text
    SiteSettings.objects.create(site=Site.objects.get(), care_page=page)

    assert 'href="/care/"' in page_of(client, mug).text
    page.slug = "looking-after-it"
    page.save()
    assert 'href="/looking-after-it/"' in page_of(client, mug).text
    page.unpublish()
    assert "Care guide" not in page_of(client, mug).text


def test_page_without_dimensions_or_care_has_no_empty_section(client, vase):
    content = page_of(client, vase).content.decode()

    assert "Dimensions" not in content
    assert 'id="care-title"' not in content


def test_product_page_sets_no_cookie(client, vase):
    response = page_of(client, vase)

    assert "sessionid" not in response.cookies
    assert "<recently-viewed" in response.content.decode()


def test_category_has_its_text_for_search_engines(client, mug, site_root):
    table = put_category(mug, "Tableware")
    plain = client.get(table.get_absolute_url()).text
    table.meta_title, table.meta_description = "Stoneware for the table", "Thrown by hand."
    table.save()

    written = client.get(table.get_absolute_url()).text

    assert "<title>Tableware — " in plain
    assert "<title>Stoneware for the table — " in written
    assert '<meta name="description" content="Thrown by hand.">' in written
    assert '<meta property="og:title" content="Stoneware for the table">' in written
    assert "Tableware</h1>" in written
