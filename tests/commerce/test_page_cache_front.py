"""The page cache in front of Django: the same responses to the same visitors, without Django."""

import gzip
import io
import os
import subprocess
import sys

import pytest
from django.conf import settings as django_settings
from django.test import RequestFactory
from django.test.client import ClientHandler
from django.urls import reverse

from commerce.models.cache_tags import product_tag
from commerce.page_cache import stores
from commerce.page_cache.middleware import PageCacheFront
from commerce.page_cache.versions import publish
from tests.caching import PLACES


class Site:
    """The site behind its WSGI entry point, with responses and a count of Django's requests."""

    def __init__(self):
        self.asked = 0
        self.django = ClientHandler()  # keeps the test's transaction open
        self.application = PageCacheFront(self.count)

    def count(self, environ, start_response):
        self.asked += 1
        response = self.django(environ)
        start_response(f"{response.status_code} {response.reason_phrase}", [*response.items()])
        return [response.content]

    def get(self, path, method="GET", **headers):
        environ = RequestFactory(headers=headers).generic(method, path).environ
        environ["wsgi.input"] = io.BytesIO()
        answer = {}

        def start(status, headers, exc_info=None):
            answer.update(status=status, headers=dict(headers))

        answer["body"] = b"".join(self.application(environ, start))
        return answer


@pytest.fixture
def site(caching, mug):
    caching()
    return Site()


def test_second_request_does_not_reach_django(site, mug):
    first = site.get(mug.get_absolute_url())
    second = site.get(mug.get_absolute_url())

    assert first["status"] == second["status"] == "200 OK"
    assert first["body"] == second["body"]
    assert first["headers"] == second["headers"]
    assert site.asked == 1


@pytest.mark.parametrize("place", PLACES)
def test_page_of_another_process_is_found_in_the_store(caching, mug, place):
    caching(place)
    site = Site()
    page = site.get(mug.get_absolute_url())
    stores.memory.cache_clear()

    assert site.get(mug.get_absolute_url())["body"] == page["body"]
    assert site.asked == 1


@pytest.mark.parametrize("place", PLACES)
def test_change_is_seen_by_the_next_request(caching, mug, place):
    caching(place)
    site = Site()
    path = mug.get_absolute_url()
    site.get(path)
    site.get(path)

    publish([product_tag(mug.pk)])
    site.get(path)

    assert site.asked == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"cookie": f"{django_settings.SESSION_COOKIE_NAME}=a"},
        {"cookie": f"basket_units=2; {django_settings.SESSION_COOKIE_NAME}=a"},
        {"cookie": "messages=a"},
        {"authorization": "Bearer a"},
        {"x-requested-with": "XMLHttpRequest"},
        {"host": "localhost"},
    ],
)
def test_personal_request_reaches_django(site, mug, headers):
    site.get(mug.get_absolute_url())

    site.get(mug.get_absolute_url(), **headers)

    assert site.asked == 2


def test_unread_cookies_do_not_matter(site, mug):
    site.get(mug.get_absolute_url())

    site.get(mug.get_absolute_url(), cookie="basket_units=2")

    assert site.asked == 1


def test_post_reaches_django(site, mug):
    site.get(mug.get_absolute_url())

    answer = site.get(mug.get_absolute_url(), "POST")

    assert answer["status"] == "403 Forbidden"  # It had no CSRF token.
    assert site.asked == 2


def test_uncacheable_page_reaches_django_every_time(site):
    path = reverse("account_login")

    assert "private" in site.get(path)["headers"]["Cache-Control"]
    site.get(path)

    assert site.asked == 2


def test_head_and_conditional_requests(site, mug):
    page = site.get(mug.get_absolute_url(), **{"accept-encoding": "gzip"})
    head = site.get(mug.get_absolute_url(), "HEAD", **{"accept-encoding": "gzip"})
    known = site.get(mug.get_absolute_url(), **{"if-none-match": page["headers"]["ETag"]})

    assert b"<!doctype html>" in gzip.decompress(page["body"])
    assert not head["body"]
    assert head["headers"] == page["headers"]
    assert head["headers"]["Content-Length"] == str(len(page["body"]))
    assert known["status"] == "304 Not Modified"
    assert not known["body"]
    assert known["headers"]["ETag"] == page["headers"]["ETag"]
    assert site.asked == 1


def test_nothing_is_served_if_switched_off(site, mug, settings):
    site.get(mug.get_absolute_url())
    settings.PAGE_CACHE = False

    site.get(mug.get_absolute_url())

    assert site.asked == 2


def test_advertising_parameters_share_the_page_and_use_no_memory(site, mug):
    site.get(mug.get_absolute_url())
    before = len(stores.memory())

    site.get(f"{mug.get_absolute_url()}?utm_source=letter")

    assert len(stores.memory()) == before
    assert site.asked == 1


def test_parameters_in_any_order_do_not_reach_django(site, mug):
    """Regression: only the canonical order was found in front of Django."""
    site.get("/catalogue/?sort=newest&page=1")

    response = site.get("/catalogue/?page=1&sort=newest")

    assert response["status"] == "200 OK"
    assert site.asked == 1


def test_wsgi_entry_point_is_the_page_cache_around_django():
    """Uses a new process, because importing the entry point sets Django up in this order."""
    code = (
        "import site_project.production as p; p.database_errors = p.cache_errors = list;"  # no database here
        "import site_project.wsgi as w; print(type(w._pages).__name__)"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "site_project.settings",
        "SECRET_KEY": "x" * 60,
        "SITE_URL": "http://127.0.0.1:8000",
        "DEMO_GATEWAY": "on",
    }

    run = subprocess.run(
        [sys.executable, "-c", code],
        env=environment, cwd=django_settings.BASE_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert run.stdout.strip() == "PageCacheFront", run.stderr
