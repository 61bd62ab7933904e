"""Signing up and signing in over HTTP, and the mails they send."""

import re

from django.urls import reverse

from commerce.accounts.reauthentication import SIGNED_IN_AT
from commerce.models import OutgoingMail
from tests.factories import PASSWORD

NEW_PASSWORD = "salt-and-ash-44"


def mails(to=None):
    """Queued mails, oldest first."""
    rows = OutgoingMail.objects.order_by("pk")
    return list(rows.filter(to=to) if to else rows)


def code_in(mail):
    return re.match(r"(\d{6}) is your", mail.subject).group(1)


def sign_up(client, email="ada@example.com"):
    return client.post(reverse("account_signup"), {"email": email, "password1": NEW_PASSWORD})


def sign_in(client, email="ada@example.com", password=PASSWORD):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def prove_again(client):
    """Type the password again, as sensitive pages require."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def let_sign_in_age(client):
    """Let the time pass in which a sign-in counts as recent."""
    session = client.session
    session.pop(SIGNED_IN_AT, None)
    session.save()


def type_code(client, code, view="account_email_verification_sent"):
    return client.post(reverse(view), {"code": code})


def is_signed_in(client):
    return client.get(reverse("customer:summary")).status_code == 200


def another(code):
    """Another code in the same format."""
    return str((int(code) + 1) % 1_000_000).zfill(6)


def link_in(mail):
    return re.search(r"http://testserver(/accounts/\S+)", mail.body_text).group(1)


def reset_link(client, email="ada@example.com"):
    client.post(reverse("account_reset_password"), {"email": email})
    return link_in(mails(email)[-1])


def set_password(client, link, password=NEW_PASSWORD):
    """Open a password reset link and submit its form."""
    page = client.get(link, follow=True)
    path = page.redirect_chain[-1][0] if page.redirect_chain else link
    return client.post(path, {"password1": password, "password2": password})
