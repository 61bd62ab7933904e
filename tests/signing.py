"""Signing up and in over HTTP, and the mails of it."""

import re

from django.urls import reverse

from commerce.accounts.reauthentication import SIGNED_IN_AT
from commerce.models import OutgoingMail
from tests.factories import PASSWORD

NEW_PASSWORD = "salt-and-ash-44"


def mails(to=None):
    """Mails decided on, oldest first."""
    rows = OutgoingMail.objects.order_by("pk")
    return list(rows.filter(to=to) if to else rows)


def code_in(mail):
    return re.match(r"(\d{6}) is your", mail.subject).group(1)


def sign_up(client, email="ada@example.com"):
    return client.post(reverse("account_signup"), {"email": email, "password1": NEW_PASSWORD})


def sign_in(client, email="ada@example.com", password=PASSWORD):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def prove_again(client):
    """Type the password once more, as pages that matter ask for."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def let_sign_in_age(client):
    """Let the minutes pass in which a sign-in shows who one is."""
    session = client.session
    session.pop(SIGNED_IN_AT, None)
    session.save()


def type_code(client, code, view="account_email_verification_sent"):
    return client.post(reverse(view), {"code": code})


def is_signed_in(client):
    return client.get(reverse("customer:summary")).status_code == 200


def another(code):
    """A code of the same shape that is not this one."""
    return str((int(code) + 1) % 1_000_000).zfill(6)


def link_in(mail):
    return re.search(r"http://testserver(/accounts/\S+)", mail.body_text).group(1)


def reset_link(client, email="ada@example.com"):
    client.post(reverse("account_reset_password"), {"email": email})
    return link_in(mails(email)[-1])


def set_password(client, link, password=NEW_PASSWORD):
    """Open a link for a new password and send the form it leads to."""
    page = client.get(link, follow=True)
    path = page.redirect_chain[-1][0] if page.redirect_chain else link
    return client.post(path, {"password1": password, "password2": password})
