"""A shopper's actions with Django's client: fill the basket and go through the checkout."""

from dataclasses import replace
from decimal import Decimal

from django.urls import reverse

from checkout_app.payments.shown import seal, unseal
from demo_gateway.models import DemoIntent

DETAILS = {
    "email": "ada@example.com",
    "first_name": "Ada",
    "last_name": "Marsh",
    "line1": "12 Quay Street",
    "line4": "Wells",
    "postcode": "NR23 1AH",
    "country": "GB",
    "phone_number": "",
    "billing_same": "on",
}
BILLING = {
    "billing-first_name": "Grace",
    "billing-last_name": "Fen",
    "billing-line1": "1 Market Place",
    "billing-line4": "Holt",
    "billing-postcode": "NR25 6BW",
    "billing-country": "GB",
}


def put_in_basket(client, product, quantity=1, **fields):
    """Press "Add to basket" on a product's page."""
    url = reverse("basket:add", args=[product.pk])
    return client.post(url, {"quantity": quantity, **fields})


def give_details(client, **changes):
    """Submit the first step. A field that is changed to None is left out."""
    fields = {**DETAILS, **changes}
    return client.post(
        reverse("checkout:shipping-address"),
        {name: value for name, value in fields.items() if value is not None},
    )


def choose_delivery(client, code="standard"):
    """Submit the second step."""
    answer = client.post(reverse("checkout:shipping-method"), {"method": code})
    see_payment(client)
    return answer


def reach_payment(client, product, *, delivery="standard", **details):
    """Put a product into the basket, go to the payment page, and return its response."""
    put_in_basket(client, product)
    give_details(client, **details)
    choose_delivery(client, delivery)
    return see_payment(client)


def see_payment(client):
    """Open the payment page and return its response; "Pay" will send what it showed."""
    page = client.get(reverse("checkout:payment-details"))
    if page.status_code == 200:
        attempt = page.context["attempt"]
        client.pay_fields = {
            "shown": page.context["shown"],
            "attempt": attempt.key if attempt else "",
        }
    return page


def press_pay(client, total=None, **fields):
    """Press "Pay" on the payment page last seen, as its script does; as if it had shown ``total``."""
    if not hasattr(client, "pay_fields"):
        see_payment(client)
    data = {**getattr(client, "pay_fields", {}), **fields}
    one = unseal(data.get("shown", ""))
    if one and total is not None and Decimal(total) != Decimal(one.total):
        data["shown"] = seal(replace(one, total=str(total)))
    headers = {"Accept": "application/json"}
    return client.post(reverse("checkout:pay"), data, headers=headers)


def confirm_card(client, number="4242424242424242"):
    """Confirm the newest intent, as the demo element does."""
    intent = DemoIntent.objects.latest("pk")
    url = reverse("demo_gateway:confirm", args=[intent.intent_id])
    card = {"number": number, "exp_month": 12, "exp_year": 2099}
    card["client_secret"] = intent.client_secret
    return client.post(url, card, content_type="application/json")


def buy(client, product, *, total, **details):
    """Buy one unit with a valid card and return the thank-you page."""
    reach_payment(client, product, **details)
    press_pay(client, total)
    confirm_card(client)
    return client.get(reverse("checkout:return"), follow=True)
