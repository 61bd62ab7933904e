"""The stock history: every committed change, its reason and its actor."""

from unittest.mock import Mock

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from oscar.core.loading import get_model

from checkout_app.payments import begin
from commerce.exceptions import OutOfStock
from commerce.index.refresh_queue import one_refresh
from commerce.models import StockChange
from commerce.order_statuses import CANCELLED
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order
from commerce.orders.reservations import reserve_stock
from commerce.orders.shipments import cancel_rest, ship
from commerce.returns.restocking import take_units_back
from commerce.stock.history import Cause
from tests.actors import acted_by
from tests.factories import (
    make_basket,
    make_paid_order,
    make_product,
    make_submission,
    make_user,
    put_category,
    stockrecord_of,
)
from tests.product_form import form_of

pytestmark = pytest.mark.django_db
StockRecord = get_model("partner", "StockRecord")


@pytest.fixture
def bowl(shop):
    bowl = make_product("Bowl", price="20.00", stock=10)
    put_category(bowl, "Bowls")
    return bowl


@pytest.fixture
def staff(client):
    user = make_user("staff@example.com", is_staff=True, is_superuser=True)
    client.force_login(user)
    return client


def changes(product, skip=1):
    """Kind and resulting numbers of each change, without the initial one."""
    rows = StockChange.objects.filter(stockrecord__product=product)[skip:]
    return [(row.kind, row.in_stock_after, row.allocated_after or 0) for row in rows]


def last(product):
    return StockChange.objects.filter(stockrecord__product=product).last()


def test_order_changes_are_in_the_history(bowl):
    order = make_paid_order((bowl, 3))
    ship(order.pk, units={order.lines.get().pk: 2})
    cancel_rest(order.pk, reason="broke in the kiln")

    assert changes(bowl) == [("reserved", 10, 3), ("consumed", 8, 1), ("released", 8, 0)]
    assert {row.order_number for row in StockChange.objects.all()[1:]} == {order.number}
    assert last(bowl).reason == "broke in the kiln"
    assert broken_invariants() == []


def test_cancellation_names_its_actor(bowl):
    ada = make_user(is_staff=True, first_name="Ada", last_name="Marsh")
    order = make_paid_order((bowl, 3))

    move_order(order.pk, CANCELLED, user=ada)

    assert changes(bowl)[-1] == ("released", 10, 0)
    assert last(bowl).actor == "Ada Marsh"


def test_restocked_units_are_in_the_history(bowl):
    order = make_paid_order((bowl, 3))
    ship(order.pk)

    take_units_back(order.pk, {order.lines.get().pk: 2}, paid_before={}, is_restocked=True)

    assert changes(bowl)[-2:] == [("consumed", 7, 0), ("returned", 9, 0)]
    assert broken_invariants() == []


def test_refused_change_is_not_in_the_history(bowl):
    with transaction.atomic(), pytest.raises(OutOfStock):
        reserve_stock({stockrecord_of(bowl).pk: 11})

    assert changes(bowl) == []


def test_history_of_many_records_needs_one_query(shop):
    records = [stockrecord_of(make_product(f"Cup {n}", price="9.00", stock=9)).pk for n in range(5)]

    def cost(ids):
        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            reserve_stock(dict.fromkeys(ids, 1), Cause(order="SM-1"))
        return len([q for q in queries if "stockchange" in q["sql"]]), len(queries)

    one, five = cost(records[:1]), cost(records)

    assert (one[0], five[0]) == (1, 1)
    assert five[1] - one[1] == 4  # one conditional update for each record


def test_placing_an_order_needs_few_queries(bowl):
    submission = make_submission(make_basket((bowl, 1)))

    with CaptureQueriesContext(connection) as queries:
        begin.begin(submission)

    about = [q["sql"] for q in queries if "stockchange" in q["sql"] or "stockalert" in q["sql"]]
    assert len(about) <= 2, about


def test_saving_a_record_is_a_change_by_the_current_actor(bowl):
    record = stockrecord_of(bowl)
    record.num_in_stock = 12
    with acted_by(make_user("m@example.com", is_staff=True, first_name="Mo")):
        record.save()

    assert changes(bowl) == [("edited", 12, 0)]
    assert last(bowl).actor == "Mo"


def test_record_is_not_saved_without_its_history(bowl, monkeypatch):
    monkeypatch.setattr(
        "commerce.index.stock_receivers.record_stock_changes", Mock(side_effect=OSError)
    )
    record = stockrecord_of(bowl)
    before, record.num_in_stock = record.num_in_stock, 99

    with pytest.raises(OSError):  # noqa: PT011
        record.save()

    assert stockrecord_of(bowl).num_in_stock == before


def test_saving_other_fields_is_no_stock_change(bowl):
    record = stockrecord_of(bowl)
    record.price = 21
    record.save()
    record.num_in_stock = 99
    record.save(update_fields=["price"])

    assert changes(bowl) == []


def test_import_is_distinguished_from_manual_changes(bowl):
    record = stockrecord_of(bowl)
    with one_refresh():
        record.num_in_stock = 4
        record.save()

    assert changes(bowl) == [("imported", 4, 0)]


def test_customers_are_not_named(bowl):
    ada = make_user()
    with acted_by(ada):
        make_paid_order((bowl, 1), user=ada)

    assert (last(bowl).user, last(bowl).actor) == (None, "")


def test_record_without_a_history_starts_one(bowl):
    (plate,) = StockRecord.objects.bulk_create(
        [
            StockRecord(
                product=bowl, partner=stockrecord_of(bowl).partner, partner_sku="P", num_in_stock=5
            )
        ]
    )
    assert broken_invariants() == []

    with transaction.atomic():
        reserve_stock({plate.pk: 2})

    change = StockChange.objects.get(stockrecord=plate)
    assert (change.allocated_before, change.allocated_after) == (None, 2)


def test_change_that_bypasses_the_history_is_detected(bowl):
    StockRecord.objects.update(num_in_stock=3)

    assert any(line.startswith("I22") for line in broken_invariants())


def test_history_is_immutable_and_outlives_its_record(bowl):
    change = last(bowl)
    for act in (change.save, change.delete, StockChange.objects.all().delete):
        with pytest.raises(TypeError):
            act()

    bowl.delete()

    assert StockChange.objects.get(pk=change.pk).stockrecord is None


# --- The dashboard --------------------------------------------------------------------------------


def test_form_changes_stock_and_shows_its_history(staff, bowl):
    data = form_of(staff, bowl)
    data["stockrecords-0-num_in_stock"] = 14

    answer = staff.post(reverse("dashboard:catalogue-product", args=[bowl.pk]), data, follow=True)

    assert changes(bowl) == [("edited", 14, 0)]
    assert last(bowl).actor == "staff@example.com"
    assert "Stock history" in answer.text
    assert "Manual change" in answer.text


def test_form_opened_before_orders_arrived_does_not_undo_them(staff, bowl):
    data = form_of(staff, bowl)
    order = make_paid_order((bowl, 3))
    ship(order.pk, units={order.lines.get().pk: 2})

    data["stockrecords-0-price"] = "25.00"
    staff.post(reverse("dashboard:catalogue-product", args=[bowl.pk]), data)

    record = stockrecord_of(bowl)
    assert (record.num_in_stock, record.num_allocated, str(record.price)) == (8, 1, "25.00")
    assert broken_invariants() == []
