"""Cookies are limited to this host and https, and are not sent with forms of other sites."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client
from django.urls import reverse

from tests import shopper
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


class Browser(Client):
    """A client over https that stores every cookie as it was set."""

    def __init__(self):
        super().__init__()
        self.set_cookies = []

    def request(self, **request):
        response = super().request(**{**request, "wsgi.url_scheme": "https"})
        self.set_cookies += response.cookies.values()
        return response


@pytest.fixture
def https(settings):
    """The settings of a site with https (``site_project.settings``)."""
    settings.IS_HTTPS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.OSCAR_BASKET_COOKIE_SECURE = True
    settings.COOKIE_PREFIX = "__Host-"
    settings.SESSION_COOKIE_NAME = "__Host-sessionid"
    settings.CSRF_COOKIE_NAME = "__Host-csrftoken"
    settings.OSCAR_BASKET_COOKIE_OPEN = "__Host-oscar_open_basket"


def test_every_cookie_is_bound_to_the_host(https, mug, vase, site_root):
    make_user()
    browser = Browser()

    shopper.put_in_basket(browser, vase)
    vase.stockrecords.update(price="95.00")
    browser.get(reverse("basket:summary"))
    browser.get(reverse("compare"), {"add": mug.pk})
    shopper.give_details(browser)
    browser.get(reverse("account_login"))
    browser.post(reverse("account_login"), {"login": "ada@example.com", "password": PASSWORD})
    browser.get(reverse("basket:summary"))  # the guest basket is merged into the account's
    browser.post(reverse("account_logout"))

    names = {cookie.key.removeprefix("__Host-") for cookie in browser.set_cookies}
    assert names == {
        "sessionid", "csrftoken", "oscar_open_basket", "basket_units", "prices_read", "compared", "device",
        "messages",
    }  # fmt: skip
    for cookie in browser.set_cookies:
        assert cookie.key.startswith("__Host-"), cookie
        assert cookie["secure"], cookie
        assert cookie["path"] == "/", cookie
        assert not cookie["domain"], cookie
        assert cookie["samesite"] == "Lax", cookie


def test_basket_cookie_with_the_prefix_is_read_again(https, vase, site_root):
    browser = Browser()
    shopper.put_in_basket(browser, vase)

    page = browser.get(reverse("basket:summary"))

    assert "Moon vase" in page.text
    assert browser.cookies["__Host-basket_units"].value == "1"
    assert not browser.cookies["__Host-basket_units"]["httponly"]


def test_site_without_https_has_unprefixed_cookie_names(client, vase, site_root):
    shopper.put_in_basket(client, vase)

    assert {"oscar_open_basket", "basket_units"} <= set(client.cookies)
    assert client.cookies["oscar_open_basket"]["samesite"] == "Lax"


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/", "/accounts/login/", "/accounts/nothing/", "/basket/", "/checkout/",
        "/checkout/payment-details/", "/dashboard/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_private_pages_are_not_stored(client, shop, site_root, path, is_signed_in):
    if is_signed_in:
        client.force_login(make_user(is_staff=True))

    response = client.get(path)

    assert response["Cache-Control"] == "private, no-store"


def test_mail_files_are_readable_by_the_site_only(settings, tmp_path):
    folder = tmp_path / "mail"
    folder.mkdir(mode=0o755)
    connection = get_connection("commerce.mail.outbox.ReadableFileBackend", file_path=folder)
    message = EmailMultiAlternatives("Your order", "Hello", to=["a@b.example"])
    message.attach_alternative("<p>Hello</p>", "text/html")

    connection.send_messages([message])

    modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {".eml": 0o600, ".html": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_make_writes_the_secret_key_readable_by_its_owner_only(tmp_path):
    makefile, folder = site_settings.BASE_DIR / "Makefile", Path(sys.executable).parent

    subprocess.run(
        ["make", "-s", "-C", tmp_path, "-f", makefile, f"BIN={folder}", ".env"], check=True
    )

    assert len((tmp_path / ".env").read_text().splitlines()[0]) >= len("SECRET_KEY=") + 64
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
