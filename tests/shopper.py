"""What a shopper does in a browser, over Django's client: fill the basket, go through the steps."""

from django.urls import reverse

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
    """Send the first step; a change to None leaves the field out."""
    fields = {**DETAILS, **changes}
    return client.post(
        reverse("checkout:shipping-address"),
        {name: value for name, value in fields.items() if value is not None},
    )


def choose_delivery(client, code="standard"):
    """Send the second step."""
    return client.post(reverse("checkout:shipping-method"), {"method": code})


def reach_payment(client, product, *, delivery="standard", **details):
    """From nothing to the payment page with one piece; the page."""
    put_in_basket(client, product)
    give_details(client, **details)
    choose_delivery(client, delivery)
    return client.get(reverse("checkout:payment-details"))


def press_pay(client, total, **fields):
    """Press "Pay" over a total that the page showed, as the page's script does."""
    headers = {"Accept": "application/json"}
    return client.post(reverse("checkout:pay"), {"total": str(total), **fields}, headers=headers)


def confirm_card(client, number="4242424242424242"):
    """What the demo element does with the newest intent."""
    intent = DemoIntent.objects.latest("pk")
    url = reverse("demo_gateway:confirm", args=[intent.intent_id])
    card = {"number": number, "exp_month": 12, "exp_year": 2099}
    card["client_secret"] = intent.client_secret
    return client.post(url, card, content_type="application/json")


def buy(client, product, *, total, **details):
    """Buy one piece with a card that works; the thank-you page."""
    reach_payment(client, product, **details)
    press_pay(client, total)
    confirm_card(client)
    return client.get(reverse("checkout:return"), follow=True)
