"""Saved cards: listed, used, added and deleted, and never those of another account."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from checkout_app.gateways.customers import forget_card, get_or_create_customer, saved_cards
from checkout_app.models import State, StripeCustomer
from checkout_app.payments import begin
from demo_gateway import cards, faults
from demo_gateway.models import DemoCard, DemoCustomer, DemoIntent, DemoRequest
from demo_gateway.refusal import Refused
from tests.factories import make_basket, make_submission, make_user, set_shop
from tests.shopper import press_pay, reach_payment

pytestmark = pytest.mark.django_db(transaction=True)
CARD = {"number": "4242424242424242", "expiry": (12, 2099)}


@pytest.fixture
def ada(shop):
    """An account."""
    return make_user("ada@example.com")


@pytest.fixture
def saved_card(ada):
    """Ada's account with a card."""
    cards.customers.save_card(
        get_or_create_customer(ada), brand="visa", last4="4242", expiry=(12, 2099)
    )
    return saved_cards(ada)[0]


def order_of(user, product):
    attempt, _intent = begin.begin(make_submission(make_basket((product, 1)), user=user))
    return attempt


def secret_of(attempt):
    return DemoIntent.objects.get(intent_id=attempt.intent_id).client_secret


def test_account_has_one_customer_and_guests_none(ada):
    assert (
        get_or_create_customer(ada)
        == get_or_create_customer(ada)
        == StripeCustomer.objects.get().customer_id
    )
    assert get_or_create_customer(None) == ""
    assert DemoCustomer.objects.count() == 1


def test_lost_response_creates_no_second_customer(ada):
    faults.plan("drop")
    with pytest.raises(Exception, match="lost"):
        get_or_create_customer(ada)

    get_or_create_customer(ada)

    assert DemoCustomer.objects.count() == 1


def test_card_is_saved_with_a_payment_if_the_box_is_ticked(ada, mug):
    first, second = mug.children.all()[:2]
    attempt = order_of(ada, first)
    cards.confirm(attempt.intent_id, client_secret=secret_of(attempt), save=True, **CARD)

    (card,) = saved_cards(ada)
    assert (card.brand, card.last4, card.expiry) == ("visa", "4242", "12/99")

    again = order_of(ada, second)
    cards.confirm(again.intent_id, client_secret=secret_of(again), saved_card=card.id)
    again.refresh_from_db()
    assert again.state == State.PAID


def test_card_is_not_saved_without_the_box_or_for_guests(ada, mug):
    first, second = mug.children.all()[:2]
    attempt = order_of(ada, first)
    cards.confirm(attempt.intent_id, client_secret=secret_of(attempt), **CARD)
    guest = order_of(None, second)
    cards.confirm(guest.intent_id, client_secret=secret_of(guest), save=True, **CARD)

    assert DemoCard.objects.count() == 0


def test_another_accounts_card_neither_pays_nor_can_be_deleted(saved_card, mug):
    eve = make_user("eve@example.com")
    attempt = order_of(eve, mug.children.first())

    with pytest.raises(Refused):
        cards.confirm(attempt.intent_id, client_secret=secret_of(attempt), saved_card=saved_card.id)

    assert forget_card(eve, saved_card.id) is False
    assert DemoCard.objects.count() == 1


def test_page_lists_and_deletes_cards(client, ada, saved_card):
    client.force_login(ada)
    page = client.get(reverse("account-cards")).content.decode()
    assert "Visa ···· 4242" in page

    client.post(reverse("account-cards"), {"forget": saved_card.id})

    assert saved_cards(ada) == []
    assert "No saved cards" in client.get(reverse("account-cards")).content.decode()


def test_card_is_added_without_a_payment(client, ada):
    client.force_login(ada)
    secret = client.post(reverse("account-new-card")).json()["client_secret"]

    url = reverse("demo_gateway:confirm-setup", args=[secret.split("_secret_")[0]])
    answer = client.post(
        url,
        {"client_secret": secret, "number": CARD["number"], "exp_month": 12, "exp_year": 2099},
        content_type="application/json",
    )

    assert answer.status_code == 200
    assert [card.last4 for card in saved_cards(ada)] == ["4242"]


def confirmed_setup(client):
    """The id of a setup intent confirmed with a card, for the signed-in account."""
    secret = client.post(reverse("account-new-card")).json()["client_secret"]
    setup_id = secret.split("_secret_")[0]
    cards.confirm_setup(setup_id, client_secret=secret, **CARD)
    return setup_id


def said_after(client, **query):
    """The message on the cards page after the return from adding a card."""
    response = client.get(reverse("account-cards"), query, follow=True)
    return [str(message) for message in response.context["messages"]]


def test_return_with_the_accounts_succeeded_setup_says_saved(client, ada):
    client.force_login(ada)
    setup_id = confirmed_setup(client)

    said = said_after(client, setup_intent=setup_id, redirect_status="failed")

    assert said == ["Your card was saved."]


