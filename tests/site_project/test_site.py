"""Health checks, content security policies and the sign-in redirect."""

import pytest
from django.db import DatabaseError
from django.urls import reverse

from site_project import views
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def policy(response):
    """The content security policy as ``{directive: sources}``."""
    rows = (part.split() for part in response["Content-Security-Policy"].split(";") if part.strip())
    return {name: sources for name, *sources in rows}


@pytest.mark.parametrize("path", ["/", "/catalogue/", "/basket/", "/accounts/login/", "/nothing/"])
def test_shoppers_get_the_strict_policy(client, site_root, path):
    found = policy(client.get(path))

    assert found["script-src"] == ["http://testserver/static/"]
    assert found["style-src"] == ["'self'"]
    assert found["object-src"] == ["'none'"]
    assert "unsafe" not in str(found)


@pytest.mark.parametrize("path", ["/admin/", "/dashboard/"])
def test_staff_pages_get_the_looser_policy_and_still_no_other_host(client, site_root, path):
    client.force_login(make_user(is_staff=True, is_superuser=True))

    found = policy(client.get(path))

    assert "'unsafe-inline'" in found["script-src"]
    assert "'self'" not in found["script-src"]  # Uploaded files have this origin, too.
    sources = [source for row in found.values() for source in row]
    assert not [s for s in sources if ("." in s or "*" in s) and "//testserver/" not in s]


def test_path_similar_to_a_staff_page_gets_the_strict_policy(client, site_root):
    for path in ("/administrator/", "/catalogue/admin/", "/dashboards/"):
        assert policy(client.get(path))["script-src"] == ["http://testserver/static/"], path


def test_process_is_alive_without_a_database(client, monkeypatch):
    monkeypatch.setattr(views, "connection", DownConnection())

    assert client.get("/health/live").status_code == 200


class DownConnection:
    """A database that does not respond."""

    def cursor(self):
        raise DatabaseError("gone")


def test_ready_if_all_services_respond(client):
    response = client.get("/health/ready")

    assert (response.status_code, response.json()) == (200, {"problems": []})


def test_not_ready_while_the_database_is_down(client, monkeypatch):
    monkeypatch.setattr(views, "connection", DownConnection())

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json() == {"problems": ["database: DatabaseError"]}


def test_not_ready_while_redis_is_down(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": settings.REDIS_URL,
        }
    }

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["problems"][0].startswith("redis: ")


@pytest.mark.parametrize("path", ["/admin/login/", "/dashboard/login/"])
def test_other_login_forms_redirect_to_sign_in_and_back(client, path):
    response = client.get(path, {"next": "/dashboard/orders/"})

    assert response.url == f"{reverse('account_login')}?next=%2Fdashboard%2Forders%2F"


@pytest.mark.parametrize("path", ["/admin/login/", "/dashboard/login/"])
def test_password_sent_to_another_login_form_is_ignored(client, path):
    make_user()

    client.post(
        path, {"username": "ada@example.com", "login": "ada@example.com", "password": PASSWORD}
    )

    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "path", ["/admin/password_reset/", "/password-reset/", "/accounts/register/"]
)
def test_there_is_no_second_sign_up_page(client, site_root, path):
    response = client.get(path)

    assert response.status_code in (302, 404)
    if response.status_code == 302:
        assert response.url.startswith(("/accounts/", "/admin/login/"))


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_sign_in_never_redirects_to_another_host(client, shop, target):
    make_user()

    response = client.post(
        f"{reverse('account_login')}?next={target}",
        {"login": "ada@example.com", "password": PASSWORD, "next": target},
    )

    assert response.status_code == 302
    assert response.url.startswith("/accounts/")


def test_unknown_url_is_a_404_in_our_design(client, site_root):
    response = client.get("/nothing-here/")

    assert response.status_code == 404
    assert "</header>" in response.content.decode()


def test_missing_token_shows_an_error_in_our_design(site_root, vase):
    from django.test import Client

    response = Client(enforce_csrf_checks=True).post("/basket/clear/")

    assert response.status_code == 403
    assert "<html" in response.content.decode()
