"""Pre-hijacking: a stranger gains nothing from preparing an account for somebody else's address."""

import time
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.accounts.reauthentication import SIGNED_IN_AT
from commerce.accounts.unverified import delete_unverified_accounts
from tests.factories import PASSWORD, make_basket, make_user
from tests.signing import (
    NEW_PASSWORD,
    code_in,
    is_signed_in,
    mails,
    prove_again,
    reset_link,
    set_password,
    sign_in,
    sign_up,
    type_code,
)

pytestmark = pytest.mark.django_db
User = get_user_model()
EMAIL = "ada@example.com"


@pytest.fixture
def attacker():
    """A browser that signed up with another person's address."""
    browser = Client()
    sign_up(browser, EMAIL)
    return browser


@pytest.fixture
def victim():
    return Client()


def guest_order():
    return get_model("order", "Order").objects.create(
        number="SM-1", guest_email=EMAIL, status="Paid", total_incl_tax=1, total_excl_tax=1,
        basket=make_basket(), shipping_incl_tax=0, shipping_excl_tax=0,
    )  # fmt: skip


def attach_factors(user):
    """Add the sign-in methods that a stranger could add before the address is verified."""
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    SocialAccount.objects.create(user=user, provider="google", uid="stranger")


def sign_in_by_code(client):
    client.post(reverse("account_request_login_code"), {"email": EMAIL})
    type_code(client, code_in(mails(EMAIL)[-1]), "account_confirm_login_code")


def test_sign_up_mail_has_a_code_and_no_link(attacker):
    mail = mails(EMAIL)[-1]

    assert code_in(mail) in mail.body_text
    assert "/accounts/" not in mail.body_text + mail.body_html


@pytest.mark.parametrize("name", ["confirm-email", "account_confirm_email"])
def test_no_address_is_confirmed_by_a_link(name):
    with pytest.raises(NoReverseMatch):
        reverse(name, args=["key"])


def test_signing_in_by_code_invalidates_the_strangers_password(attacker, victim):
    order = guest_order()

    sign_in_by_code(victim)

    assert is_signed_in(victim)
    assert not User.objects.get().has_usable_password()
    sign_in(attacker, EMAIL, NEW_PASSWORD)
    assert not is_signed_in(attacker)
    order.refresh_from_db()
    assert order.user == User.objects.get()


def test_signing_in_by_code_removes_the_strangers_sign_in_methods(attacker, victim):
    attach_factors(User.objects.get())
    # a second factor would block the code; social accounts do not
    Authenticator.objects.all().delete()

    sign_in_by_code(victim)

    assert is_signed_in(victim)
    assert not SocialAccount.objects.exists()


def test_password_reset_removes_the_strangers_sign_in_methods(attacker, victim):
    attach_factors(User.objects.get())

    set_password(victim, reset_link(victim, EMAIL), "kettle-orbit-plum-9")

    assert not Authenticator.objects.exists()
    assert not SocialAccount.objects.exists()
    sign_in(attacker, EMAIL, NEW_PASSWORD)
    assert not is_signed_in(attacker)


def test_password_reset_verifies_the_address_and_keeps_the_new_password(attacker, victim):
    order = guest_order()
    set_password(victim, reset_link(victim, EMAIL), "kettle-orbit-plum-9")

    sign_in(victim, EMAIL, "kettle-orbit-plum-9")
    order.refresh_from_db()
    assert order.user is None  # the password alone verifies nothing
    type_code(victim, code_in(mails(EMAIL)[-1]))

    assert is_signed_in(victim)
    assert User.objects.get().check_password("kettle-orbit-plum-9")
    order.refresh_from_db()
    assert order.user == User.objects.get()


def test_strangers_open_page_is_useless_once_the_owner_signs_in(attacker, victim):
    sign_in_by_code(victim)

    attacker.get(reverse("account_email_verification_sent"))
    type_code(attacker, "000000")

    assert not is_signed_in(attacker)


def test_own_sign_up_keeps_its_password(client):
    sign_up(client, EMAIL)

    type_code(client, code_in(mails(EMAIL)[-1]))

    assert User.objects.get().check_password(NEW_PASSWORD)


def test_password_typed_in_another_browser_is_kept(client, victim):
    sign_up(client, EMAIL)
    sign_in(victim, EMAIL, NEW_PASSWORD)

    type_code(victim, code_in(mails(EMAIL)[-1]))

    assert is_signed_in(victim)
    assert User.objects.get().check_password(NEW_PASSWORD)


def test_code_for_a_verified_account_keeps_its_password(client):
    make_user(EMAIL)

    sign_in_by_code(client)

    assert is_signed_in(client)
    assert User.objects.get().check_password(PASSWORD)


def test_changing_the_address_keeps_a_typed_password(client):
    make_user(EMAIL)
    sign_in(client)
    prove_again(client)
    client.post(reverse("account_email"), {"email": "new@example.com", "action_add": ""})

    type_code(client, code_in(mails("new@example.com")[-1]))

    assert is_signed_in(client)
    assert User.objects.get().check_password(PASSWORD)


def _by_code(client, user):
    client.post(reverse("account_request_login_code"), {"email": EMAIL})
    client.post(reverse("account_confirm_login_code"), {"code": code_in(mails(EMAIL)[-1])})


def _by_factor(client, user):
    """Make the session look like a sign-in by passkey only, without a typed password."""
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "mfa", "at": time.time(), "type": "webauthn"}
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session[SIGNED_IN_AT] = int(time.time())
    session.save()


@pytest.mark.parametrize("enter", [_by_code, _by_factor])
def test_changing_the_address_removes_nothing_if_the_owner_signed_in_otherwise(client, enter):
    user = make_user(EMAIL)
    enter(client, user)
    attach_factors(user)

    client.post(reverse("account_email"), {"email": "new@example.com", "action_add": ""})
    type_code(client, code_in(mails("new@example.com")[-1]))

    user.refresh_from_db()
    assert user.email == "new@example.com"
    assert user.check_password(PASSWORD)
    assert Authenticator.objects.filter(user=user).exists()
    assert SocialAccount.objects.filter(user=user).exists()


def test_changing_the_address_needs_the_code_in_the_same_browser(client):
    make_user(EMAIL)
    sign_in(client)
    prove_again(client)
    client.post(reverse("account_email"), {"email": "new@example.com", "action_add": ""})

    type_code(Client(), code_in(mails("new@example.com")[-1]))

    assert not EmailAddress.objects.filter(email="new@example.com", verified=True).exists()


def test_unconfirmed_sign_up_is_deleted_after_a_day(client):
    sign_up(client, EMAIL)
    make_user("grace@example.com")

    assert delete_unverified_accounts() == 0
    assert delete_unverified_accounts(at=timezone.now() + timedelta(hours=25)) == 1
    assert User.objects.get().email == "grace@example.com"


def test_unconfirmed_sign_up_with_an_order_stays(client):
    sign_up(client, EMAIL)
    order = guest_order()
    order.user = User.objects.get()
    order.save()

    assert delete_unverified_accounts(at=timezone.now() + timedelta(days=3)) == 0


def test_account_created_by_staff_stays():
    User.objects.create_user(email="new@example.com", password=PASSWORD)

    assert delete_unverified_accounts(at=timezone.now() + timedelta(days=3)) == 0