@pytest.mark.parametrize(
    "query",
    [
        {"setup_intent": "x", "redirect_status": "failed"},
        {"setup_intent": "x", "redirect_status": "succeeded"},
        {"setup_intent": "seti_unknown", "redirect_status": "succeeded"},
        {"setup_intent": ""},
    ],
)
def test_return_with_an_unknown_setup_says_not_saved(client, ada, saved_card, query):
    client.force_login(ada)

    assert said_after(client, **query) == ["Your card wasn’t saved. Please try again."]


def test_return_before_the_card_is_confirmed_says_not_saved(client, ada):
    client.force_login(ada)
    secret = client.post(reverse("account-new-card")).json()["client_secret"]

    said = said_after(client, setup_intent=secret.split("_secret_")[0], redirect_status="succeeded")

    assert said == ["Your card wasn’t saved. Please try again."]


def test_return_with_another_accounts_setup_says_not_saved(client, ada, saved_card):
    eve = make_user("eve@example.com")
    client.force_login(eve)
    setup_id = confirmed_setup(client)
    client.force_login(ada)

    said = said_after(client, setup_intent=setup_id, redirect_status="succeeded")

    assert said == ["Your card wasn’t saved. Please try again."]


def test_return_while_the_gateway_is_unreachable_makes_no_claim(client, ada):
    client.force_login(ada)
    setup_id = confirmed_setup(client)
    faults.plan("unreachable")

    (said,) = said_after(client, setup_intent=setup_id)

    assert "can’t tell whether your card was saved" in said


def test_setup_intent_is_confirmed_once(client, ada):
    client.force_login(ada)
    setup_id = confirmed_setup(client)

    with pytest.raises(Refused):
        cards.confirm_setup(setup_id, client_secret="", **CARD)

    assert DemoCard.objects.count() == 1


def test_payment_page_gets_a_session_for_the_accounts_cards(client, ada, saved_card):
    client.force_login(ada)
    secret = client.post(reverse("checkout:card-session")).json()["client_secret"]

    url = reverse("demo_gateway:saved-cards", args=["demo"])
    answer = client.post(url, {"session": secret}, content_type="application/json").json()
    nothing = client.post(url, {"session": ""}, content_type="application/json").json()

    assert [card["id"] for card in answer["cards"]] == [saved_card.id]
    assert nothing == {"cards": []}


def test_card_pages_need_a_sign_in(client, shop):
    assert client.get(reverse("account-cards")).status_code == 302
    assert client.post(reverse("account-new-card")).status_code == 401
    assert client.post(reverse("checkout:card-session")).status_code == 401


def test_unavailable_gateway_is_reported(client, ada, saved_card):
    client.force_login(ada)
    faults.plan("unreachable")
    assert "isn’t responding" in client.get(reverse("account-cards")).content.decode()
    faults.plan("unreachable")
    assert client.post(reverse("checkout:card-session")).status_code == 503


def test_shop_without_saved_cards_has_no_cards_page(client, ada, settings):
    settings.SAVED_CARDS = False
    client.force_login(ada)

    assert client.get(reverse("account-cards")).status_code == 404
    assert get_or_create_customer(ada) == ""


def test_customer_of_other_api_keys_does_not_stop_a_payment(ada, mug):
    StripeCustomer.objects.create(user=ada, customer_id="cus_of_other_keys")

    attempt = order_of(ada, mug.children.first())
    again = begin.resume(attempt)[1]

    assert attempt.state == State.INTENT
    assert again.id == attempt.intent_id
    assert not StripeCustomer.objects.exists()
    assert DemoIntent.objects.count() == 1


def test_domain_is_registered_for_wallets(capsys, settings):
    settings.SITE_URL = "https://shop.example"

    call_command("register_payment_domain")

    assert "shop.example is registered as pmd_demo_" in capsys.readouterr().out


def test_guest_order_is_not_paid_with_the_card_of_an_account_that_signs_in(
    client, ada, saved_card, vase
):
    """Stripe accepts an account's card only for that account's intent."""
    reach_payment(client, vase)
    press_pay(client, "90.00")
    client.force_login(ada)
    session = client.session
    assert session["checkout"]["attempt"]

    page = client.get(reverse("checkout:payment-details"))

    assert page.context["attempt"].order.user is None
    assert "data-session" not in page.content.decode()


def test_account_with_a_missing_customer_gets_a_new_one(client, ada, saved_card):
    DemoCustomer.objects.all().delete()  # As with the keys of another Stripe account.
    DemoRequest.objects.all().delete()
    client.force_login(ada)

    page = client.get(reverse("account-cards"))
    assert page.context["is_down"] is False
    answer = client.post(reverse("account-new-card"))

    assert answer.status_code == 200
    assert StripeCustomer.objects.get().customer_id == DemoCustomer.objects.get().customer_id


def test_cards_are_deleted_with_their_account(ada, saved_card):
    ada.delete()

    assert StripeCustomer.objects.count() == 0
    assert DemoCustomer.objects.count() == 0
    assert DemoCard.objects.count() == 0


@pytest.mark.parametrize(("given", "code"), [("GBP", "gbp"), ("EUR", "eur")])
def test_card_form_uses_the_shops_currency(client, ada, given, code):
    set_shop(currency=given)
    client.force_login(ada)

    page = client.get(reverse("account-cards")).text

    assert f'data-currency="{code}"' in page
