"""Returns: what can be returned, who decides, restocking, and mails."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.accounts.roles import FINANCE, MERCHANDISER, SUPPORT, create_roles
from commerce.exceptions import ReturnRefused
from commerce.models import OutgoingMail, ReturnRequest, Shipment
from commerce.order_statuses import DELIVERED, PART_SHIPPED, REFUNDED, RETURNED
from commerce.orders.guest_links import token_for
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order
from commerce.orders.shipments import ship
from commerce.returns.returns import (
    Received,
    approve_return,
    mark_refunded,
    receive_return,
    refund_url,
    refuse_return,
    request_return,
    return_until,
    units_returnable,
)
from tests.factories import make_paid_order, make_product, make_user, stockrecord_of

pytestmark = pytest.mark.django_db
Order = get_model("order", "Order")
State = ReturnRequest.State


@pytest.fixture(autouse=True)
def _no_limits_yet():
    cache.clear()


@pytest.fixture
def bowl(shop):
    return make_product("Bowl", price="20.00", stock=10)


@pytest.fixture
def jug(shop):
    return make_product("Jug", price="40.00", stock=5)


@pytest.fixture
def order(bowl, jug):
    """A guest's order of three bowls and a jug, delivered today."""
    order = make_paid_order((bowl, 3), (jug, 1))
    ship(order.pk)
    move_order(order.pk, DELIVERED)
    return Order.objects.get(pk=order.pk)


def line_of(order, product):
    return order.lines.get(product=product).pk


def ask(order, units, **more):
    return request_return(order.pk, units, reason="too blue", **more)


def came(request, quantity, **more):
    """Arguments of ``receive_return`` for a return of one line."""
    return {request.lines.get().pk: Received(quantity, **more)}


def mails(prefix):
    return OutgoingMail.objects.filter(key__startswith=prefix)


def stock(product):
    record = stockrecord_of(product)
    return record.num_in_stock, record.num_allocated


def test_complete_life_of_a_return(order, bowl):
    bowls = line_of(order, bowl)
    request = ask(order, {bowls: 2})

    approve_return(request.pk, instructions="To the quay, please.", user=None)
    receive_return(request.pk, came(request, 2, condition="new", restock=True), user=None)
    mark_refunded(request.pk)

    request.refresh_from_db()
    assert request.state == State.REFUNDED
    assert stock(bowl) == (9, 0)
    assert units_returnable(order) == {bowls: 1, line_of(order, _jug(order)): 1}
    assert order.events.filter(kind="return").count() == 4
    assert Order.objects.get(pk=order.pk).status == DELIVERED
    assert broken_invariants() == []


def _jug(order):
    return order.lines.get(title="Jug").product


def test_full_return_sets_the_order_to_returned(order, bowl, jug):
    first = ask(order, {line_of(order, bowl): 3})
    second = ask(order, {line_of(order, jug): 1})
    for request in (first, second):
        approve_return(request.pk, instructions="x", user=None)

    receive_return(first.pk, came(first, 3), user=None)
    assert order.lines.get(product=bowl).status == RETURNED
    assert Order.objects.get(pk=order.pk).status == DELIVERED
    receive_return(second.pk, came(second, 1), user=None)

    assert Order.objects.get(pk=order.pk).status == RETURNED
    assert (stock(bowl), stock(jug)) == ((7, 0), (4, 0))  # Nobody marked them as sellable again.
    assert broken_invariants() == []


def test_no_unit_is_returned_twice(order, bowl):
    bowls = line_of(order, bowl)
    ask(order, {bowls: 2})

    with pytest.raises(ReturnRefused):
        ask(order, {bowls: 2})
    ask(order, {bowls: 1})

    assert ReturnRequest.objects.count() == 2
    assert broken_invariants() == []


def test_refused_units_can_be_requested_again(order, bowl):
    request = ask(order, {line_of(order, bowl): 3})
    refuse_return(request.pk, reason="used", user=None)

    ask(order, {line_of(order, bowl): 3})


def test_units_that_never_arrived_can_be_requested_again(order, bowl):
    request = ask(order, {line_of(order, bowl): 3})
    approve_return(request.pk, instructions="x", user=None)
    receive_return(request.pk, came(request, 1), user=None)

    assert units_returnable(order)[line_of(order, bowl)] == 2


@pytest.mark.parametrize("count", [0, -1, 4])
def test_invalid_quantity_is_refused(order, bowl, count):
    with pytest.raises(ReturnRefused):
        ask(order, {line_of(order, bowl): count})

    assert not ReturnRequest.objects.exists()


