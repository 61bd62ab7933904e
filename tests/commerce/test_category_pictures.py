"""The top of a category's page: its photograph and the tiles of its subcategories."""

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from oscar.core.loading import get_model

from commerce.catalogue.category_pictures import category_head
from commerce.index.refresh import refresh_listings
from commerce.models import CategoryPhoto
from tests.crawler import Crawled
from tests.factories import add_photo, make_product, picture_bytes

pytestmark = pytest.mark.django_db
Category = get_model("catalogue", "Category")


@pytest.fixture
def room(shop):
    """The category Vases with the subcategories Tall and Low."""
    room = Category.add_root(name="Vases", description="Tall and low.")
    room.add_child(name="Tall")
    room.add_child(name="Low")
    return Category.objects.get(pk=room.pk)


def put(product, category):
    product.productcategory_set.create(category=category)
    return product


def make_shown(title, category, colour, *, purchases=0):
    """A product with a photograph in a category."""
    product = put(make_product(title, price="9.00"), category)
    get_model("analytics", "ProductRecord").objects.create(product=product, num_purchases=purchases)
    image = add_photo(product, colour)
    refresh_listings([product.pk])
    return image


def page_of(client, category):
    return Crawled(client.get(category.get_absolute_url()))


def photo_in(page, selector):
    """The source of the photograph in an element; None without one."""
    image = page.soup.select_one(f"{selector} img")
    return image["src"] if image else None


def give_photo(category, colour):
    category.image.save(f"{colour}.png", ContentFile(picture_bytes(colour)))
    return CategoryPhoto.objects.get(category=category).image


def test_category_without_any_photograph_has_a_plain_head(client, room):
    page = page_of(client, room)

    assert page.soup.select_one(".list-head h1").get_text() == "Vases"
    assert page.soup.select_one(".list-head--photo") is None
    tiles = page.soup.select(".shelves--words .shelf")
    assert [tile.get_text(strip=True) for tile in tiles] == ["Tall", "Low"]
    assert page.soup.select_one(".shelf__photo") is None


def test_own_photograph_is_shown_replaced_and_removed(client, room):
    make_shown("Urn", room, "red")
    seen = []
    for colour in ("green", "blue"):
        image = give_photo(room, colour)
        seen.append(photo_in(page_of(client, room), ".list-head__photo") == image.file.url)
    room.image = ""
    room.save()

    assert seen == [True, True]
    assert not CategoryPhoto.objects.exists()
    assert photo_in(page_of(client, room), ".list-head__photo") is not None  # the product's


def test_identical_files_share_one_image(room):
    tall, low = room.get_children()

    assert give_photo(tall, "green") == give_photo(low, "green")


def test_category_borrows_the_photograph_of_its_most_popular_product(client, room):
    tall, low = room.get_children()
    make_shown("Reed", tall, "red", purchases=2)
    popular = make_shown("Urn", tall, "blue", purchases=9)
    make_product("Bare", price="9.00")

    page = page_of(client, room)

    assert photo_in(page, ".list-head__photo") == popular.file.url
    first, second = page.soup.select(".shelf")
    assert first.select_one("img")["src"] == popular.file.url
    assert second.select_one(".photo--none").get_text() == "L"


def test_category_borrows_again_once_the_product_is_gone(client, room):
    first = make_shown("Urn", room, "blue", purchases=9)
    second = make_shown("Reed", room, "red", purchases=2)
    seen = [photo_in(page_of(client, room), ".list-head__photo")]

    get_model("catalogue", "Product").objects.get(title="Urn").delete()
    seen.append(photo_in(page_of(client, room), ".list-head__photo"))

    assert seen == [first.file.url, second.file.url]


def test_hidden_subcategory_has_no_tile(client, room):
    tall, _low = room.get_children()
    tall.is_public = False
    tall.save()

    names = [tile.get_text(strip=True) for tile in page_of(client, room).soup.select(".shelf")]

    assert names == ["Low"]


def test_script_asks_for_the_list_without_the_head(client, room):
    part = client.get(room.get_absolute_url(), headers={"X-Requested-With": "XMLHttpRequest"})

    assert "list-head" not in part.content.decode()


def test_more_subcategories_need_no_more_queries(room):
    for number, category in enumerate(room.get_children()):
        make_shown(f"Vase {number}", category, "red")
    with CaptureQueriesContext(connection) as few:
        category_head(room.pk)
    for number in range(6):
        room = Category.objects.get(pk=room.pk)
        child = room.add_child(name=f"Shape {number}")
        make_shown(f"Shape {number}", child, "blue")

    with CaptureQueriesContext(connection) as many:
        head = category_head(room.pk)

    assert len(head.tiles) == 8
    assert all(tile.picture for tile in head.tiles)
    assert len(many) <= len(few)
