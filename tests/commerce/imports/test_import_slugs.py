"""Slugs of imported products: in the shop's language, and found again in any script."""

import pytest
from django.utils import translation
from oscar.core.loading import get_model
from wagtail.contrib.redirects.models import Redirect

from commerce.imports.exporting import plain_products
from commerce.imports.product_states import states_of
from commerce.index.listings import product_url
from tests.commerce.imports.test_export import assert_unchanged, csv_of, outcomes, run_file
from tests.factories import make_product, set_shop

pytestmark = pytest.mark.django_db
Product = get_model("catalogue", "Product")
TITLE = "Gräser für Höhen"
WOO = f"Type,SKU,Name,Regular price\nsimple,,{TITLE},5.00\n".encode()


def test_titles_become_slugs_as_the_language_writes_them(shop):
    set_shop(language="de")
    with translation.override("de"):  # as the middleware of the dashboard does
        by_hand = make_product(TITLE, price="5.00").slug
    assert by_hand == "graeser-fuer-hoehen"
    Product.objects.all().delete()

    run_file(f"sku,title,price\nG1,{TITLE},5.00\n".encode())

    assert Product.objects.get().slug == by_hand


def test_guessed_redirect_is_as_wordpress_writes_it(shop):
    set_shop(language="de")
    run_file(WOO, profile="woocommerce")

    product = Product.objects.get()
    assert (product.slug, product.stockrecords.get().partner_sku) == (
        "graeser-fuer-hoehen", "GRAESER-FUER-HOEHEN",
    )  # fmt: skip
    link = Redirect.objects.get(old_path="/product/graeser-fuer-hoehen").redirect_link
    assert link == product_url(product.pk, product.slug)
    assert set(outcomes(run_file(WOO, profile="woocommerce")).values()) == {"unchanged"}


def test_slugs_in_their_script_come_back_unchanged(shop, settings):
    settings.OSCAR_SLUG_ALLOW_UNICODE = True
    product = make_product("Кружка", price="9.00")
    product.stockrecords.all().delete()
    Product.objects.filter(pk=product.pk).update(upc=None)
    assert product.slug == "кружка"
    before = states_of([product.pk])

    content = csv_of(plain_products())

    assert_unchanged(run_file(content), before)
    run_file("product,title\nчашка,Чашка\n".encode())
    assert Product.objects.get(title="Чашка").slug == "чашка"


def test_review_finds_a_product_by_a_slug_in_its_script(shop, settings):
    settings.OSCAR_SLUG_ALLOW_UNICODE = True
    make_product("Кружка", price="9.00")

    run = run_file("product,score,title,name\nкружка,5,Да,Ада\n".encode(), kind="reviews")

    assert list(outcomes(run).values()) == ["new"]
