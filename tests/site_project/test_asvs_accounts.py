"""Chapters 6, 7 and 8 of docs/security.md: passwords and sessions over HTTP."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from commerce.accounts.passwords import PasswordValidator
from tests.factories import PASSWORD, make_user
from tests.signing import is_signed_in, let_sign_in_age, prove_again, sign_in

pytestmark = pytest.mark.django_db
LONG = "Ash, salt & sea: four words and a comma make a very long sentence indeed"


def test_new_installation_has_no_account():
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize("change", [str.upper, str.title, lambda text: text + " ", lambda text: text[:-1]])  # fmt: skip
def test_password_is_compared_exactly(client, site_root, change):
    make_user()

    sign_in(client, password=change(PASSWORD))

    assert not is_signed_in(client)


def test_long_password_signs_in_and_its_prefix_does_not(client, site_root):
    PasswordValidator().validate(LONG)
    make_user(password=LONG)

    sign_in(client, password=LONG[:64])
    by_beginning = is_signed_in(client)
    sign_in(client, password=LONG)

    assert len(LONG) > 64
    assert not by_beginning
    assert is_signed_in(client)


def test_deactivated_account_is_signed_out(client, site_root):
    user = make_user()
    sign_in(client)
    assert is_signed_in(client)

    user.is_active = False
    user.save()

    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("page", "way_out"),
    [("customer:summary", "account_logout"), ("account-security", "account_logout"),
     ("account-sessions", "account_logout"), ("dashboard:index", "dashboard:logout")],
)  # fmt: skip
def test_account_pages_have_a_sign_out_button(client, site_root, page, way_out):
    client.force_login(make_user(is_staff=True, is_superuser=True))

    text = client.get(reverse(page)).text

    assert re.search(rf'<form[^>]* action="{reverse(way_out)}"', text)


def test_guest_session_ends_at_sign_in(client, site_root):
    make_user()
    guest = client.session
    guest["basket"] = "of a guest"
    guest.save()

    sign_in(client)

    assert is_signed_in(client)
    assert client.session.session_key != guest.session_key
    assert not Session.objects.filter(session_key=guest.session_key).exists()


def test_signed_out_session_no_longer_works(client, site_root):
    make_user()
    sign_in(client)
    stolen = Client()
    stolen.cookies["sessionid"] = client.cookies["sessionid"].value
    assert is_signed_in(stolen)

    client.post(reverse("account_logout"))

    assert not is_signed_in(stolen)


def test_forged_session_key_is_rejected_and_replaced(client, site_root):
    make_user()
    client.cookies["sessionid"] = "a" * 32

    sign_in(client)

    assert client.cookies["sessionid"].value != "a" * 32


def test_session_key_is_long_and_random(client):
    keys = {Client().session._get_new_session_key() for _ in range(50)}

    assert len(keys) == 50
    assert all(re.fullmatch(r"[a-z0-9]{32}", key) for key in keys)  # 165 bits


def test_ending_sessions_after_five_minutes_needs_the_password(client, site_root):
    make_user()
    other = Client()
    sign_in(other)
    sign_in(client)
    let_sign_in_age(client)
    prove_again(client)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 600
    session.save()

    answer = client.post(reverse("account-sessions"))

    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert is_signed_in(other)


def test_sessions_end_after_the_password_was_typed_again(client, site_root):
    make_user()
    other = Client()
    sign_in(other)
    sign_in(client)
    asked = client.post(reverse("account-sessions"))

    client.post(asked["Location"], {"password": PASSWORD, "next": reverse("account-sessions")})

    assert not is_signed_in(other)
    assert is_signed_in(client)


def test_no_page_asks_a_secret_question(client, site_root):
    for name in ("account_login", "account_signup", "account_reset_password"):
        fields = re.findall(r'<input[^>]*name="([^"]+)"', client.get(reverse(name)).text)

        assert not [field for field in fields if re.search("question|answer|hint", field)]


def test_throttled_attempt_is_logged_without_an_email_address(client, site_root, caplog):
    make_user()
    for _ in range(5):
        sign_in(client, password="wrong")
    caplog.clear()

    sign_in(client, password="wrong")

    lines = [row.getMessage() for row in caplog.records if row.name == "vitrine.security"]
    assert any(line.startswith("throttled for ") for line in lines)
    assert "ada@example.com" not in "".join(lines)
