"""The read model matches the catalogue after any change and any sequence of changes."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from oscar.core.loading import get_model
from pyroaring import BitMap

from commerce.catalogue.product_lists import products_in
from commerce.index import refresh_queue
from commerce.index.listings import cards_for
from commerce.index.refresh import broken_listings, rebuild_listings, refresh_listings
from commerce.index.refresh_queue import one_refresh
from commerce.index.sort_orders import ordered_keys
from commerce.models import FacetAttribute, Listing, PriceWindow, SalePrice, Term
from commerce.orders.reservations import release_stock, reserve_stock
from tests.clock import at_time
from tests.factories import make_product, stockrecord_of

pytestmark = pytest.mark.django_db
Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")


def broken():
    return list(broken_listings())


def term(kind, value):
    return Term.objects.filter(kind=kind, value=value).first()


# --- One change after the other ---------------------------------------------------------------------


def test_new_product_is_listed_at_once(mug):
    assert Listing.objects.filter(pk=mug.pk).exists()
    assert broken() == []


def test_hidden_product_leaves_every_bitmap(mug, vase):
    mug.is_public = False
    mug.save()

    assert list(Listing.objects.values_list("pk", flat=True)) == [vase.pk]
    assert term("word", "harbour").n == 0
    assert broken() == []


def test_deleted_product_leaves_every_bitmap(mug, vase):
    mug.delete()

    assert list(Listing.objects.values_list("pk", flat=True)) == [vase.pk]
    assert broken() == []


def test_products_deleted_by_a_queryset_leave_every_bitmap(mug, vase):
    Product.objects.filter(parent=None).delete()

    assert not Listing.objects.exists()
    assert not Term.objects.exclude(n=0).exists()
    assert broken() == []


def test_deleted_variant_removes_its_price_and_glaze(mug):
    child = mug.children.get(title__iendswith="oat")
    child.delete()

    assert [dot.name for dot in cards_for([mug.pk])[0].dots] == ["Slate"]
    assert broken() == []


def test_price_change_on_the_stock_record_reaches_the_card(vase):
    record = stockrecord_of(vase)
    record.price = Decimal("95.00")
    record.save()

    assert cards_for([vase.pk])[0].quote.price == Decimal("95.00")


def test_new_title_is_found_and_the_old_one_is_not(vase):
    vase.title = "Sun vase"
    vase.save()

    assert products_in(query="sun").total == 1
    assert products_in(query="moon", exact=True).total == 0


def test_moved_category_moves_its_products(vase):
    table, shelf = Category.add_root(name="Table"), Category.add_root(name="Shelf")
    vases = table.add_child(name="Vases")
    vase.productcategory_set.create(category=vases)

    vases.move(Category.objects.get(pk=shelf.pk), "last-child")
    Category.objects.get(pk=vases.pk).save()  # as the dashboard's form does after a move

    assert products_in(Category.objects.get(pk=shelf.pk)).total == 1
    assert products_in(Category.objects.get(pk=table.pk)).total == 0
    assert broken() == []


def test_approved_review_counts(mug, django_user_model):
    user = django_user_model.objects.create_user(email="ada@example.com", password="p")
    review = mug.reviews.create(title="Good", body="Good", score=5, user=user, status=0)
    assert cards_for([mug.pk])[0].review_count == 0

    review.status = 1
    review.save()

    assert cards_for([mug.pk])[0].review_count == 1
    assert products_in(filters={"rating": ["4"]}).total == 1


def test_renamed_option_renames_the_facet_value(mug):
    attribute = get_model("catalogue", "ProductAttribute").objects.get(code="glaze")
    FacetAttribute.objects.create(attribute=attribute)
    option = attribute.option_group.options.get(option="Oat")
    option.option = "Barley"
    option.save()

    values = products_in().facet("glaze").values
    assert {value.name for value in values} == {"Barley", "Slate"}
    assert products_in(query="barley").total == 1


def test_option_that_is_deleted_leaves_the_facet(mug, vase):
    group = get_model("catalogue", "AttributeOptionGroup").objects.create(name="Rooms")
    kitchen, porch = (group.options.create(option=name, code=name) for name in ("Kitchen", "Porch"))
    attribute = vase.product_class.attributes.create(
        code="room", name="Room", type="multi_option", option_group=group
    )
    FacetAttribute.objects.create(attribute=attribute)
    attribute.save_value(vase, [kitchen, porch])
    refresh_listings([vase.pk])
    assert products_in(query="porch").total == 1

    porch.delete()

    assert {value.name for value in products_in().facet("room").values} == {"Kitchen"}
    assert products_in(query="porch").total == 0
    assert broken() == []


def test_attribute_with_a_new_code_and_name_is_another_facet(mug):
    attribute = get_model("catalogue", "ProductAttribute").objects.get(code="glaze")
    FacetAttribute.objects.create(attribute=attribute)
    attribute.code, attribute.name = "finish", "Finish"
    attribute.save()

    assert products_in().facet("finish").title == "Finish"
    assert products_in(filters={"finish": ["oat"]}).total == 1
    assert broken() == []


def test_class_that_stops_tracking_stock_puts_its_products_on_sale(shop):
    bowl = make_product("Bowl", price="20.00", stock=0)
    assert cards_for([bowl.pk])[0].availability == "sold_out"

    bowl.product_class.track_stock = False
    bowl.product_class.save()

    assert cards_for([bowl.pk])[0].availability == "in_stock"
    assert broken() == []


def test_change_of_many_products_is_finished_by_the_worker(
    mug, vase, monkeypatch, django_capture_on_commit_callbacks
):
    queued = []
    task = SimpleNamespace(enqueue=lambda ids, **_options: queued.append(ids), module_path="x")
    monkeypatch.setattr(refresh_queue, "refresh_listings_task", task)
    monkeypatch.setattr(refresh_queue, "BATCH", 1)

    with django_capture_on_commit_callbacks(execute=True):
        refresh_queue.refresh_many({mug.pk, vase.pk})

    assert sorted(queued) == sorted([[mug.pk], [vase.pk]])


@pytest.mark.django_db(transaction=True)
def test_sold_out_product_is_listed_as_such_until_restocked(vase):
    record = stockrecord_of(vase)

    with transaction.atomic():
        reserve_stock({record.pk: 1})
    assert cards_for([vase.pk])[0].availability == "sold_out"

    with transaction.atomic():
        release_stock({record.pk: 1})
    assert cards_for([vase.pk])[0].availability == "low"


@pytest.mark.django_db(transaction=True)
def test_order_that_changes_no_availability_does_not_write_to_the_read_model(mug):
    record = stockrecord_of(mug.children.get(title__iendswith="oat"))

    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        reserve_stock({record.pk: 1})

    written = [q["sql"] for q in queries if "commerce_" in q["sql"] and q["sql"].startswith("UPD")]
    assert written == []


def test_rolled_back_change_leaves_the_lists_unchanged(mug):
    def change_and_fail():
        with transaction.atomic():
            mug.title = "Other"
            mug.save()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_and_fail()

    assert Listing.objects.get(pk=mug.pk).title == "Harbour mug"
    assert broken() == []


def test_loader_refreshes_once_at_the_end(db):
    with one_refresh():
        mug = make_product("Mug", price="20.00", glazes={"oat": 5})
        assert not Listing.objects.exists()

    assert Listing.objects.get().pk == mug.pk
    assert broken() == []


# --- Prices over time -------------------------------------------------------------------------------


def test_windows_follow_overlapping_sales_exactly(mug):
    now = timezone.now()
    for variant, price, start, end in (("oat", "20.00", 1, 4), ("slate", "18.00", 2, 3)):
        record = stockrecord_of(mug.children.get(title__iendswith=variant))
        SalePrice.objects.create(
            stockrecord=record, price=Decimal(price),
            start=now + timedelta(days=start), until=now + timedelta(days=end),
        )  # fmt: skip

    said = {}
    for day in (0.5, 1.5, 2.5, 3.5, 4.5):
        card = at_time(now + timedelta(days=day), cards_for, [mug.pk])[0]
        said[day] = (card.quote.price, card.quote.was, card.is_from)

    full = Decimal("24.00")
    assert said == {
        0.5: (full, None, False),
        1.5: (Decimal("20.00"), full, True),
        2.5: (Decimal("18.00"), full, True),
        3.5: (Decimal("20.00"), full, True),
        4.5: (full, None, False),
    }
    assert PriceWindow.objects.filter(listing=mug.pk, number=0).count() == 5


# --- All of it --------------------------------------------------------------------------------------


def test_rebuild_repairs_everything(mug, vase):
    Listing.objects.filter(pk=mug.pk).update(title="Wrong")
    Term.objects.filter(kind="all").update(bitmap=BitMap([999]).serialize())
    PriceWindow.objects.all().delete()
    assert len(broken()) >= 3

    out = StringIO()
    call_command("rebuild_listings", stdout=out)

    assert broken() == []


def test_second_rebuild_changes_nothing(mug, vase):
    rebuild_listings()

    assert rebuild_listings() == 0
    assert refresh_listings([mug.pk, vase.pk]) == 0


def test_check_command_names_the_differences(mug):
    Listing.objects.update(title="Wrong")

    with pytest.raises(SystemExit):
        call_command("rebuild_listings", check=True, stdout=StringIO(), stderr=StringIO())


def test_large_result_is_sorted_like_a_small_one(db, monkeypatch):
    for n in range(12):
        make_product(f"Cup {n}", price=f"{10 + n % 5}.00")
    keys = BitMap(Listing.objects.values_list("pk", flat=True))
    at = timezone.now()

    few = {
        sort: at_time(at, ordered_keys, keys, sort=sort, start=3, count=5)
        for sort in ("recommended", "newest", "price-low", "price-high", "rating")
    }
    monkeypatch.setattr("commerce.index.sort_orders.FIRST_ROWS", 2)
    monkeypatch.setattr("commerce.index.sort_orders.SPARE", 0)
    many = {sort: at_time(at, ordered_keys, keys, sort=sort, start=3, count=5) for sort in few}

    assert many == few


# --- Any order of changes ---------------------------------------------------------------------------

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "add",
                "title",
                "hide",
                "show",
                "price",
                "stock",
                "sale",
                "unsale",
                "category",
                "drop",
                "glaze",
                "delete",
                "hide-category",
            ]
        ),  # fmt: skip
        st.integers(0, 3),
        st.sampled_from(["Mug", "Jug", "Moon vase", "Café cup", "SM-1"]),
    ),
    max_size=12,
)


@pytest.mark.slow
class TestAnyOrder(TestCase):
    """Lists match the catalogue after any sequence of changes."""

    @settings(
        max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(changes=CHANGES)
    def test_lists_equal_the_catalogue(self, changes):
        Category.add_root(name="Table")
        for change in changes:
            self.apply(*change)
        assert broken() == []

    def apply(self, what, number, text):
        products = list(Product.objects.filter(parent=None).order_by("pk"))
        if what == "add" or not products:
            make_product(text, price=f"{20 + number}.00", glazes={"oat": 3, "ink": 0})
            return
        product = products[number % len(products)]
        child = product.children.order_by("pk").first()
        category = Category.objects.order_by("pk").first()
        if what == "title":
            product.title = text
            product.save()
        elif what in ("hide", "show"):
            product.is_public = what == "show"
            product.save()
        elif what == "category":
            product.productcategory_set.get_or_create(category=category)
        elif what == "drop":
            product.productcategory_set.all().delete()
        elif what == "hide-category":
            category.is_public = not category.is_public
            category.save()
        elif what == "delete":
            product.delete()
        elif child is None:
            return
        elif what == "glaze":
            child.delete()
        elif what in ("price", "stock"):
            record = child.stockrecords.get()
            record.price, record.num_in_stock = Decimal(10 + number), number
            record.save()
        elif what == "sale":
            SalePrice.objects.create(
                stockrecord=child.stockrecords.get(), price=Decimal(5 + number),
                start=timezone.now() + timedelta(days=number),
            )  # fmt: skip
        elif what == "unsale":
            for sale in SalePrice.objects.filter(stockrecord__product=child):
                sale.delete()


def test_hiding_a_parent_category_hides_its_descendants_products(mug):
    """Oscar hides the descendants only after it has sent the category's own signal."""
    above = Category.add_root(name="Kitchen")
    below = above.add_child(name="Cups")
    mug.productcategory_set.create(category=below)

    for is_public in (False, True):
        above = Category.objects.get(pk=above.pk)
        above.is_public = is_public
        above.save()

        assert broken() == []
        listed = term("category", str(below.pk))
        assert (listed.n if listed else 0) == (1 if is_public else 0)
    mug.title = "Tall mug"
    mug.save()
    assert broken() == []


def test_product_without_a_price_is_unavailable(vase):
    record = stockrecord_of(vase)
    record.price = None
    record.save()

    [card] = cards_for([vase.pk])

    assert (card.quote, card.availability) == (None, "sold_out")
    assert broken() == []
