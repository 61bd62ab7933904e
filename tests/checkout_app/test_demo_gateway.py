"""The demo gateway follows Stripe's rules and accepts only Stripe's published test cards."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from checkout_app.exceptions import GatewayRefused, GatewayUnavailable
from checkout_app.gateways.stripe import get_gateway
from demo_gateway import faults, server
from demo_gateway.models import DemoCharge, DemoEvent, DemoIntent, DemoRequest

pytestmark = pytest.mark.django_db
SUCCEEDS, ASKS_BANK = "4242424242424242", "4000002500003155"


@pytest.fixture
def intent():
    """An intent over £24.00 that waits for a card."""
    made = server.create_intent({"amount": "2400", "currency": "gbp"})
    return DemoIntent.objects.get(intent_id=made["id"])


def call(client, intent, view="confirm", *, secret=None, **fields):
    """Post what the demo element sends."""
    body = {"client_secret": secret or intent.client_secret, **fields}
    url = reverse(f"demo_gateway:{view}", args=[intent.intent_id])
    return client.post(url, body, content_type="application/json")


def confirm(client, intent, number=SUCCEEDS, *, month=12, year=2099, **kwargs):
    return call(client, intent, number=number, exp_month=month, exp_year=year, **kwargs)


def create(key, **changes):
    """Create an intent through stripe-python, as the shop does."""
    fields = {"amount_minor": 2400, "currency": "GBP", "metadata": {}, "email": "", **changes}
    return get_gateway().create_intent(key=key, **fields)


@pytest.mark.parametrize("number", [SUCCEEDS, "5555 5555 5555 4444", "4242-4242-4242-4242"])
def test_valid_card_succeeds(client, intent, number):
    body = confirm(client, intent, number).json()

    assert (body["status"], body["amount_received"]) == ("succeeded", 2400)
    read = get_gateway().retrieve_intent(intent.intent_id)
    assert (read.received_minor, read.last4) == (2400, number[-4:])


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        ("4000000000000002", "card_declined", "Your card was declined."),
        ("4000000000009995", "card_declined", "Your card has insufficient funds."),
        ("4111111111111111", "incorrect_number", "not one of Stripe’s test cards"),
        ("", "incorrect_number", "not one of Stripe’s test cards"),
    ],
)
def test_declined_card_leaves_the_intent_open(client, intent, number, code, words):
    response = confirm(client, intent, number)

    assert response.status_code == 402
    assert response.json()["error"]["code"] == code
    assert words in response.json()["error"]["message"]
    assert confirm(client, intent).json()["status"] == "succeeded"


@pytest.mark.parametrize(("month", "year"), [(1, 2020), (0, 2099), (13, 2099)])
def test_expired_card_is_refused(client, intent, month, year):
    assert confirm(client, intent, month=month, year=year).json()["error"]["code"] == "expired_card"


def test_card_expiring_this_month_is_accepted(client, intent):
    today = timezone.localdate()

    response = confirm(client, intent, month=today.month, year=today.year)

    assert response.json()["status"] == "succeeded"


def test_bank_authentication_succeeds(client, intent):
    assert confirm(client, intent, ASKS_BANK).json()["status"] == "requires_action"

    assert call(client, intent, "authenticate", passed=True).json()["status"] == "succeeded"


def test_failed_authentication_leaves_the_intent_open(client, intent):
    confirm(client, intent, ASKS_BANK)

    response = call(client, intent, "authenticate", passed=False)

    assert response.status_code == 402
    intent.refresh_from_db()
    assert intent.body["status"] == "requires_payment_method"
    assert "could not confirm" in get_gateway().retrieve_intent(intent.intent_id).error


@pytest.mark.parametrize("passed", ["true", 1, None, "yes"])
def test_only_an_explicit_true_passes_authentication(client, intent, passed):
    confirm(client, intent, ASKS_BANK)

    assert call(client, intent, "authenticate", passed=passed).status_code == 402


def test_authentication_without_a_request_changes_nothing(client, intent):
    body = call(client, intent, "authenticate", passed=True).json()

    assert body["status"] == "requires_payment_method"


def test_wrong_secret_is_refused(client, intent):
    for view, fields in (("confirm", {"number": SUCCEEDS, "exp_month": 1, "exp_year": 2099}),
                         ("authenticate", {"passed": True})):  # fmt: skip
        response = call(client, intent, view, secret="pi_guessed_secret", **fields)
        assert response.status_code == 401
    intent.refresh_from_db()
    assert intent.body["status"] == "requires_payment_method"


@pytest.mark.parametrize("body", ["", "[]", "{}", "null", "1", '{"client_secret": "x"}'])
def test_incomplete_request_is_a_400(client, intent, body):
    url = reverse("demo_gateway:confirm", args=[intent.intent_id])

    assert client.post(url, body, content_type="application/json").status_code == 400


def test_unknown_intent_is_a_404(client, intent):
    intent.intent_id = "pi_demo_nobody"

    assert confirm(client, intent).status_code == 404


def test_endpoints_are_closed_if_stripe_keys_are_set(client, intent, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_real"

    assert confirm(client, intent).status_code == 404


def test_paid_intent_cannot_be_paid_again(client, intent):
    confirm(client, intent)

    assert confirm(client, intent).json()["status"] == "succeeded"
    assert DemoCharge.objects.count() == 1


def test_no_card_number_is_ever_stored(client, intent):
    for number in (SUCCEEDS, ASKS_BANK, "4000000000000002", "4111111111111111"):
        confirm(client, intent, number)

    rows = [
        *DemoIntent.objects.values_list("body", flat=True),
        *DemoCharge.objects.values_list("body", flat=True),
        *DemoEvent.objects.values_list("body", flat=True),
        *DemoRequest.objects.values_list("answer", flat=True),
    ]
    for number in (SUCCEEDS, ASKS_BANK, "4000000000000002", "4111111111111111"):
        assert number not in str(rows)


def test_same_key_returns_the_same_intent():
    first, second = create("k1"), create("k1")

    assert first.id == second.id
    assert DemoIntent.objects.count() == 1


def test_same_key_with_other_parameters_is_refused():
    create("k1")

    with pytest.raises(GatewayRefused, match="same parameters"):
        create("k1", amount_minor=2500)
    assert DemoIntent.objects.count() == 1


def test_refused_create_is_not_stored_under_its_key():
    with pytest.raises(GatewayRefused, match="at least 30"):
        create("k1", amount_minor=29)

    assert create("k1").amount_minor == 2400


def test_list_is_paginated():
    made = {server.create_intent({"amount": "100", "currency": "gbp"})["id"] for _n in range(105)}

    listed = [
        row.id for row in get_gateway().list_intents(since=timezone.now() - timedelta(hours=1))
    ]

    assert len(listed) == 105
    assert set(listed) == made


def test_list_excludes_older_intents(intent):
    later = timezone.now() + timedelta(hours=1)

    assert list(get_gateway().list_intents(since=later)) == []


def test_paid_intent_cannot_be_cancelled(client, intent):
    confirm(client, intent)

    assert get_gateway().cancel_intent(intent.intent_id).status == "succeeded"


def test_cancelled_intent_cannot_be_paid(client, intent):
    get_gateway().cancel_intent(intent.intent_id)

    assert confirm(client, intent).json()["status"] == "canceled"
    assert DemoCharge.objects.count() == 0


def test_refund_never_exceeds_the_payment(client, intent):
    confirm(client, intent)
    refund = {"intent_id": intent.intent_id, "metadata": {}}
    get_gateway().refund(key="r1", amount_minor=2000, **refund)
    get_gateway().refund(key="r1", amount_minor=2000, **refund)  # the same refund again

    with pytest.raises(GatewayRefused, match="greater than unrefunded"):
        get_gateway().refund(key="r2", amount_minor=401, **refund)
    assert get_gateway().refund(key="r3", amount_minor=400, **refund).status == "succeeded"


def test_unknown_url_is_a_404():
    status, body = server.answer("GET", "/v1/products", {})

    assert status == 404
    assert "Unrecognized request URL" in body["error"]["message"]


@pytest.mark.parametrize(("fault", "made"), [("unreachable", 0), ("error", 0), ("drop", 1)])
def test_faults_behave_as_documented(fault, made):
    faults.plan(fault)

    with pytest.raises(GatewayUnavailable):
        create("k1")

    assert DemoIntent.objects.count() == made
    create("k1")
    assert DemoIntent.objects.count() == 1
