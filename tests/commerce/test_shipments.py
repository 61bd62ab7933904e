"""Parcels: the selected units ship once, and staff and customers can track them."""

import importlib

import pytest
from django.apps import apps
from django.core import mail
from django.db import OperationalError
from django.urls import reverse
from oscar.core.loading import get_model

from checkout_app.payments import begin
from commerce.exceptions import DispatchRefused, IllegalMove
from commerce.models import OrderEvent, OutgoingMail, Shipment
from commerce.order_statuses import (
    AUTHORISED,
    CANCELLED,
    DELIVERED,
    PACKING,
    PART_SHIPPED,
    REFUNDED,
    SHIPPED,
)
from commerce.orders import shipments
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order
from commerce.orders.shipments import (
    arrival_of_parcel,
    cancel_rest,
    mark_delivered,
    parcels_of,
    ship,
    units_sent,
    units_to_send,
)
from commerce.pricing.delivery import add_working_days
from tests.factories import (
    make_basket,
    make_order,
    make_paid_order,
    make_product,
    make_submission,
    make_user,
    stockrecord_of,
)

pytestmark = pytest.mark.django_db
Order = get_model("order", "Order")


@pytest.fixture
def bowl(shop):
    return make_product("Bowl", price="20.00", stock=10)


@pytest.fixture
def jug(shop):
    return make_product("Jug", price="40.00", stock=5)


@pytest.fixture
def order(bowl, jug):
    """Three bowls and a jug, paid."""
    return make_paid_order((bowl, 3), (jug, 1))


@pytest.fixture
def _no_preparations(monkeypatch):
    monkeypatch.setattr(shipments, "PREPARATIONS", [])


def stock(product):
    record = stockrecord_of(product)
    return record.num_in_stock, record.num_allocated


def line_of(order, product):
    return order.lines.get(product=product)


def fresh(order):
    return Order.objects.get(pk=order.pk)


def test_whole_order_ships_in_one_parcel(order, bowl, jug):
    parcel = ship(order.pk, carrier="dpd", tracking_number="15501234567890")

    assert fresh(order).status == SHIPPED
    assert set(order.lines.values_list("status", flat=True)) == {SHIPPED}
    assert (stock(bowl), stock(jug)) == ((7, 0), (4, 0))
    assert units_to_send(order) == {}
    assert parcel.tracking_url.endswith("reference=15501234567890")
    assert broken_invariants() == []


def test_partial_shipment_takes_exactly_the_selected_units(order, bowl, jug):
    bowls = line_of(order, bowl)

    ship(order.pk, units={bowls.pk: 2}, carrier="dhl")

    assert fresh(order).status == PART_SHIPPED
    assert line_of(order, bowl).status == PART_SHIPPED
    assert line_of(order, jug).status == "Paid"
    assert (stock(bowl), stock(jug)) == ((8, 1), (5, 1))
    assert units_sent(order) == {bowls.pk: 2}
    assert units_to_send(order) == {bowls.pk: 1, line_of(order, jug).pk: 1}
    assert broken_invariants() == []


def test_second_parcel_completes_the_order(order, bowl, jug):
    ship(order.pk, units={line_of(order, jug).pk: 1})
    assert line_of(order, jug).status == SHIPPED

    ship(order.pk)

    assert fresh(order).status == SHIPPED
    assert set(order.lines.values_list("status", flat=True)) == {SHIPPED}
    assert [event.new_status for event in order.events.filter(kind="status")] == [
        "Paid", PART_SHIPPED, SHIPPED,
    ]  # fmt: skip
    assert (stock(bowl), stock(jug)) == ((7, 0), (4, 0))
    assert broken_invariants() == []


def test_two_partial_parcels_leave_the_order_part_shipped(order, bowl):
    bowls = line_of(order, bowl).pk

    for _parcel in range(2):
        ship(order.pk, units={bowls: 1})

    assert fresh(order).status == PART_SHIPPED
    assert units_sent(order) == {bowls: 2}
    assert broken_invariants() == []


@pytest.mark.parametrize("count", [4, -1, 0])
def test_unavailable_quantity_is_refused_and_changes_nothing(order, bowl, count):
    with pytest.raises(DispatchRefused):
        ship(order.pk, units={line_of(order, bowl).pk: count})

    assert fresh(order).status == "Paid"
    assert stock(bowl) == (10, 3)
    assert not Shipment.objects.exists()


