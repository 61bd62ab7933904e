"""Health checks work with any host."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "10.1.2.3", "web", "anything.example"])
@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_probe_with_any_host_and_without_tls_is_answered(client, settings, host, path):
    settings.ALLOWED_HOSTS = ["shop.example"]
    settings.SECURE_SSL_REDIRECT = True

    response = client.get(path, headers={"host": host})

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"


def test_other_pages_still_check_the_host(client, settings):
    settings.ALLOWED_HOSTS = ["shop.example"]

    assert client.get("/robots.txt", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/health/live/more", headers={"host": "evil.example"}).status_code == 400
