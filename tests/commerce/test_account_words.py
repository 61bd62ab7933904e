"""Texts of account pages and mails, from signing up to deleting the account."""

import re
from email.utils import parseaddr

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from commerce.accounts.invitations import invite
from home.models import StandardPage
from tests.account_pages import EMAIL, NEW_EMAIL, begin_change, buttons, hidden, plain, text_of
from tests.commerce.test_second_factors import enrol
from tests.factories import make_order, make_user
from tests.signing import code_in, mails, prove_again, sign_in, type_code

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def ada():
    return make_user(EMAIL)


# --- Words -------------------------------------------------------------------------------------


def test_wrong_password_has_our_message(site_root):
    page = sign_in(Client(), password="wrong-and-long")

    assert "The email address or the password isn’t right." in plain(page)


def test_password_labels_use_sentence_case(site_root, ada):
    client = Client()
    sign_in(client)

    page = client.get(reverse("account_change_password"))

    for label in ("Current password", "New password", "New password again"):
        assert label in plain(page)
    assert "placeholder" not in re.search(r"<main.*?</main>", text_of(page), re.S).group(0)


def test_email_is_spelt_the_same_on_every_guest_page(site_root):
    for view in ("account_login", "account_signup", "account_reset_password"):
        assert "e-mail" not in text_of(Client().get(reverse(view))).lower()


def test_sign_in_messages_are_brief(site_root, ada):
    page = Client()
    sign_in(page)

    assert "You’re signed in." in plain(page.get(reverse("customer:summary")))


# --- Mails -------------------------------------------------------------------------------------


def paragraphs_of(mail):
    return [line for line in mail.body_text.splitlines() if line.strip()]


def test_old_address_is_told_to_reply_and_not_to_reset(site_root, ada):
    client = Client()
    begin_change(client)
    type_code(client, code_in(mails(NEW_EMAIL)[-1]))

    mail = mails(EMAIL)[-1]

    assert mail.subject == "Your email address was changed"
    assert "reply to this email" in paragraphs_of(mail)[0]
    assert "new password" not in mail.body_text


def test_deleted_account_gets_a_last_mail_without_a_row(
    site_root, ada, mailoutbox, django_capture_on_commit_callbacks
):
    client = Client()
    sign_in(client)
    prove_again(client)
    mailoutbox.clear()

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("customer:profile-delete"), {"confirm": "on"})

    mail = mailoutbox[-1]
    assert (mail.subject, mail.to) == ("Your account is deleted", [EMAIL])
    assert settings.SITE_NAME in mail.body
    assert mails(EMAIL) == []


def test_invitation_names_its_sender_and_how_to_get_another_link(rf, site_root, ada):
    request = rf.get("/")
    request.user = make_user("boss@example.com")
    invite(request, ada)

    mail = mails(EMAIL)[-1]
    sign_in_page = plain(Client().get(reverse("account_login")))
    assert f"{settings.SITE_NAME} has invited you" in mail.body_text
    assert "once, for an hour" in mail.body_text
    link = re.search(r"“(.*?)”", mail.body_text).group(1)
    assert link in sign_in_page


# --- From the sign-in form to other ways -------------------------------------------------------


@pytest.mark.parametrize("view", ["account_reset_password", "account_request_login_code"])
def test_typed_address_is_passed_to_other_ways_to_sign_in(site_root, ada, view):
    client = Client()
    form = text_of(client.get(f"{reverse('account_login')}?next=/basket/"))
    button = re.search(rf'<button[^>]*formaction="{reverse(view)}"[^>]*>', form).group(0)

    page = client.post(
        reverse(view), {"login": EMAIL, "password": "x", "next": "/basket/", "from_sign_in": ""}
    )

    assert "formnovalidate" in button
    assert re.search(rf'<input[^>]*name="email"[^>]*value="{EMAIL}"', text_of(page)) or re.search(
        rf'<input[^>]*value="{EMAIL}"[^>]*name="email"', text_of(page)
    )
    assert mails() == []
    assert "field__error" not in text_of(page)
    if view == "account_request_login_code":
        assert hidden(page, "next") == "/basket/"


def test_enter_in_the_sign_in_form_signs_in(site_root):
    """Enter presses the first button of a form."""
    form = text_of(Client().get(reverse("account_login")))

    first = re.search(r'id="sign-in".*?(<button[^>]*>)', form, re.S).group(1)

    assert "formaction" not in first


# --- Beginning and end of an account -----------------------------------------------------------


def test_sign_up_links_to_the_published_privacy_page(site_root):
    sign_up_page = reverse("account_signup")
    assert "privacy page" not in plain(Client().get(sign_up_page))
    site_root.add_child(instance=StandardPage(title="Privacy", slug="privacy"))

    page = Client().get(sign_up_page)

    assert "privacy page" in plain(page)
    assert 'href="/privacy/"' in text_of(page)


def test_refused_deletion_links_to_the_order_and_the_contact(vase, ada):
    order = make_order(vase, user=ada, status="Paid")
    client = Client()
    sign_in(client)

    page = text_of(client.get(reverse("customer:profile-delete")))

    assert reverse("customer:order", args=[order.number]) in page
    assert f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}" in page


def test_deletion_page_explains_what_happens_to_orders(site_root, ada):
    client = Client()
    sign_in(client)

    assert "your invoices, as the law requires" in plain(
        client.get(reverse("customer:profile-delete"))
    )


# --- The second step ---------------------------------------------------------------------------


def test_second_step_has_one_primary_button_and_a_contact(site_root, ada):
    client = Client()
    sign_in(client)
    enrol(client)
    client.post(reverse("account_logout"))

    page = client.get(sign_in(client)["Location"])

    field = re.search(r'<input[^>]*name="code"[^>]*>', text_of(page)).group(0)
    assert buttons(page) == ["Sign in"]
    assert ('inputmode="numeric"' in field, "placeholder" in field) == (True, False)
    assert "Lost your device and your codes?" in plain(page)
    assert f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}" in text_of(page)
