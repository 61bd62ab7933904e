"""The details and delivery steps: fields, stored values, and redirects of early visitors."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.models import DeliveryMethod
from tests.factories import ADDRESS, make_user
from tests.shopper import (
    BILLING,
    choose_delivery,
    give_details,
    press_pay,
    put_in_basket,
    reach_payment,
)

pytestmark = pytest.mark.django_db
STEPS = ("index", "shipping-address", "shipping-method", "payment-details", "payment-method")

GERMANY = {"country": "DE", "postcode": "20457"}


def page(client, step, **query):
    return client.get(reverse(f"checkout:{step}"), query)


@pytest.mark.parametrize("step", ["shipping-address", "shipping-method", "payment-details"])
def test_empty_basket_redirects_to_the_basket_with_a_message(client, shop, step):
    response = client.get(reverse(f"checkout:{step}"), follow=True)

    assert response.redirect_chain[-1][0] == reverse("basket:summary")
    assert "Add something to it to check out." in response.content.decode()


def test_delivery_before_details_redirects_to_details(client, vase):
    put_in_basket(client, vase)

    assert page(client, "shipping-method").url == reverse("checkout:shipping-address")
    assert page(client, "payment-details").url == reverse("checkout:shipping-address")


def test_payment_before_delivery_leads_to_delivery(client, vase):
    put_in_basket(client, vase)
    give_details(client)

    assert page(client, "payment-details").url == reverse("checkout:shipping-method")


def test_oscars_checkout_urls_redirect_to_the_steps(client, vase):
    put_in_basket(client, vase)

    assert page(client, "index").url == reverse("checkout:shipping-address")
    assert page(client, "payment-method").url == reverse("checkout:payment-details")


def test_guest_reaches_payment_in_two_forms(client, vase):
    response = reach_payment(client, vase)

    assert response.status_code == 200
    assert response.context["summary"].total == Decimal("90.00")
    assert "Pay £90" in response.content.decode()


def test_payment_page_has_no_card_field_and_may_not_be_cached(client, vase):
    response = reach_payment(client, vase)

    assert "no-store" in response["Cache-Control"]
    fields = re.findall(r"<(?:input|iframe)[^>]*>", response.content.decode())
    assert not [field for field in fields if re.search(r"cc-|number|cvc|expiry|iframe", field)]


@pytest.mark.parametrize(
    "missing", ["email", "first_name", "last_name", "line1", "line4", "postcode"]
)
def test_missing_field_is_named_and_the_other_input_stays(client, vase, missing):
    put_in_basket(client, vase)

    response = give_details(client, **{missing: ""})

    assert response.status_code == 422
    assert missing in response.context["form"].errors
    assert set(response.context["form"].errors) <= {missing, "__all__"}
    kept = "12 Quay Street" if missing != "line1" else "NR23 1AH"
    assert f'value="{kept}"' in response.content.decode()
    assert page(client, "shipping-method").status_code == 302


@pytest.mark.parametrize("email", ["ada", "ada@", "ada@example", "a da@example.com"])
def test_invalid_email_address_is_refused(client, vase, email):
    put_in_basket(client, vase)

    assert "email" in give_details(client, email=email).context["form"].errors


def test_invalid_telephone_number_is_refused_and_none_is_accepted(client, vase):
    put_in_basket(client, vase)

    assert "phone_number" in give_details(client, phone_number="call me").context["form"].errors
    assert give_details(client, phone_number="").status_code == 302


def test_national_telephone_number_is_stored_with_its_country(client, vase):
    reach_payment(client, vase, phone_number="020 7946 0958")

    assert page(client, "shipping-address").context["form"]["phone_number"].value() == (
        "020 7946 0958"
    )
    press_pay(client, "90.00")
    address = get_model("order", "ShippingAddress").objects.get()
    assert str(address.phone_number) == "+442079460958"


def deliver_to(code, name):
    country = get_model("address", "Country").objects.create(
        pk=code, name=name, printable_name=name, is_shipping_country=True
    )
    DeliveryMethod.objects.get(code="standard").countries.add(country)


def test_fields_follow_the_country_and_keep_what_was_typed(client, vase):
    deliver_to("US", "United States")
    put_in_basket(client, vase)

    shown = give_details(client, country="US", update="1").context["form"]

    assert shown["postcode"].label == "ZIP code"
    assert not shown["state"].is_hidden
    assert (shown["line1"].value(), shown["email"].value()) == ("12 Quay Street", "ada@example.com")
    refused = give_details(client, country="US", postcode="94103")
    assert refused.context["form"].errors == {"state": ["Choose the state."]}
    assert give_details(client, country="US", postcode="94103", state="CA").status_code == 302
    summary = page(client, "shipping-method").context["draft"].shipping_address().summary
    assert summary == "Ada Marsh, 12 Quay Street, Wells, CA 94103, United States"


@pytest.mark.parametrize("prefix", ["", "billing-"])
def test_postcode_of_another_country_offers_that_country(client, vase, prefix):
    deliver_to("JE", "Jersey")
    put_in_basket(client, vase)
    typed = {**BILLING, "billing_same": None, f"{prefix}postcode": "JE2 3AB"}

    refused = give_details(client, **typed)
    shown = give_details(client, **typed, **{f"{prefix}use_country": "JE"})

    assert refused.status_code == 422
    assert f'name="{prefix}use_country" value="JE"' in refused.text
    form = shown.context["billing" if prefix else "form"]
    assert (form["country"].value(), form["postcode"].value()) == ("JE", "JE2 3AB")
    assert give_details(client, **{**typed, f"{prefix}country": "JE"}).status_code == 302


def test_country_without_delivery_is_refused(client, vase):
    country = get_model("address", "Country")
    country.objects.create(iso_3166_1_a2="FR", name="France", printable_name="France")
    put_in_basket(client, vase)

    assert "country" in give_details(client, country="FR").context["form"].errors
    abroad = {**BILLING, "billing-country": "FR", "billing-postcode": "75011"}
    billed = give_details(client, billing_same=None, **abroad)
    assert billed.status_code == 302


def test_other_billing_name_needs_an_address(client, vase):
    put_in_basket(client, vase)

    response = give_details(client, billing_same=None)

    assert response.status_code == 422
    assert response.context["form"].is_valid()
    assert "postcode" in response.context["billing"].errors


def test_input_is_shown_again_on_return(client, vase):
    put_in_basket(client, vase)
    give_details(client, line3="Marsh & Sons", billing_same=None, **BILLING)

    content = page(client, "shipping-address").content.decode()

    for typed in ("ada@example.com", "12 Quay Street", "Marsh &amp; Sons", "1 Market Place"):
        assert f'value="{typed}"' in content


def test_account_needs_no_email_field_and_gets_its_saved_address(client, vase):
    user = make_user("grace@example.com")
    user.addresses.create(**{**ADDRESS, "line1": "3 Staithe"}, country_id="GB")
    client.force_login(user)
    put_in_basket(client, vase)

    context = page(client, "shipping-address").context
    response = client.post(
        reverse("checkout:shipping-address"),
        {"address": context["chosen"].pk, "billing_same": "on"},
    )

    assert "email" not in context["form"].fields
    assert context["chosen"].line1 == "3 Staithe"
    assert response.status_code == 302
    assert client.session["checkout"]["shipping"]["line1"] == "3 Staithe"


def test_account_without_a_saved_address_gets_its_name(client, vase):
    client.force_login(make_user("grace@example.com", first_name="Grace", last_name="Fen"))
    put_in_basket(client, vase)

    form = page(client, "shipping-address").context["form"]

    assert (form["first_name"].value(), form["last_name"].value()) == ("Grace", "Fen")


def test_methods_are_those_of_the_address(client, vase):
    put_in_basket(client, vase)

    give_details(client, country="GB")
    at_home = [
        method.code for method, _charge in page(client, "shipping-method").context["options"]
    ]
    give_details(client, **GERMANY)
    abroad = [method.code for method, _charge in page(client, "shipping-method").context["options"]]

    assert (at_home, abroad) == (["standard", "express"], ["standard"])


def test_choosing_a_method_without_javascript_shows_its_total(client, mug):
    put_in_basket(client, mug, child_id=mug.children.first().pk)
    give_details(client)

    response = page(client, "shipping-method", method="express")

    assert response.context["summary"].total == Decimal("32.50")


@pytest.mark.parametrize("code", ["", "pigeon", "express"])
def test_method_that_is_not_offered_is_refused(client, vase, code):
    put_in_basket(client, vase)
    give_details(client, **GERMANY)

    response = choose_delivery(client, code)

    assert response.status_code == 422
    assert response.context["form"].errors["method"]


def test_withdrawn_method_must_be_chosen_again(client, vase):
    reach_payment(client, vase, delivery="express")
    DeliveryMethod.objects.filter(code="express").update(is_active=False)

    assert page(client, "payment-details").url == reverse("checkout:shipping-method")


def test_message_is_shown_without_any_method(client, vase):
    put_in_basket(client, vase)
    give_details(client)
    DeliveryMethod.objects.update(is_active=False)

    assert "We don’t deliver there yet" in page(client, "shipping-method").content.decode()


def test_viewing_the_steps_writes_no_row(client, vase):
    reach_payment(client, vase)
    Order, Basket = get_model("order", "Order"), get_model("basket", "Basket")
    before = (Order.objects.count(), Basket.objects.count())

    for step in STEPS:
        page(client, step)

    assert (Order.objects.count(), Basket.objects.count()) == before
