"""A shop without Stripe's keys and without the demo gateway takes no payments and says so."""

import pytest
from django.urls import reverse
from oscar.core.loading import get_model

from checkout_app.exceptions import GatewayUnavailable
from checkout_app.gateways.registry import all_gateways
from checkout_app.gateways.stripe import get_gateway
from checkout_app.models import PaymentAttempt
from checkout_app.payments import reconcile
from commerce.orders.invariants import broken_invariants
from demo_gateway.keys import demo_webhook_secret
from tests import shopper
from tests.checkout_app.test_webhooks import signature
from tests.factories import make_user, stockrecord_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(settings):
    """The settings of a production without Stripe's keys."""

    def close():
        settings.STRIPE_SECRET_KEY, settings.DEMO_GATEWAY, settings.DEBUG = "", False, False
        get_gateway.cache_clear()

    return close


def test_payment_page_says_so_and_has_no_button(client, vase, closed):
    closed()

    page = shopper.reach_payment(client, vase)

    assert page.status_code == 200
    assert "We can’t take payments at the moment." in page.text
    assert "Test cards" not in page.text
    assert reverse("checkout:pay") not in page.text
    assert "demo-stripe.js" not in page.text


def test_closed_shop_begins_no_payment_and_finishes_begun_ones(client, vase, settings):
    settings.SALES = False

    page = shopper.reach_payment(client, vase)
    answer = shopper.press_pay(client, "90.00")

    assert "We can’t take payments at the moment." in page.text
    assert answer.status_code == 503
    assert not PaymentAttempt.objects.exists()
    assert len(all_gateways()) == 2


def test_pay_is_refused_and_writes_nothing(client, vase, closed):
    closed()
    shopper.reach_payment(client, vase)

    answer = shopper.press_pay(client, "90.00")

    assert answer.status_code == 503
    assert "can’t take payments" in answer.json()["error"]
    assert not get_model("order", "Order").objects.exists()
    assert not PaymentAttempt.objects.exists()
    assert stockrecord_of(vase).num_allocated in (None, 0)
    assert client.get("/basket/").wsgi_request.basket.num_items == 1


@pytest.mark.parametrize("method", ["transfer", "card"])
def test_no_other_method_is_offered(client, vase, closed, settings, method):
    settings.TRANSFER_ACCOUNT = "GB33 BUKB 2020 1555 5555 55"
    closed()
    shopper.reach_payment(client, vase)

    answer = shopper.press_pay(client, "90.00", payment_method=method)

    assert answer.status_code == 503
    assert not get_model("order", "Order").objects.exists()


def test_waiting_order_is_not_confirmed_by_the_demo(client, vase, closed):
    shopper.reach_payment(client, vase)
    shopper.press_pay(client, "90.00")
    closed()

    page = client.get(reverse("checkout:payment-details"))
    again = shopper.press_pay(client, "90.00")
    card = shopper.confirm_card(client)

    assert "We can’t take payments at the moment." in page.text
    assert again.status_code == 503
    assert card.status_code == 404
    assert PaymentAttempt.objects.get().order.status == "Pending payment"


@pytest.mark.parametrize("method", ["get", "post", "head"])
@pytest.mark.parametrize("name", ["confirm", "confirm-setup", "saved-cards", "authenticate"])
def test_demo_gateway_has_no_addresses(client, shop, closed, method, name):
    closed()

    answer = getattr(client, method)(reverse(f"demo_gateway:{name}", args=["pi_demo_1"]))

    assert answer.status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
def test_fault_simulator_and_saved_cards_have_no_pages(client, site_root, closed, method):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    closed()

    for name in ("demo-faults", "account-cards", "account-new-card"):
        assert getattr(client, method)(reverse(name)).status_code == 404, name


def test_event_signed_by_the_demo_is_refused(client, shop, closed):
    body = b'{"id": "evt_1", "type": "payment_intent.succeeded"}'
    closed()

    answer = client.post(
        reverse("stripe-webhook"),
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature(body, demo_webhook_secret())},
    )

    assert answer.status_code == 400


def test_every_other_call_raises_unavailable(closed):
    closed()

    with pytest.raises(GatewayUnavailable):
        get_gateway().retrieve_intent("pi_1")


def test_scheduler_and_invariants_still_run(shop, closed):
    closed()

    assert reconcile.reconcile_recent(hours=1) == []
    reconcile.mirror_refunds_and_disputes()
    assert broken_invariants() == []