def test_unshipped_units_cannot_be_returned(bowl, jug):
    order = make_paid_order((bowl, 3), (jug, 1))
    with pytest.raises(ReturnRefused):
        ask(order, {line_of(order, bowl): 1})
    ship(order.pk, units={line_of(order, bowl): 1})

    with pytest.raises(ReturnRefused):
        ask(order, {line_of(order, jug): 1})
    ask(order, {line_of(order, bowl): 1})

    assert Order.objects.get(pk=order.pk).status == PART_SHIPPED


def test_line_of_another_order_is_refused(order, bowl):
    other = make_paid_order((bowl, 1), email="eve@example.com")
    ship(other.pk)

    with pytest.raises(ReturnRefused):
        ask(order, {line_of(other, bowl): 1})


def test_refunded_order_accepts_no_returns(order, bowl):
    move_order(order.pk, REFUNDED)

    with pytest.raises(ReturnRefused):
        ask(order, {line_of(order, bowl): 1})


def test_returns_can_be_requested_until_the_last_day(order, bowl, settings):
    settings.RETURN_DAYS = 30
    now = timezone.now()
    Shipment.objects.update(delivered_at=now)
    assert return_until(order) == timezone.localtime(now).date() + timedelta(days=30)

    with pytest.raises(ReturnRefused, match="could be returned until"):
        ask(order, {line_of(order, bowl): 1}, at=now + timedelta(days=31))
    ask(order, {line_of(order, bowl): 1}, at=now + timedelta(days=30))


def test_double_click_makes_one_request(order, bowl):
    first = ask(order, {line_of(order, bowl): 1}, key="form")
    second = ask(order, {line_of(order, bowl): 1}, key="form")

    assert first == second


@pytest.mark.parametrize(
    ("way", "wrong"),
    [
        ((), "receive"),
        ((), "refund"),
        (("approve",), "approve"),
        (("approve",), "refund"),
        (("refuse",), "approve"),
        (("refuse",), "receive"),
        (("approve", "receive"), "receive"),
        (("approve", "receive"), "refuse"),
        (("approve", "receive", "refund"), "refund"),
    ],
)
def test_illegal_transition_is_refused_and_changes_nothing(order, bowl, way, wrong):
    request = ask(order, {line_of(order, bowl): 1})
    acts = {
        "approve": lambda: approve_return(request.pk, instructions="x", user=None),
        "refuse": lambda: refuse_return(request.pk, reason="x", user=None),
        "receive": lambda: receive_return(request.pk, came(request, 1, restock=True), user=None),
        "refund": lambda: mark_refunded(request.pk),
    }
    for name in way:
        acts[name]()
    before = stock(bowl), OutgoingMail.objects.count(), order.events.count()

    with pytest.raises(ReturnRefused):
        acts[wrong]()

    assert (stock(bowl), OutgoingMail.objects.count(), order.events.count()) == before


@pytest.mark.parametrize(
    "received", [Received(4), Received(-1), Received(0), Received(1, condition="odd")]
)
def test_impossible_received_quantities_are_refused(order, bowl, received):
    request = ask(order, {line_of(order, bowl): 3})
    approve_return(request.pk, instructions="x", user=None)

    with pytest.raises(ReturnRefused):
        receive_return(request.pk, {request.lines.get().pk: received}, user=None)

    assert stock(bowl) == (7, 0)


def test_line_of_another_return_is_refused(order, bowl, jug):
    request, other = ask(order, {line_of(order, bowl): 1}), ask(order, {line_of(order, jug): 1})
    approve_return(request.pk, instructions="x", user=None)

    with pytest.raises(ReturnRefused):
        receive_return(request.pk, came(other, 1), user=None)


def test_each_decision_is_mailed_once(order, bowl):
    request = ask(order, {line_of(order, bowl): 1})
    approve_return(request.pk, instructions="To the <quay>, please.", user=None)
    receive_return(request.pk, came(request, 1), user=None)
    refused = ask(order, {line_of(order, bowl): 1})
    refuse_return(refused.pk, reason="It was used.", user=None)

    for code, words in (
        ("return-approved", "To the <quay>, please."),
        ("return-received", "1 × Bowl"),
        ("return-refused", "It was used."),
    ):
        told = mails(code).get()
        assert told.to == "ada@example.com"
        assert words in told.body_text
        assert "<quay>" not in told.body_html


# --- The customer's pages --------------------------------------------------------------------------


def guest_form(order):
    return reverse("guest-return", args=[token_for(order, days=1)])


def fill(order, bowl, count=1, reason="too blue", key="k"):
    return {f"units_{line_of(order, bowl)}": count, "reason": reason, "key": key,
            f"units_{order.lines.get(title='Jug').pk}": 0}  # fmt: skip


def test_guest_requests_a_return_by_the_orders_link(client, order, bowl):
    page = client.get(reverse("guest-order", args=[token_for(order, days=1)])).content.decode()
    assert "Return items" in page

    done = client.post(guest_form(order), fill(order, bowl), follow=True)

    request = ReturnRequest.objects.get()
    assert request.number in done.content.decode()
    assert request.lines.get().quantity == 1


