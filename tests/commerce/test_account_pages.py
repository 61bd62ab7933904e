"""What the pages of an account say and where they lead; every one of them is a template of ours."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.template.loader import get_template
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from tests.factories import make_user
from tests.signing import (
    NEW_PASSWORD,
    is_signed_in,
    reset_link,
    set_password,
    sign_in,
)

pytestmark = pytest.mark.django_db
EMAIL = "ada@example.com"
OURS = Path(settings.BASE_DIR) / "templates"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def ada():
    return make_user(EMAIL)


def text_of(response):
    return response.content.decode()


def plain(response):
    """The words of a page's main part, with single spaces."""
    main = re.search(r"<main.*?</main>", text_of(response), re.DOTALL).group(0)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).strip()


def buttons(response):
    """The labels of the filled buttons of a page's main part."""
    main = re.search(r"<main.*?</main>", text_of(response), re.DOTALL).group(0)
    found = re.findall(r'<(?:button|a)[^>]*class="([^"]*)"[^>]*>(.*?)</(?:button|a)>', main, re.S)
    quiet = ("ghost", "quiet", "more")
    return [
        label.strip()
        for classes, label in found
        if "button" in classes.split() and not any(word in classes for word in quiet)
    ]


def patterns(resolver=None):
    """Every URL pattern of allauth's that the shop's settings switch on."""
    for pattern in (resolver or get_resolver("allauth.urls")).url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from patterns(pattern)


#: Of allauth's views, those that never answer: others stand at their addresses.
REPLACED = {"mfa_index", "mfa_list_webauthn"}
#: Templates of allauth's views that are functions.
OF_FUNCTIONS = {"account/confirm_email_verification_code.html", "socialaccount/login.html"}


def test_every_page_of_allauths_has_a_template_of_ours():
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
def test_page_of_a_guest_is_ours(site_root, view):
    assert is_ours(Client().get(reverse(view)))


@pytest.mark.parametrize("view", OWN_PAGES)
def test_page_of_an_account_is_ours(site_root, ada, view):
    client = Client()
    sign_in(client)

    assert is_ours(client.get(reverse(view)))


def test_page_for_a_first_password_is_ours(site_root):
    client = Client()
    user = make_user(EMAIL)
    user.set_unusable_password()
    user.save()
    client.force_login(user)

    assert is_ours(client.get(reverse("account_set_password")))


def is_ours(response):
    """Whether the page's own template, its layout and its title with the shop's name are ours."""
    title = re.search(r"<title>(.*?)</title>", text_of(response), re.S).group(1)
    origin = Path(response.templates[0].origin.name)
    assert response.status_code in (200, 401)
    assert title.strip().endswith(f"— {settings.SITE_NAME}")
    return OURS in origin.parents and 'class="site-header"' in text_of(response)


# --- The link of a mail ------------------------------------------------------------------------


def test_link_of_a_mail_asks_for_a_password_and_nothing_else(site_root, ada):
    client = Client()

    page = client.get(reset_link(client), follow=True)

    assert "Choose a password" in plain(page)
    assert text_of(page).count('type="password"') == 1
    assert buttons(page) == ["Save the password"]


def test_new_password_leads_to_the_sign_in(site_root, ada):
    client = Client()

    done = client.get(set_password(client, reset_link(client))["Location"])

    assert is_ours(done)
    assert buttons(done) == ["Sign in"]
    assert sign_in(client, password=NEW_PASSWORD).status_code == 302
    assert is_signed_in(client)


def test_used_link_says_so_and_offers_another(site_root, ada):
    client = Client()
    link = reset_link(client)
    set_password(client, link)

    page = client.get(link)

    assert page.status_code == 410
    assert "This link no longer works" in plain(page)
    assert buttons(page) == ["Send a new one"]
    assert reverse("account_reset_password") in text_of(page)
