"""Mails that give access to an account: the hosts of their links, and limits for their codes."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import PASSWORD, make_user
from tests.signing import (
    NEW_PASSWORD,
    another,
    code_in,
    is_signed_in,
    mails,
    prove_again,
    sign_in,
    type_code,
)

pytestmark = pytest.mark.django_db
User = get_user_model()
EMAIL = "ada@example.com"


def text_of(response):
    return response.content.decode()


@pytest.mark.parametrize("host", ["localhost:6666", "testserver"])
@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize(
    ("view", "field"),
    [
        ("account_reset_password", "email"),
        ("account_signup", "email"),
        ("account_request_login_code", "email"),
    ],
)
def test_links_in_mails_use_the_shops_own_host(host, is_known, view, field):
    if is_known:
        make_user(EMAIL)

    Client(HTTP_HOST=host).post(reverse(view), {field: EMAIL, "password1": NEW_PASSWORD})

    mail = mails(EMAIL)[-1]
    assert set(re.findall(r"https?://[^/\s\"<]+", mail.body_text + mail.body_html)) == {
        "http://testserver"
    }
    assert not re.search(r"<a [^>]*>\s*</a>", mail.body_html)
    assert "\n: " not in mail.body_text


def test_reset_link_expires_after_an_hour(settings, monkeypatch):
    make_user(EMAIL)
    client = Client()
    client.post(reverse("account_reset_password"), {"email": EMAIL})
    link = re.search(r"http://testserver(/accounts/\S+)", mails(EMAIL)[-1].body_text).group(1)

    assert settings.PASSWORD_RESET_TIMEOUT == 3600
    later = timezone.localtime().replace(tzinfo=None) + timedelta(minutes=61)
    monkeypatch.setattr(
        "django.contrib.auth.tokens.PasswordResetTokenGenerator._now", lambda self: later
    )
    assert "set-password" not in client.get(link, follow=True).request["PATH_INFO"]


def test_dashboard_sends_the_same_reset_mail():
    person = make_user(EMAIL)
    admin = make_user("admin@example.com", is_staff=True, is_superuser=True)
    client = Client(HTTP_HOST="localhost:6666")
    client.force_login(admin)
    prove_again(client)

    client.post(reverse("dashboard:user-password-reset", args=[person.pk]))

    mail = mails(EMAIL)[-1]
    assert mail.subject == "Set a new password"
    assert "http://testserver/accounts/password/reset/key/" in mail.body_text
    assert "6666" not in mail.body_text


def test_strangers_cannot_use_up_the_limit_of_staff_mails():
    person = make_user(EMAIL)
    for _request in range(4):
        Client().post(reverse("account_reset_password"), {"email": EMAIL})
    before = len(mails(EMAIL))
    make_user("admin@example.com", is_staff=True, is_superuser=True)
    client = Client()
    sign_in(client, "admin@example.com")

    client.post(reverse("dashboard:user-password-reset", args=[person.pk]))

    assert len(mails(EMAIL)) == before + 1


def rewind(client, session):
    """Restore an earlier session in a browser, as parallel requests would see it."""
    store = client.session
    store.clear()
    store.update(session)
    store.save()


def test_mailed_code_allows_five_tries_whatever_the_session_counts():
    make_user(EMAIL)
    client = Client()
    client.post(reverse("account_request_login_code"), {"email": EMAIL})
    right = code_in(mails(EMAIL)[-1])
    before = dict(client.session)

    for _try in range(5):
        client.post(reverse("account_confirm_login_code"), {"code": another(right)})
        rewind(client, before)
    client.post(reverse("account_confirm_login_code"), {"code": right})

    assert not is_signed_in(client)


def test_verification_code_is_counted_too():
    client = Client()
    client.post(reverse("account_signup"), {"email": EMAIL, "password1": NEW_PASSWORD})
    right = code_in(mails(EMAIL)[-1])
    before = dict(client.session)

    for _try in range(5):
        type_code(client, another(right))
        rewind(client, before)
    type_code(client, right)

    assert not is_signed_in(client)


def test_wrong_old_passwords_count_like_failed_sign_ins():
    make_user(EMAIL)
    client = Client()
    sign_in(client)
    url = reverse("account_change_password")
    new = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}

    for _guess in range(5):
        client.post(url, {"oldpassword": "wrong-password-1", **new})
    page = client.post(url, {"oldpassword": PASSWORD, **new})

    assert "Too many attempts" in text_of(page)
    assert User.objects.get(email=EMAIL).check_password(PASSWORD)


@pytest.mark.parametrize(
    "spelling",
    ["ada@ｅxample.com", "ada@exam\u00adple.com", "ADA@Example.COM", " ada@example.com "],
)
def test_spellings_of_one_mailbox_are_one_address(spelling):
    make_user(EMAIL)

    Client().post(reverse("account_signup"), {"email": spelling, "password1": NEW_PASSWORD})

    assert [mail.subject for mail in mails(EMAIL)] == ["You already have an account"]
    assert User.objects.count() == 1


def test_invalid_mailbox_name_is_refused_with_a_message():
    page = Client().post(
        reverse("account_signup"), {"email": "ad\u00e4@example.com", "password1": NEW_PASSWORD}
    )

    assert page.status_code == 200
    assert not User.objects.exists()


@pytest.mark.parametrize("fields", [{}, {"is_staff": True}])
def test_dashboard_reset_needs_a_permission(fields):
    person = make_user(EMAIL)
    client = Client()
    client.force_login(make_user("other@example.com", **fields))

    response = client.post(reverse("dashboard:user-password-reset", args=[person.pk]))

    assert response.status_code == 403
    assert mails(EMAIL) == []