def test_refused_form_keeps_its_input(client, order, bowl):
    page = client.post(guest_form(order), fill(order, bowl, count=9, reason="chipped at the rim"))

    assert "chipped at the rim" in page.content.decode()
    assert not ReturnRequest.objects.exists()


def test_account_requests_returns_of_its_own_orders_only(client, bowl, jug):
    ada, eve = make_user("ada@example.com"), make_user("eve@example.com")
    order = make_paid_order((bowl, 1), (jug, 1), user=ada, email="")
    ship(order.pk)
    address = reverse("order-return", args=[order.number])

    assert client.get(address).status_code == 302
    client.force_login(eve)
    assert client.get(address).status_code == 404
    assert client.post(address, fill(order, bowl)).status_code == 404
    client.force_login(ada)
    assert client.get(address).status_code == 200
    client.post(address, fill(order, bowl))

    assert ReturnRequest.objects.get().order == order


def test_expired_link_cannot_request_a_return(client, order, bowl):
    token = token_for(order, days=1, at=timezone.now() - timedelta(days=2))

    response = client.post(reverse("guest-return", args=[token]), fill(order, bowl))

    assert response.url == reverse("find-order")
    assert not ReturnRequest.objects.exists()


def test_form_is_private(client, order):
    page = client.get(guest_form(order))

    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "same-origin"


# --- The dashboard ---------------------------------------------------------------------------------


@pytest.fixture
def request_of_a_bowl(order, bowl):
    return ask(order, {line_of(order, bowl): 1})


def sign_in(client, *names):
    clerk = make_user("clerk@example.com", is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=names))
    client.force_login(clerk)
    return clerk


def desk(request):
    return reverse("staff-return", args=[request.number])


def test_dashboard_processes_a_return_to_the_end(client, request_of_a_bowl, bowl):
    clerk = sign_in(client, "view_returnrequest", "change_returnrequest")
    request, row = request_of_a_bowl, request_of_a_bowl.lines.get().pk
    assert request.number in client.get(reverse("staff-returns")).content.decode()

    client.post(desk(request), {"act": "approve", "words": "To the quay."})
    client.post(
        desk(request),
        {"act": "receive", f"came_{row}": 1, f"condition_{row}": "new", f"restock_{row}": "on"},
    )

    request.refresh_from_db()
    assert request.state == State.RECEIVED
    assert stock(bowl) == (8, 0)
    assert request.order.events.filter(user=clerk, kind="return").count() == 2


def test_dashboard_requires_a_reason_for_the_customer(client, request_of_a_bowl):
    sign_in(client, "view_returnrequest", "change_returnrequest")

    for act in ("approve", "refuse"):
        page = client.post(desk(request_of_a_bowl), {"act": act, "words": " "})
        assert page.status_code == 200

    request_of_a_bowl.refresh_from_db()
    assert request_of_a_bowl.state == State.REQUESTED


def test_read_only_staff_cannot_decide(client, request_of_a_bowl):
    sign_in(client, "view_returnrequest")

    assert client.get(desk(request_of_a_bowl)).status_code == 200
    refused = client.post(desk(request_of_a_bowl), {"act": "approve", "words": "x"})
    assert refused.status_code == 403
    request_of_a_bowl.refresh_from_db()
    assert request_of_a_bowl.state == State.REQUESTED


def test_customers_and_guests_cannot_open_the_dashboard_page(client, request_of_a_bowl):
    assert client.get(desk(request_of_a_bowl)).status_code == 302
    client.force_login(make_user("eve@example.com"))
    for address in (desk(request_of_a_bowl), reverse("staff-returns")):
        assert client.get(address).status_code == 403


def test_permitted_roles_can_open_the_dashboard_page(client):
    create_roles()
    reached = set()
    for role in (SUPPORT, FINANCE, MERCHANDISER):
        clerk = make_user(f"{role}@example.com", is_staff=True)
        clerk.groups.add(Group.objects.get(name=role))
        client.force_login(clerk)
        if client.get(reverse("staff-returns")).status_code == 200:
            reached.add(role)

    assert reached == {SUPPORT, FINANCE}


def test_refund_is_offered_if_the_page_exists(request_of_a_bowl, monkeypatch):
    from django.urls import NoReverseMatch

    from commerce.returns import returns

    def no_page(name, args):
        raise NoReverseMatch

    monkeypatch.setattr(returns, "reverse", no_page)
    assert refund_url(request_of_a_bowl) == ""
    monkeypatch.setattr(returns, "reverse", lambda name, args: f"/{name}/{args[0]}/")
    order = request_of_a_bowl.order
    assert refund_url(request_of_a_bowl) == (
        f"/order-refund/{order.number}/?return={request_of_a_bowl.pk}"
    )
