"""Related products: their order, exclusions, and the hourly count."""

from datetime import timedelta

import pytest
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.catalogue.related import RELATED, alternatives_to, pair_bought_together, related_to
from commerce.catalogue.related import pair_bought_together_task as pair_task
from commerce.models import BoughtTogether
from tests.factories import make_order, make_product, stockrecord_of

pytestmark = pytest.mark.django_db
Category = get_model("catalogue", "Category")


@pytest.fixture
def shelf(shop):
    """Seven products of one category."""
    category = Category.add_root(name="Table")
    pieces = [make_product(f"Piece {n}", price="10.00") for n in range(7)]
    for piece in pieces:
        piece.productcategory_set.create(category=category)
    return pieces


def titles(cards):
    return [card.title for card in cards]


def sell_out(piece):
    record = stockrecord_of(piece)
    record.num_in_stock = 0
    record.save()


def test_order_is_chosen_then_bought_together_then_category(shelf):
    shelf[0].primary_recommendations.create(recommendation=shelf[6], ranking=1)
    for _n in range(2):
        make_order(shelf[0], shelf[5])
    pair_bought_together()

    assert titles(related_to(shelf[0])) == ["Piece 6", "Piece 5", "Piece 1", "Piece 2"]


def test_excludes_the_product_itself_and_hidden_products(shelf):
    shelf[0].primary_recommendations.create(recommendation=shelf[1], ranking=2)
    shelf[0].primary_recommendations.create(recommendation=shelf[0], ranking=3)
    shelf[1].is_public = False
    shelf[1].save()

    found = titles(related_to(shelf[0]))

    assert "Piece 0" not in found
    assert "Piece 1" not in found
    assert len(found) == RELATED


def test_excludes_sold_out_products_even_if_chosen_by_staff(shelf):
    shelf[0].primary_recommendations.create(recommendation=shelf[6], ranking=1)
    sell_out(shelf[6])

    assert "Piece 6" not in titles(related_to(shelf[0]))

    for piece in shelf[3:6]:
        sell_out(piece)
    assert titles(related_to(shelf[0])) == ["Piece 1", "Piece 2"]


def test_recommended_variant_counts_as_its_product(mug, vase):
    vase.primary_recommendations.create(recommendation=mug.children.first(), ranking=1)

    assert titles(related_to(vase)) == ["Harbour mug"]


def test_alternatives_are_similar_and_in_stock(shelf, vase):
    shelf[0].primary_recommendations.create(recommendation=vase, ranking=1)
    sell_out(shelf[1])

    found = titles(alternatives_to(shelf[0]))

    assert found == ["Piece 2", "Piece 3", "Piece 4", "Piece 5"]


def test_purchases_of_variants_count_for_their_products(mug, vase):
    for child in mug.children.order_by("pk"):
        make_order(child, vase)

    pair_bought_together()

    rows = BoughtTogether.objects.values_list("product", "other", "orders")
    assert set(rows) == {(mug.pk, vase.pk, 2), (vase.pk, mug.pk, 2)}


@pytest.mark.parametrize("status", ["Pending payment", "Cancelled"])
def test_only_paid_orders_count(mug, vase, status):
    for _n in range(3):
        make_order(mug.children.first(), vase, status=status)

    assert pair_bought_together() == 0


def test_single_and_old_orders_do_not_count(mug, vase):
    child = mug.children.first()
    make_order(child, vase)
    make_order(child, vase, placed=timezone.now() - timedelta(days=400))

    assert pair_bought_together() == 0


def test_order_of_the_whole_catalogue_does_not_count(shop):
    pieces = [make_product(f"Piece {n}", price="10.00") for n in range(21)]
    for _n in range(2):
        make_order(*pieces)

    assert pair_bought_together() == 0


def test_recount_writes_only_differences(mug, vase, django_assert_max_num_queries):
    child = mug.children.first()
    orders = [make_order(child, vase) for _n in range(3)]
    pair_task.enqueue()
    kept = BoughtTogether.objects.get(product=mug)
    assert kept.orders == 3

    with django_assert_max_num_queries(6):
        pair_bought_together()
    orders[0].set_status("Cancelled")
    pair_bought_together()

    kept.refresh_from_db()
    assert kept.orders == 2
    for order in orders[1:]:
        order.set_status("Cancelled")
    pair_bought_together()
    assert not BoughtTogether.objects.exists()


def test_page_needs_no_more_queries_for_more_candidates(shelf, django_assert_max_num_queries):
    for place, piece in enumerate(shelf[1:]):
        shelf[0].primary_recommendations.create(recommendation=piece, ranking=place)

    with django_assert_max_num_queries(12):
        related_to(shelf[0])
