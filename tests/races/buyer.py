"""A client without a browser, which submits forms with tokens and cookies over HTTP."""

import re

import requests

ADDRESS = {
    "first_name": "Ada", "last_name": "Marsh", "line1": "12 Quay Street", "line4": "Wells",
    "postcode": "NR23 1AH", "country": "GB", "billing_same": "on",
}  # fmt: skip


class Buyer:
    """A guest who buys one product."""

    def __init__(self, url, number=0):
        self.url = url
        self.email = f"buyer{number}@example.com"
        self.session = requests.Session()
        self.page = ""
        self.answer = None

    def get(self, path):
        """Open a page and store it for its form token."""
        response = self.session.get(self.url + path, timeout=120)
        response.raise_for_status()
        self.page = response.text
        return response

    def post(self, path, **data):
        """Submit a form with the token of the last page. Cached pages have no token."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page)
        if token:
            data["csrfmiddlewaretoken"] = token.group(1)
        headers = {"Referer": self.url, "Accept": "application/json, text/html"}
        return self.session.post(self.url + path, data=data, headers=headers, timeout=120)

    def reach_payment(self, product):
        """Go through basket, address and delivery to the payment page."""
        self.get(product.get_absolute_url())
        self.post(f"/basket/add/{product.pk}/", quantity="1").raise_for_status()
        self.get("/checkout/details/")
        self.post("/checkout/details/", email=self.email, **ADDRESS).raise_for_status()
        self.get("/checkout/delivery/")
        self.post("/checkout/delivery/", method="standard").raise_for_status()
        assert self.get("/checkout/payment/").url.endswith("/checkout/payment/")

    def pay(self):
        """Press "Pay" and store the response."""
        hidden = {
            name: re.search(rf'name="{name}" value="([^"]*)"', self.page).group(1)
            for name in ("shown", "attempt")
        }
        self.answer = self.post("/checkout/pay/", **hidden)
        return self.answer

    def confirm(self, number="4242424242424242"):
        """Confirm the card as the demo element does."""
        secret = self.answer.json()["client_secret"]
        intent_id = secret.split("_secret_")[0]
        return self.session.post(
            f"{self.url}/demo-gateway/v1/payment_intents/{intent_id}/confirm",
            json={"client_secret": secret, "number": number, "exp_month": 12, "exp_year": 2099},
            timeout=120,
        )
