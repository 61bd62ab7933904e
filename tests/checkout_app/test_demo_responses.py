"""The demo gateway's responses have the fields of stripe-python's response classes."""

import pytest
import stripe

from checkout_app.payments import begin
from demo_gateway import customers, post_payment, server
from tests.factories import make_basket, make_submission, make_user, pay

pytestmark = pytest.mark.django_db(transaction=True)


def answer(method, path, **params):
    status, body = server.answer(method, path, params)
    assert status == 200, body
    return body


@pytest.fixture
def answers(vase):
    """One response of each kind, by the class that parses it."""
    user = make_user("ada@example.com")
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1)), user=user))
    pay(attempt)
    post_payment.refund_in_dashboard(attempt.intent_id, 500)
    post_payment.dispute(attempt.intent_id)
    customer = user.stripe_customer.customer_id
    customers.save_card(customer, brand="visa", last4="4242", expiry=(12, 2099))
    intent = answer("GET", f"/v1/payment_intents/{attempt.intent_id}")
    return {
        stripe.PaymentIntent: intent,
        stripe.Charge: intent["latest_charge"],
        stripe.Refund: answer("GET", "/v1/refunds")["data"][0],
        stripe.Dispute: answer("GET", "/v1/disputes")["data"][0],
        stripe.Customer: answer("POST", "/v1/customers", email="x@example.com"),
        stripe.CustomerSession: answer("POST", "/v1/customer_sessions", customer=customer),
        stripe.SetupIntent: answer("POST", "/v1/setup_intents", customer=customer),
        stripe.PaymentMethod: answer("GET", f"/v1/customers/{customer}/payment_methods")["data"][0],
        stripe.PaymentMethodDomain: answer(
            "POST", "/v1/payment_method_domains", domain_name="shop.example"
        ),
    }


def always_there(kind):
    """The attributes that a response class declares as never None."""
    return {
        name
        for name, value in kind.__annotations__.items()
        if name.islower() and "Optional" not in str(value) and "None" not in str(value)
    }


def test_responses_have_all_required_fields_and_no_unknown_ones(answers):
    for kind, body in answers.items():
        missing = always_there(kind) - body.keys()
        unknown = body.keys() - kind.__annotations__.keys()
        assert (kind.__name__, missing, unknown) == (kind.__name__, set(), set())
        assert body["object"] == kind.OBJECT_NAME


def test_control_response_without_its_status_is_detected(answers):
    body = dict(answers[stripe.Refund])
    del body["amount"]

    assert always_there(stripe.Refund) - body.keys() == {"amount"}
