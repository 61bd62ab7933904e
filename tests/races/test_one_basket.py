"""One basket ordered from several tabs: one order, one attempt, one intent."""

import copy
import threading

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test import Client
from oscar.core.loading import get_model

from checkout_app.gateways.stripe import StripeGateway
from checkout_app.models import PaymentAttempt
from checkout_app.payments import begin, placement
from checkout_app.storefront.session import Draft
from commerce.orders.invariants import broken_invariants
from demo_gateway.models import DemoIntent
from tests.factories import make_basket, make_product, make_submission, stockrecord_of
from tests.shopper import press_pay, reach_payment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
Basket = get_model("basket", "Basket")
Order = get_model("order", "Order")

TABS = 8


@pytest.fixture
def cup(shop):
    """A cup with enough stock for every tab."""
    return make_product("Espresso cup", price="18.00", stock=50)


def another_tab(client):
    """Another tab of the browser: separate requests with the same cookies."""
    tab = Client()
    tab.cookies.update(client.cookies)
    return tab


def made():
    """The number of orders, attempts and intents."""
    return tuple(model.objects.count() for model in (Order, PaymentAttempt, DemoIntent))


def test_one_basket_from_eight_tabs_is_one_order_and_one_intent(cup, together):
    submission = make_submission(make_basket((cup, 1)))

    results = together(TABS, lambda _tab: begin.begin(submission))

    assert [result for result in results if isinstance(result, Exception)] == []
    assert len({(attempt.key, intent.id) for attempt, intent in results}) == 1
    assert made() == (1, 1, 1)
    assert stockrecord_of(cup).num_allocated == 1
    assert broken_invariants() == []


def test_paying_in_eight_tabs_returns_the_same_intent(client, cup, together):
    reach_payment(client, cup)
    tabs = [another_tab(client) for _tab in range(TABS)]

    results = together(TABS, lambda index: press_pay(tabs[index], "22.50"))

    assert [getattr(answer, "status_code", answer) for answer in results] == [200] * TABS
    secrets = {answer.json()["client_secret"] for answer in results}
    assert secrets == {DemoIntent.objects.get().client_secret}
    assert made() == (1, 1, 1)
    assert stockrecord_of(cup).num_allocated == 1
    assert broken_invariants() == []


def after_looking(monkeypatch, act):
    """Run an action once, right after a tab has looked for its order and found none."""
    attempt_of = Draft.attempt

    def looks(draft):
        found = attempt_of(draft)
        monkeypatch.setattr(Draft, "attempt", attempt_of)
        act()
        return found

    monkeypatch.setattr(Draft, "attempt", looks)


def test_tab_that_looked_too_early_gets_the_same_intent(client, cup, monkeypatch):
    reach_payment(client, cup)
    slow = another_tab(client)
    after_looking(monkeypatch, lambda: press_pay(client, "22.50"))

    answer = press_pay(slow, "22.50")

    assert (answer.status_code, made()) == (200, (1, 1, 1))
    assert answer.json()["client_secret"] == DemoIntent.objects.get().client_secret


def test_tab_that_looked_before_another_ordered_continues_with_its_order(client, cup, monkeypatch):
    reach_payment(client, cup)
    press_pay(client, "1.00")  # Refused, but the session now names the basket.
    assert made() == (0, 0, 0)
    submission = make_submission(Basket.objects.get())
    after_looking(monkeypatch, lambda: placement.place_order(submission))

    answer = press_pay(client, "22.50")

    assert (answer.status_code, made()) == (200, (1, 1, 1))


def test_control_without_the_lock_the_database_stops_a_tab(cup, together, meet, monkeypatch):
    submission = make_submission(make_basket((cup, 1)))
    totals_of = placement.totals_of
    monkeypatch.setattr(placement, "lock_basket", lambda pk: Basket.objects.get(pk=pk))

    def both_have_looked(*args, **kwargs):
        meet()
        return totals_of(*args, **kwargs)

    monkeypatch.setattr(placement, "totals_of", both_have_looked)

    results = together(2, lambda _tab: placement.place_order.__wrapped__(submission))

    # By the unique constraint, or on SQLite by its refusal to write over unread changes.
    last_guard = OperationalError if connection.vendor == "sqlite" else IntegrityError
    assert {type(result) for result in results} == {PaymentAttempt, last_guard}, results
    assert Order.objects.count() == 1
    assert stockrecord_of(cup).num_allocated == 1


def test_control_without_lock_and_constraint_each_tab_has_an_order(cup, together, monkeypatch):
    submission = make_submission(make_basket((cup, 1)))
    before = Basket.objects.get(pk=submission.basket_id)
    save = PaymentAttempt.save

    def save_unmarked(attempt, *args, **kwargs):
        attempt.open_basket = None
        save(attempt, *args, **kwargs)

    # Read without the lock: the basket is open, whoever ordered it meanwhile.
    monkeypatch.setattr(placement, "lock_basket", lambda _pk: copy.copy(before))
    monkeypatch.setattr(PaymentAttempt, "save", save_unmarked)

    together(TABS, lambda _tab: begin.begin(submission))

    assert made() == (TABS, TABS, TABS)
    assert stockrecord_of(cup).num_allocated == TABS


def test_control_without_the_key_each_tab_has_an_intent(cup, together, monkeypatch):
    submission = make_submission(make_basket((cup, 1)))
    barrier = threading.Barrier(2)
    create = StripeGateway.create_intent

    def create_under_another_key(gateway, *, key, **asked):
        place = barrier.wait(timeout=30)
        return create(gateway, key=f"{key}:{place}", **asked)

    monkeypatch.setattr(StripeGateway, "create_intent", create_under_another_key)

    together(2, lambda _tab: begin.begin(submission))

    assert made() == (1, 1, 2)
