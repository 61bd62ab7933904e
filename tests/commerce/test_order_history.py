"""Every status change of an order is recorded with its actor and cannot be altered."""

from decimal import Decimal

import pytest
from django.urls import reverse

from commerce.audit.order_history import history_of, record_event
from commerce.models import OrderEvent
from commerce.order_statuses import CANCELLED, PACKING, PAID, PENDING
from commerce.orders.pipeline import move_order
from commerce.orders.shipments import ship
from commerce.returns.returns import request_return
from commerce.returns.withdrawals import Statement, match_withdrawal, submit_withdrawal
from tests.factories import make_paid_order, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(vase):
    return make_paid_order((vase, 1))


@pytest.fixture
def clerk(db):
    return make_user("clerk@example.com", first_name="Anwen", last_name="Rees", is_staff=True)


def moves(order):
    events = reversed(history_of(order).filter(kind="status"))
    return [(event.old_status, event.new_status) for event in events]


def test_payment_is_recorded_as_a_change_by_the_system(order):
    event = history_of(order).get(kind="status")

    assert moves(order) == [(PENDING, PAID)]
    assert (event.kind, event.user, event.actor) == ("status", None, "")


def test_change_by_staff_records_actor_and_reason(order, clerk):
    move_order(order.pk, CANCELLED, note="the customer rang", user=clerk)

    event = history_of(order).first()
    assert (event.old_status, event.new_status, event.text) == (
        PAID,
        CANCELLED,
        "the customer rang",
    )
    assert (event.user, event.actor) == (clerk, "Anwen Rees")


def test_actor_name_stays_after_the_account_is_deleted(order, clerk):
    move_order(order.pk, PACKING, user=clerk)
    clerk.delete()

    event = history_of(order).first()
    assert (event.user, event.actor) == (None, "Anwen Rees")


def test_refused_change_is_not_recorded(order):
    with pytest.raises(Exception, match="not a valid status"):
        move_order(order.pk, "Delivered")

    assert moves(order) == [(PENDING, PAID)]


def test_change_made_directly_on_the_model_is_recorded(order):
    order.status_changes.create(old_status=PAID, new_status=PENDING)

    assert moves(order)[-1] == (PAID, PENDING)


def test_payment_events_are_recorded(order):
    record_event(order, "payment", "Captured", reference="pi_1", amount=Decimal("12.00"))

    event = history_of(order).first()
    assert (event.kind, event.reference, event.amount) == ("payment", "pi_1", Decimal("12.00"))


def test_unknown_event_kind_is_refused(order):
    with pytest.raises(ValueError, match="gossip"):
        record_event(order, "gossip", "")


def test_history_is_append_only(order):
    event = history_of(order).first()
    event.text = "it was somebody else"

    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()
    with pytest.raises(TypeError):
        OrderEvent.objects.update(text="")
    with pytest.raises(TypeError):
        OrderEvent.objects.filter(order=order).delete()


def test_dashboard_shows_the_history(client, order, clerk):
    clerk.is_superuser = True
    clerk.save()
    move_order(order.pk, PACKING, note="in the blue crate", user=clerk)
    client.force_login(clerk)

    page = client.get(reverse("dashboard:order-detail", args=[order.number])).content.decode()

    assert "in the blue crate" in page
    assert "Anwen Rees" in page
    assert "the system" in page


def test_dashboard_links_to_returns_and_withdrawals(client, order, clerk):
    clerk.is_superuser = True
    clerk.save()
    ship(order.pk)
    asked = request_return(order.pk, {order.lines.get().pk: 1}, reason="too blue")
    said = submit_withdrawal(Statement("Ada", "ada@example.com", order.number))
    match_withdrawal(said.pk)
    client.force_login(clerk)

    page = client.get(reverse("dashboard:order-detail", args=[order.number])).content.decode()

    assert reverse("staff-return", args=[asked.number]) in page
    assert reverse("staff-withdrawal", args=[said.number]) in page
