"""Requests to Stripe match its documented types. A control proves that the check works."""

from decimal import Decimal
from functools import wraps

import pytest
from pydantic import ValidationError

from checkout_app.gateways.stripe import get_gateway
from demo_gateway.keys import DEMO_KEY

pytestmark = pytest.mark.django_db


@pytest.fixture
def intents():
    """stripe-python's service for intents, called without our gateway class."""
    return get_gateway().client.v1.payment_intents


def test_gateway_requests_pass(intents):
    gateway = get_gateway()

    made = gateway.create_intent(
        key="k1", amount_minor=9000, currency="GBP", metadata={"site": "x"}, email="a@example.com"
    )

    assert gateway.retrieve_intent(made.id).amount_minor == 9000
    assert gateway.cancel_intent(made.id).status == "canceled"


@pytest.mark.parametrize(
    "params",
    [
        {"amount": 9000, "currency": "gbp", "metdata": {}},
        {"currency": "gbp"},
        {"amount": Decimal("90.00"), "currency": "gbp"},
        {"amount": 9000, "currency": "gbp", "automatic_payment_methods": {"enabld": True}},
        {"amount": 9000, "currency": "gbp", "receipt_email": 7},
    ],
)
def test_control_invalid_request_is_detected(intents, params):
    with pytest.raises(ValidationError):
        intents.create(params)


def test_refund_with_a_non_integer_amount_is_detected():
    with pytest.raises(ValidationError):
        get_gateway().client.v1.refunds.create({"payment_intent": "pi_1", "amount": "90.00"})


@pytest.mark.parametrize(("is_held", "method"), [(False, "automatic"), (True, "manual")])
def test_intent_has_the_capture_method_of_the_payment_element(
    monkeypatch, intents, is_held, method
):
    create, sent = type(intents).create, []

    @wraps(create)  # The parameter check reads the annotations.
    def recorded(self, params, options=None):
        sent.append(params)
        return create(self, params, options)

    monkeypatch.setattr(type(intents), "create", recorded)

    get_gateway().create_intent(
        key="k1", amount_minor=900, currency="GBP", metadata={}, email="", is_held=is_held
    )

    assert [params["capture_method"] for params in sent] == [method]


def test_demo_key_cannot_be_mistaken_for_a_live_key():
    assert DEMO_KEY.startswith("sk_test_")