def test_more_than_the_rest_is_refused(order, bowl):
    bowls = line_of(order, bowl).pk
    ship(order.pk, units={bowls: 2})

    with pytest.raises(DispatchRefused, match="1 left to send, 2 requested"):
        ship(order.pk, units={bowls: 2})

    assert stock(bowl) == (8, 1)


def test_line_of_another_order_is_refused(order, bowl):
    other = make_paid_order((bowl, 1), email="eve@example.com")

    with pytest.raises(DispatchRefused, match="not part of this order"):
        ship(order.pk, units={line_of(other, bowl).pk: 1})


def test_double_click_sends_one_parcel(order, bowl):
    first = ship(order.pk, units={line_of(order, bowl).pk: 1}, key="form-1")
    second = ship(order.pk, units={line_of(order, bowl).pk: 1}, key="form-1")

    assert first == second
    assert stock(bowl) == (9, 2)
    assert OutgoingMail.objects.filter(key="order-shipped:form-1").count() == 1


def test_key_used_by_another_orders_form_is_refused(order, bowl):
    other = make_paid_order((bowl, 1), email="eve@example.com")
    ship(other.pk, key="form-1")

    with pytest.raises(DispatchRefused, match="another order"):
        ship(order.pk, key="form-1")


@pytest.mark.parametrize("status", ["Pending payment", CANCELLED, REFUNDED, SHIPPED])
def test_order_that_cannot_ship_says_so(order, status):
    Order.objects.filter(pk=order.pk).update(status=status)

    with pytest.raises(DispatchRefused, match=status):
        ship(order.pk)


@pytest.mark.parametrize("status", [AUTHORISED, PACKING])
def test_order_ships_from_every_open_status(order, status):
    Order.objects.filter(pk=order.pk).update(status=status)

    ship(order.pk)

    assert fresh(order).status == SHIPPED


def test_cancelling_after_a_partial_shipment_is_refused(order, bowl):
    ship(order.pk, units={line_of(order, bowl).pk: 1})

    with pytest.raises(IllegalMove):
        move_order(order.pk, CANCELLED)

    assert stock(bowl) == (9, 2)
    assert broken_invariants() == []


def test_cancelled_rest_is_restocked(order, bowl, jug):
    ship(order.pk, units={line_of(order, bowl).pk: 2})

    cancel_rest(order.pk, reason="one broke in the kiln")

    assert fresh(order).status == SHIPPED
    assert (line_of(order, bowl).status, line_of(order, jug).status) == (SHIPPED, CANCELLED)
    assert (stock(bowl), stock(jug)) == ((8, 0), (5, 0))
    assert units_to_send(order) == {}
    assert units_sent(order) == {line_of(order, bowl).pk: 2}
    assert broken_invariants() == []


def test_rest_of_an_unshipped_order_cannot_be_cancelled_alone(order):
    with pytest.raises(DispatchRefused):
        cancel_rest(order.pk, reason="no")

    assert fresh(order).status == "Paid"
    assert broken_invariants() == []


@pytest.mark.usefixtures("_no_preparations")
def test_hook_gets_the_units_before_anything_is_written(order, bowl):
    seen = []

    @shipments.prepares_dispatch
    def look(order, units, user):
        seen.append((order.number, units, user, Shipment.objects.count()))

    ship(order.pk, units={line_of(order, bowl).pk: 2})

    assert seen == [(order.number, {line_of(order, bowl).pk: 2}, None, 0)]


@pytest.mark.usefixtures("_no_preparations")
def test_refusing_hook_stops_the_shipment(order, bowl):
    @shipments.prepares_dispatch
    def refuse(order, units, user):
        raise DispatchRefused("The bank let the money go.")

    with pytest.raises(DispatchRefused, match="The bank let the money go"):
        ship(order.pk)

    assert fresh(order).status == "Paid"
    assert stock(bowl) == (10, 3)


@pytest.mark.usefixtures("_no_preparations")
def test_hook_does_not_run_for_an_impossible_parcel(order, bowl):
    called = []
    shipments.PREPARATIONS.append(lambda *args: called.append(args))

    with pytest.raises(DispatchRefused):
        ship(order.pk, units={line_of(order, bowl).pk: 99})
    with pytest.raises(DispatchRefused):
        ship(order.pk, carrier="pigeon")

    assert called == []


