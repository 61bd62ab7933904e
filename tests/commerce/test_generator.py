"""The generated catalogue: reproducible, and unchanged by a second run."""

from collections import Counter

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.catalogue.product_lists import products_in
from commerce.index.refresh import broken_listings
from commerce.models import Listing, ProductPhoto, SalePrice, Term
from demo import catalogue, generator, photographs

Product = get_model("catalogue", "Product")
ProductReview = get_model("reviews", "ProductReview")


def generate(count):
    return generator.generate_catalogue(count, at=timezone.now())


def listed():
    return dict(Listing.objects.values_list("pk", "title"))


def test_product_depends_only_on_its_number():
    first = [generator.generated_product(n) for n in range(1, 200)]

    again = [generator.generated_product(n) for n in range(1, 200)]

    assert again == first
    assert len({row.title for row in first}) > 180


def test_products_follow_the_shares_of_the_vocabulary():
    pieces = [generator.generated_product(n) for n in range(1, 2001)]

    parents = [row for row in pieces if row.is_parent]

    assert 0.2 < len(parents) / len(pieces) < 0.3
    assert {len(row.variants) for row in parents} == {2, 3, 4}
    assert 0.03 < sum(bool(row.sale) for row in pieces) / len(pieces) < 0.07
    assert 0.25 < sum(bool(row.scores) for row in pieces) / len(pieces) < 0.35
    assert len(Counter(row.form["name"] for row in pieces)) == 28


@pytest.mark.django_db
def test_lists_include_generated_products(shop):
    written = generate(60)

    assert written == 60
    assert Listing.objects.count() == 60
    assert list(broken_listings()) == []
    archive = get_model("catalogue", "Category").objects.get(code="archive")
    page = products_in(archive)
    assert (page.total, len(page.cards), page.pages) == (60, 24, 3)
    facets = {facet.name for facet in page.facets}
    assert {"glaze", "firing", "collection", "price", "stock"} <= facets


@pytest.mark.django_db
def test_repeated_run_changes_nothing_and_a_larger_one_adds(shop):
    generate(30)
    before = listed()

    assert generate(30) == 0
    assert generate(10) == 0
    assert listed() == before
    assert generate(45) == 15
    assert before.items() <= listed().items()
    assert Listing.objects.count() == 45
    assert list(broken_listings()) == []


@pytest.mark.django_db
def test_run_interrupted_before_updating_lists_can_be_continued(shop, monkeypatch):
    def stop(**_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(generator, "rebuild_listings", stop)
        with pytest.raises(KeyboardInterrupt):
            generate(20)
    assert Listing.objects.count() == 0

    assert generate(20) == 0

    assert Listing.objects.count() == 20
    assert list(broken_listings()) == []


@pytest.mark.django_db
def test_batches_are_complete(shop, monkeypatch):
    monkeypatch.setattr(generator, "BATCH", 7)

    sizes = []
    generator.generate_catalogue(25, at=timezone.now(), on_done=sizes.append)

    assert sizes == [7, 7, 7, 4]
    assert Product.objects.filter(parent=None).count() == 25
    firings = set(Product.objects.filter(parent=None).values_list("date_created", flat=True))
    assert firings == {generator.FIRST_FIRING}


@pytest.mark.django_db
def test_products_have_stock_prices_ratings_and_sales(shop):
    generate(120)

    products = Product.objects.filter(parent=None)
    for row in products.exclude(structure=Product.PARENT):
        assert row.stockrecords.count() == 1
    for row in products.filter(structure=Product.PARENT):
        assert 2 <= row.children.filter(stockrecords__isnull=False).count() <= 4
    for sale in SalePrice.objects.select_related("stockrecord"):
        assert 0 < sale.price < sale.stockrecord.price
    assert SalePrice.objects.exists()
    rated = products.filter(rating__isnull=False)
    assert set(rated) == {review.product for review in ProductReview.objects.all()}
    for row in rated:
        assert row.rating == pytest.approx(row.calculate_rating(), abs=0.01)
    assert Term.objects.filter(kind="sale", n__gt=0).exists()


@pytest.mark.django_db
def test_photographs_are_the_demos(shop, site_root):
    catalogue.load_categories()
    catalogue.load_products()
    images = photographs.load_images(on_done=lambda _image: None)
    photographs.load_pictures(images)

    generate(40)

    shown = ProductPhoto.objects.filter(product_image__product__upc__startswith=generator.PREFIX)
    products = Product.objects.filter(upc__startswith=generator.PREFIX)
    assert {row.image_id for row in shown} <= {image.pk for image in images.values()}
    assert products.filter(images__isnull=True).count() == 0
    assert shown.count() == 2 * 40 + products.exclude(parent=None).count()
    cards = Listing.objects.filter(product__in=products)
    assert all(row.card["photo"] and row.card["second"] for row in cards)


@pytest.mark.django_db
def test_command_reports_its_result_and_refuses_too_many(shop, capsys):
    call_command("generate_catalogue", "12")
    call_command("generate_catalogue", "12")

    assert capsys.readouterr().out == "12 products written.\n0 products written.\n"
    with pytest.raises(CommandError, match="999999"):
        call_command("generate_catalogue", "1000000")
