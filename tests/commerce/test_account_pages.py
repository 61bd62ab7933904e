"""Account pages: their texts and links. Each one uses a template of ours."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.template.loader import get_template
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from tests.account_pages import EMAIL, NEW_EMAIL, begin_change, buttons, hidden, plain, text_of
from tests.factories import PASSWORD, make_user
from tests.signing import (
    NEW_PASSWORD,
    code_in,
    is_signed_in,
    let_sign_in_age,
    mails,
    reset_link,
    set_password,
    sign_in,
    sign_up,
    type_code,
)

pytestmark = pytest.mark.django_db
OURS = Path(settings.BASE_DIR) / "templates"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def ada():
    return make_user(EMAIL)


def patterns(resolver=None):
    """Every URL pattern of allauth that the shop's settings enable."""
    for pattern in (resolver or get_resolver("allauth.urls")).url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from patterns(pattern)


#: allauth views that are never reached, because other views have their URLs.
REPLACED = {"mfa_index", "mfa_list_webauthn"}
#: Templates of allauth's function views.
OF_FUNCTIONS = {"account/confirm_email_verification_code.html", "socialaccount/login.html"}


def test_every_allauth_page_has_our_template():
    views = {pattern.name: getattr(pattern.callback, "view_class", None) for pattern in patterns()}
    named = {
        view.template_name
        for name, view in views.items()
        if name not in REPLACED and getattr(view, "template_name", None)
    }

    raw = [
        name
        for name in sorted(named | OF_FUNCTIONS)
        if OURS not in Path(get_template(name).origin.name).parents
    ]

    assert len(named) > 20
    assert raw == []


GUEST_PAGES = (
    "account_login",
    "account_signup",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_request_login_code",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
)
OWN_PAGES = (
    "account_logout",
    "account_email",
    "account_change_password",
    "account_reauthenticate",
    "account-security",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "usersessions_list",
    "socialaccount_connections",
)


@pytest.mark.parametrize("view", GUEST_PAGES)
def test_guest_page_uses_our_template(site_root, view):
    assert is_ours(Client().get(reverse(view)))


@pytest.mark.parametrize("view", OWN_PAGES)
def test_account_page_uses_our_template(site_root, ada, view):
    client = Client()
    sign_in(client)

    assert is_ours(client.get(reverse(view)))


def test_first_password_page_uses_our_template(site_root):
    client = Client()
    user = make_user(EMAIL)
    user.set_unusable_password()
    user.save()
    client.force_login(user)

    assert is_ours(client.get(reverse("account_set_password")))


def is_ours(response):
    """Whether the page uses our template and layout, and the shop's name in its title."""
    title = re.search(r"<title>(.*?)</title>", text_of(response), re.S).group(1)
    origin = Path(response.templates[0].origin.name)
    assert response.status_code in (200, 401)
    assert title.strip().endswith(f"— {settings.SITE_NAME}")
    return OURS in origin.parents and 'class="site-header"' in text_of(response)


# --- The link of a mail ------------------------------------------------------------------------


def test_reset_link_asks_only_for_a_password(site_root, ada):
    client = Client()

    page = client.get(reset_link(client), follow=True)

    assert "Choose a password" in plain(page)
    assert text_of(page).count('type="password"') == 1
    assert buttons(page) == ["Save the password"]


def test_new_password_redirects_to_sign_in(site_root, ada):
    client = Client()

    done = client.get(set_password(client, reset_link(client))["Location"])

    assert is_ours(done)
    assert buttons(done) == ["Sign in"]
    assert sign_in(client, password=NEW_PASSWORD).status_code == 302
    assert is_signed_in(client)


def test_used_link_says_so_and_offers_a_new_one(site_root, ada):
    client = Client()
    link = reset_link(client)
    set_password(client, link)

    page = client.get(link)

    assert page.status_code == 410
    assert "This link no longer works" in plain(page)
    assert buttons(page) == ["Send a new one"]
    assert reverse("account_reset_password") in text_of(page)


# --- Codes -------------------------------------------------------------------------------------


def ask_for_sign_in_code(client, email=EMAIL):
    client.post(reverse("account_request_login_code"), {"email": email})
    return reverse("account_confirm_login_code")


def ask_for_sign_up_code(client, email=EMAIL):
    sign_up(client, email)
    return reverse("account_email_verification_sent")


CODE_PAGES = pytest.mark.parametrize("ask", [ask_for_sign_in_code, ask_for_sign_up_code])


@CODE_PAGES
def test_code_page_names_the_mail_and_the_time_limit(site_root, ask):
    client = Client()
    page = client.get(ask(client))

    assert is_ours(page)
    assert f"We’ve sent a code to {EMAIL} . It works for ten minutes." in plain(page)
    assert plain(page).count("sent a") == 1
    assert len(buttons(page)) == 1


@CODE_PAGES
def test_code_field_opens_a_numeric_keyboard(site_root, ask):
    client = Client()

    field = re.search(r'<input[^>]*name="code"[^>]*>', text_of(client.get(ask(client)))).group(0)

    for attribute in ('inputmode="numeric"', 'autocomplete="one-time-code"', "autofocus"):
        assert attribute in field
    assert "placeholder" not in field