@pytest.mark.parametrize("number", ["<script>", "a" * 65, "-1", "12\n34", "é1"])
def test_invalid_tracking_number_is_refused(order, number):
    with pytest.raises(DispatchRefused):
        ship(order.pk, carrier="dpd", tracking_number=number)


def test_last_delivered_parcel_delivers_the_order(order, bowl):
    first = ship(order.pk, units={line_of(order, bowl).pk: 1})
    second = ship(order.pk)

    assert mark_delivered(order.pk, first.pk)
    assert fresh(order).status == SHIPPED
    assert mark_delivered(order.pk, second.pk)
    assert fresh(order).status == DELIVERED
    assert not mark_delivered(order.pk, second.pk)


def test_parcel_of_another_order_is_not_marked_as_delivered(order, bowl):
    other = ship(make_paid_order((bowl, 1), email="eve@example.com").pk)

    with pytest.raises(DispatchRefused):
        mark_delivered(order.pk, other.pk)


def test_marking_the_order_as_delivered_marks_its_parcels(order):
    parcel = ship(order.pk)

    move_order(order.pk, DELIVERED)

    parcel.refresh_from_db()
    assert parcel.delivered_at


def test_mail_lists_the_parcel_and_the_rest(order, bowl, django_capture_on_commit_callbacks):
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        ship(order.pk, units={line_of(order, bowl).pk: 2}, carrier="dpd", tracking_number="15501")

    sent = OutgoingMail.objects.get(key__startswith="order-shipped:")
    assert sent.to == "ada@example.com"
    assert "Part of your order" in sent.subject
    for body in (sent.body_text, sent.body_html):
        assert "https://track.dpd.co.uk/search?reference=15501" in body
        assert "Bowl" in body
        assert "Jug" in body
        assert "Expected" in body
    assert "2 × Bowl" in sent.body_text
    assert "1 × Bowl" in sent.body_text


def test_arrival_is_estimated_from_the_dispatch_date(order):
    ship(order.pk)

    parcel = parcels_of(order)[0]
    day = add_working_days(parcel.sent_at.date(), 0)
    assert parcel.arrival.first == add_working_days(day, 2)
    assert parcel.arrival == arrival_of_parcel(order)


def test_cancellation_is_mailed_once_and_not_for_unpaid_orders(order, bowl):

    unpaid, _intent = begin.begin(make_submission(make_basket((bowl, 1)), email="eve@example.com"))
    move_order(unpaid.order_id, CANCELLED)
    move_order(order.pk, CANCELLED)

    told = OutgoingMail.objects.filter(key__startswith="order-cancelled:")
    assert [row.to for row in told] == ["ada@example.com"]


def test_products_without_stock_tracking_ship_too(shop, bowl):
    voucher = make_product("Gift voucher", price="25.00", stock=None, track_stock=False)
    order = make_paid_order((voucher, 2), (bowl, 1))

    ship(order.pk, units={line_of(order, voucher).pk: 1})
    ship(order.pk)

    assert fresh(order).status == SHIPPED
    assert broken_invariants() == []


# --- The dashboard --------------------------------------------------------------------------------


@pytest.fixture
def clerk(client):
    user = make_user("clerk@example.com", is_staff=True)
    client.force_login(user)
    return user


def permit(user, *names):
    from django.contrib.auth.models import Permission

    user.user_permissions.add(*Permission.objects.filter(codename__in=names))


def page_of(order):
    return reverse("dashboard:order-detail", args=[order.number])


def send(client, order, **units):
    data = {"order_action": "dispatch_parcel", "key": "k1", "carrier": "dpd", **units}
    return client.post(page_of(order), data, follow=True)


def test_form_offers_the_remaining_units(client, clerk, order, bowl):
    permit(clerk, "view_order", "change_order", "add_shipment", "change_shipment")

    page = client.get(page_of(order)).content.decode()

    assert f'name="units_{line_of(order, bowl).pk}" value="3"' in page
    assert "Dispatch parcel" in page


