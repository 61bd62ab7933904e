"""Chapters 3, 4, 13, 14 and 16 of docs/security.md: response headers and errors."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from site_project import seo
from tests import shopper
from tests.factories import make_product, make_user
from tests.signing import is_signed_in, sign_in
from tests.site_project.test_site import policy

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "path",
    ["/", "/nothing/", "/accounts/", "/robots.txt", "/health/live", "/static/favicon.svg", "/static/no"],
)  # fmt: skip
def test_every_kind_of_response_has_a_policy(client, site_root, static_files, path):
    answer = client.get(path)

    assert policy(answer)["frame-ancestors"] == ["'none'"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_responses_before_any_view_have_a_policy(settings, site_root):
    too_large = Client().post(
        "/basket/", "a" * (settings.BODY_LIMIT + 1), content_type="text/plain"
    )
    settings.SECURE_SSL_REDIRECT = True
    to_https = Client().get("/")

    assert (too_large.status_code, to_https.status_code) == (413, 301)
    for answer in (too_large, to_https):
        assert policy(answer)["frame-ancestors"] == ["'none'"]
        assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/dashboard/"])
def test_no_page_allows_another_base_or_plugins(client, site_root, path):
    client.force_login(make_user(is_staff=True, is_superuser=True))

    said = policy(client.get(path))

    assert said["base-uri"] == said["object-src"] == ["'none'"]


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/feeds/products.xml", "/health/live"])
def test_no_response_is_readable_by_another_origin(client, site_root, path):
    answer = client.get(path, headers={"Origin": "https://evil.example"})

    assert "Access-Control-Allow-Origin" not in answer


@pytest.mark.parametrize(
    "path",
    ["/", "/nothing/", "/robots.txt", "/sitemap.xml", "/sitemap-products.xml", "/feeds/products.xml", "/health/live"],
)  # fmt: skip
def test_text_responses_have_a_charset(client, site_root, path):
    assert client.get(path)["Content-Type"].endswith("; charset=utf-8")


def test_webhook_over_plain_http_is_refused_and_not_redirected(client, settings, site_root):
    settings.SECURE_SSL_REDIRECT = True

    plain = client.post("/webhooks/stripe/", "{}", content_type="application/json")
    secure = client.post("/webhooks/stripe/", "{}", content_type="application/json", secure=True)

    assert plain.status_code == 403
    assert secure.status_code == 400  # Its signature is checked.


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/basket/"])
def test_trace_echoes_nothing(client, site_root, path):
    answer = client.trace(path, headers={"X-Secret": "do-not-repeat"})

    assert "do-not-repeat" not in answer.text


def test_signing_out_clears_the_browser_cache(client, site_root):
    make_user()
    sign_in(client)

    answer = client.post(reverse("account_logout"))

    assert answer["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in client.get("/")


@pytest.mark.parametrize("path", ["/admin/", "/dashboard/", "/accounts/", "/accounts/wishlists/"])
def test_personal_pages_are_not_stored_by_browsers(client, site_root, path):
    client.force_login(make_user(is_staff=True, is_superuser=True))

    assert "no-store" in client.get(path)["Cache-Control"]


def test_scripts_cannot_read_session_cookies(client, site_root):
    make_user()
    client.get(reverse("account_login"))

    sign_in(client)

    assert client.cookies["sessionid"]["httponly"]
    assert client.cookies["csrftoken"]["httponly"]


def test_form_without_a_token_does_not_sign_in(site_root):
    make_user()
    browser = Client(enforce_csrf_checks=True)

    answer = sign_in(browser)

    assert answer.status_code == 403
    assert not is_signed_in(browser)


def test_cross_site_form_changes_nothing(vase, site_root):
    browser = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "cross-site"})

    answer = shopper.put_in_basket(browser, vase)

    assert answer.status_code == 403
    assert browser.get(reverse("basket:summary")).context["basket"].num_items == 0


@pytest.mark.parametrize("name", ["account_login", "find-order"])
def test_forged_form_is_logged(site_root, caplog, name):
    Client(enforce_csrf_checks=True).post(reverse(name))

    assert [row.name for row in caplog.records] == ["django.security.csrf"]


def test_error_page_reveals_nothing_about_the_error(site_root, monkeypatch, caplog):
    def fail(path):
        raise RuntimeError("password of the database")

    monkeypatch.setattr(seo, "absolute", fail)

    answer = Client(raise_request_exception=False).get("/robots.txt")

    assert answer.status_code == 500
    for word in ("password", "RuntimeError", "Traceback", "found.py"):
        assert word not in answer.text
    assert "password of the database" in caplog.text


@pytest.mark.parametrize("path", ["/static/", "/static/js/", "/media/", "/.git/config", "/.env"])
def test_folders_are_not_listed_and_hidden_files_not_served(client, site_root, static_files, path):
    assert client.get(path).status_code == 404


def test_image_excludes_history_secrets_and_data():
    left_out = (ROOT / ".dockerignore").read_text().split()

    assert {".git", ".env", "var", "media/*", "tests"} <= set(left_out)


def test_redirect_to_another_site_is_refused(client, site_root):
    make_user()

    answer = client.post(
        f"{reverse('account_login')}?next=https://evil.example/",
        {"login": "ada@example.com", "password": "wrong", "next": "//evil.example/"},
    )

    assert "evil.example" not in answer.get("Location", "")


def test_product_name_is_escaped_in_suggestions(client, shop, site_root):
    make_product("Moon <img src=x onerror=alert(1)> vase", price="9.00")

    text = client.get("/search/suggest/", {"q": "moon"}).text

    assert "Moon" in text
    assert "<img src=x" not in text
