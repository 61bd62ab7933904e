"""Accounts in Chromium: an authenticator app, a passkey, a lost device, ending another session."""

import re
import time
from dataclasses import replace

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from tests.browser.conftest import collect_page_errors
from tests.site import free_port, serving, site_environment

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("accounts")]
PASSWORD = "kettle orbit plum"


@pytest.fixture(scope="module")
def door(site):
    """The shop under a host name, because browsers create no passkeys for an IP address."""
    url = f"http://localhost:{free_port()}"
    named = replace(site, url=url, environment=site_environment(site.folder, url))
    with serving(named):
        yield named


@pytest.fixture
def visit(chromium, door):
    """Opens a new browser context. Every error in its console fails the test."""
    contexts, wrong = [], []

    def open_browser():
        context = chromium.new_context(base_url=door.url)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda message: wrong.append(message.text) if message.type == "error" else None,
        )
        collect_page_errors(page, wrong)
        return page

    yield open_browser
    for context in contexts:
        context.close()
    assert wrong == []


def totp_code(secret, steps=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def give_authenticator(page):
    """Add a virtual fingerprint reader that always succeeds."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                "hasUserVerification": True, "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip


def sign_up(page, door, email):
    page.goto("/accounts/signup/")
    page.fill("[name=email]", email)
    page.fill("[name=password1]", PASSWORD)
    page.press("[name=password1]", "Enter")
    mail = door.wait_for_mail(email)[-1]
    code = re.search(r"Subject: (\d{6}) is your code", mail).group(1)
    page.fill("[name=code]", code)
    page.press("[name=code]", "Enter")
    page.wait_for_url("**/accounts/")


def type_password(page, email):
    page.goto("/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")


def sign_out(page):
    page.goto("/accounts/2fa/")
    page.locator(".account-nav form button").click()
    page.wait_for_url(lambda address: "/2fa/" not in address)


def type_second_code(page, code):
    page.wait_for_url("**/accounts/2fa/authenticate/")
    page.fill("[name=code]", code)
    page.press("[name=code]", "Enter")


def test_app_passkey_and_recovery_code_sign_in(visit, door):
    page = visit()
    give_authenticator(page)
    email = f"ada{int(time.time())}@example.com"
    sign_up(page, door, email)

    # Add an authenticator app, by keyboard only.
    page.goto("/accounts/2fa/totp/activate/")
    secret = page.locator(".key-text").text_content()
    page.fill("[name=code]", totp_code(secret))
    page.press("[name=code]", "Enter")
    page.wait_for_url("**/recovery-codes/")
    codes = [code.replace(" ", "") for code in page.locator(".codes code").all_text_contents()]
    assert len(codes) == 10

    # Add a passkey, then sign in with it and without the password.
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_role("button", name="Add the passkey").press("Enter")
    page.wait_for_url("**/accounts/2fa/")
    assert page.get_by_text("My passkey").is_visible()
    sign_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").press("Enter")
    page.wait_for_url("**/accounts/")
    sign_out(page)

    # Another browser: sign in with password and app. Then the phone is lost; use a recovery code.
    other = visit()
    type_password(other, email)
    type_second_code(other, totp_code(secret, 1))
    other.wait_for_url("**/accounts/")
    sign_out(other)
    type_password(other, email)
    type_second_code(other, codes[0])
    other.wait_for_url("**/accounts/")
    other.goto("/accounts/2fa/")
    assert other.get_by_text("You have 9 codes left").is_visible()


def test_other_session_is_signed_out(visit, door):
    own, other = visit(), visit()
    email = f"grace{int(time.time())}@example.com"
    sign_up(own, door, email)
    type_password(other, email)
    other.wait_for_url("**/accounts/")

    own.goto("/accounts/sessions/")
    own.locator("main button[name=session]").press("Enter")
    own.get_by_text("That browser is signed out.").wait_for()

    other.goto("/accounts/")
    assert "/accounts/login/" in other.url
    own.goto("/accounts/")
    assert own.url.endswith("/accounts/")