def test_form_ships_a_part(client, clerk, order, bowl, jug):
    permit(clerk, "view_order", "change_order", "add_shipment", "change_shipment")
    fields = {f"units_{line_of(order, bowl).pk}": 1, f"units_{line_of(order, jug).pk}": 0}

    page = send(client, order, tracking_number="15501", **fields).content.decode()

    assert "Parcel dispatched" in page
    assert "reference=15501" in page
    assert fresh(order).status == PART_SHIPPED
    assert Shipment.objects.get().user == clerk
    assert OrderEvent.objects.filter(kind="dispatch", user=clerk).count() == 1


def test_refused_form_keeps_its_input(client, clerk, order, bowl):
    permit(clerk, "view_order", "change_order", "add_shipment", "change_shipment")

    page = send(client, order, tracking_number="15 501!").content.decode()

    assert "15 501!" in page
    assert "Choose at least one item" in page or "A tracking number can have" in page
    assert not Shipment.objects.exists()


def test_read_only_staff_cannot_ship(client, clerk, order, bowl):
    permit(clerk, "view_order")

    assert "Dispatch parcel" not in client.get(page_of(order)).content.decode()
    assert send(client, order, **{f"units_{line_of(order, bowl).pk}": 1}).status_code == 403
    assert not Shipment.objects.exists()


def test_buttons_mark_a_parcel_delivered_and_cancel_the_rest(client, clerk, order, bowl):
    permit(clerk, "view_order", "change_order", "add_shipment", "change_shipment")
    parcel = ship(order.pk, units={line_of(order, bowl).pk: 1})

    client.post(page_of(order), {"order_action": "give_up_rest", "reason": " "})
    assert fresh(order).status == PART_SHIPPED
    client.post(page_of(order), {"order_action": "give_up_rest", "reason": "broken"})
    assert fresh(order).status == SHIPPED
    client.post(page_of(order), {"order_action": "mark_delivered", "parcel": parcel.pk})
    assert fresh(order).status == DELIVERED


# --- Orders of before -----------------------------------------------------------------------------


def test_orders_shipped_before_parcels_existed_get_one(bowl):
    order = make_order(bowl, status=DELIVERED)
    change = order.status_changes.create(old_status=SHIPPED, new_status=DELIVERED)
    waiting = make_order(bowl, status="Paid")
    migration = importlib.import_module("commerce.migrations.0014_shipments")

    for _time in range(2):
        migration.write_parcels_of_before(apps, None)

    parcel = parcels_of(order)[0]
    assert [(line.title, count) for line, count in parcel.items] == [("Bowl", 1)]
    assert parcel.shipment.delivered_at == change.date_created
    assert Shipment.objects.count() == 1
    assert parcels_of(waiting) == []


def test_earlier_status_changes_are_in_the_history(bowl):
    order = make_order(bowl, status=DELIVERED)
    order.status_changes.create(old_status=SHIPPED, new_status=DELIVERED)
    OrderEvent._base_manager.all()._raw_delete(using="default")
    migration = importlib.import_module("commerce.migrations.0013_order_events")

    migration.tell_what_happened(apps, None)

    assert [event.new_status for event in order.events.all()] == [DELIVERED]


@pytest.mark.django_db(transaction=True)
def test_retry_after_a_deadlock_overwrites_no_other_orders_parcel(bowl, jug, order, monkeypatch):
    other = make_paid_order((jug, 1))
    others, issue = [], shipments.issue_packing_slip

    def deadlock_once(*args, **kwargs):
        if not others:
            raise OperationalError(1213, "Deadlock found when trying to get lock")
        return issue(*args, **kwargs)

    def another_parcel_leaves(_seconds):  # while the first one waits to retry
        others.append(None)
        others[0] = ship(other.pk, tracking_number="OTHER1")

    monkeypatch.setattr(shipments, "issue_packing_slip", deadlock_once)
    monkeypatch.setattr("commerce.transactions.time.sleep", another_parcel_leaves)

    parcel = ship(order.pk, tracking_number="MINE1")

    others[0].refresh_from_db()
    assert (others[0].tracking_number, others[0].event.order_id) == ("OTHER1", other.pk)
    assert (parcel.tracking_number, parcel.event.order_id) == ("MINE1", order.pk)
    assert Shipment.objects.count() == 2