@CODE_PAGES
def test_wrong_code_explains_what_to_do(site_root, ask):
    client = Client()

    page = client.post(ask(client), {"code": "nothing"})

    assert "That code isn’t right. Check the email and try again." in plain(page)


@CODE_PAGES
@pytest.mark.parametrize("is_known", [True, False])
def test_new_code_is_sent_at_most_twice(site_root, ask, is_known):
    if is_known:
        make_user(EMAIL)
    client = Client()
    path = ask(client)

    for _again in range(2):
        page = client.post(path, {"action": "resend"}, follow=True)
        assert "We’ve sent a new code." in plain(page)

    assert "Send a new code" not in plain(page)


def test_resent_code_signs_in_and_the_first_does_not(site_root, ada):
    client = Client()
    path = ask_for_sign_in_code(client)
    client.post(path, {"action": "resend"})
    first, second = (code_in(mail) for mail in mails(EMAIL))

    type_code(client, first, "account_confirm_login_code")
    assert not is_signed_in(client)
    type_code(client, second, "account_confirm_login_code")

    assert is_signed_in(client)


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com"])
@pytest.mark.parametrize("view", ["account_request_login_code", "account_signup"])
def test_new_codes_count_as_mails_with_or_without_an_account(ada, site_root, view, email):
    client = Client()
    asked = {"email": email, "password1": NEW_PASSWORD}
    code_page = client.post(reverse(view), asked)["Location"]
    for _again in range(2):
        client.post(code_page, {"action": "resend"})

    assert Client().post(reverse(view), asked).status_code == 429


# --- Another address ---------------------------------------------------------------------------


def test_address_page_links_back_to_the_code(site_root, ada):
    client = Client()
    begin_change(client)

    page = client.get(reverse("account_email"))

    assert f"Enter the code we sent to {NEW_EMAIL}" in plain(page)
    assert buttons(page) == ["Enter the code"]
    assert reverse("account_email_verification_sent") in text_of(page)


def test_address_change_can_be_cancelled(site_root, ada):
    client = Client()
    begin_change(client)

    page = client.post(reverse("account_email"), {"action_cancel": ""}, follow=True)

    assert "Your email address hasn’t changed." in plain(page)
    assert "Waiting for the code" not in plain(page)
    type_code(client, code_in(mails(NEW_EMAIL)[-1]))
    ada.refresh_from_db()
    assert ada.email == EMAIL


def test_expired_code_is_no_longer_expected(site_root, ada):
    client = Client()
    begin_change(client)
    session = client.session
    session["account_email_verification_code"]["at"] -= 601
    session.save()

    assert "Waiting" not in plain(client.get(reverse("account_email")))


def test_confirmed_address_is_shown(site_root, ada):
    client = Client()
    begin_change(client)

    answer = type_code(client, code_in(mails(NEW_EMAIL)[-1]))

    assert answer["Location"] == reverse("account_email")
    page = plain(client.get(answer["Location"]))
    assert f"{NEW_EMAIL} is confirmed." in page
    assert f"You sign in with {NEW_EMAIL}" in page


# --- Confirming who one is ---------------------------------------------------------------------


@pytest.fixture
def proving(site_root, ada):
    """A user whose sign-in is too long ago for sensitive pages."""
    client = Client()
    sign_in(client)
    let_sign_in_age(client)
    return client


def test_reauthentication_page_explains_itself_and_returns(proving):
    behind = reverse("customer:profile-update")

    page = proving.get(
        reverse("customer:profile-delete"),
        follow=True,
        headers={"referer": f"http://testserver{behind}"},
    )

    assert "Confirm it’s you" in plain(page)
    assert "will then be carried out" not in plain(page)
    assert buttons(page) == ["Continue"]
    back = proving.post(reverse("account-cancel-proof"), {"next": hidden(page, "next", last=True)})
    assert back["Location"] == behind


def test_return_url_survives_a_wrong_password(proving):
    page = proving.post(
        reverse("account_reauthenticate"), {"password": "no", "behind": "/accounts/data/"}
    )

    assert "That password isn’t right. Try again." in plain(page)
    assert hidden(page, "behind") == "/accounts/data/"


@pytest.mark.parametrize("sender", ["https://evil.example/", "//evil.example/", ""])
def test_cancel_never_redirects_to_another_site(proving, sender):
    page = proving.get(reverse("account_reauthenticate"), headers={"referer": sender})

    assert hidden(page, "behind") == ""
    answer = proving.post(reverse("account-cancel-proof"), {"next": sender})
    assert answer["Location"].startswith("/accounts/")


def test_suspended_form_is_announced_and_dropped_by_cancel(proving, ada):
    path = reverse("customer:profile-delete")

    page = proving.post(path, {"confirm": "on"}, follow=True)
    assert "We’ll then carry on with your request." in plain(page)
    proving.post(reverse("account-cancel-proof"), {"next": ""})
    proving.post(f"{reverse('account_reauthenticate')}?next={path}", {"password": PASSWORD})

    ada.refresh_from_db()
    assert ada.email == EMAIL
