"""The deployment files: privileges, secrets, hosts, media."""

import re

import pytest
import yaml
from django.test import Client

from commerce.page_cache.stores import RedisPages
from commerce.page_cache.versions import RedisVersions, publish, versions
from site_project.settings_caches import caches
from tests import factories
from tests.caching import REDIS, needs_redis
from tests.site import ROOT

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
#: Services of the site itself, which read the settings from their environment.
OURS = ("setup", "demo", "web", "worker", "clock")


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_drops_its_privileges(name):
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert not service.get("privileged")


def test_only_the_site_reaches_database_and_cache():
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("db", "redis"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]


def test_compose_file_contains_no_secret():
    environment = SERVICES["web"]["environment"]

    for name in ("SECRET_KEY", "DATABASE_PASSWORD", "REDIS_PASSWORD"):
        assert environment[f"{name}_FILE"].startswith("/run/vitrine/")
        assert name not in environment
    assert SERVICES["db"]["environment"]["MARIADB_PASSWORD_FILE"].startswith("/run/vitrine/")
    assert "MARIADB_ROOT_PASSWORD" not in SERVICES["db"]["environment"]
    assert "@" in environment["DATABASE_URL"]
    assert ":" not in environment["DATABASE_URL"].partition("//")[2].partition("@")[0]


def test_redis_needs_a_password():
    (script,) = SERVICES["redis"]["command"]

    assert "requirepass" in script
    assert "redis_password" in script


def test_redis_is_limited_and_evicts_only_keys_that_expire():
    (script,) = SERVICES["redis"]["command"]

    assert "--maxmemory 256mb --maxmemory-policy volatile-lru" in script


@needs_redis
@pytest.mark.django_db
def test_pages_and_copies_of_sessions_expire_in_redis_and_versions_do_not(caching, vase, settings):
    caching("redis")
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    settings.CACHES = {**settings.CACHES, **caches(REDIS, is_debug=False)}
    redis = versions().store.client
    publish(["thing"])
    Client().get(vase.get_absolute_url())
    Client().force_login(factories.make_user())

    assert redis.ttl(RedisVersions.KEY) == -1
    names = [key.decode() for key in redis.scan_iter() if key.decode() != RedisVersions.KEY]
    assert any(name.startswith(RedisPages.PREFIX) for name in names)
    assert any("sessions.cached_db" in name for name in names)
    assert [name for name in names if redis.ttl(name) <= 0] == []


def test_demo_needs_its_profile():
    assert SERVICES["demo"]["profiles"] == ["demo"]
    for name, service in SERVICES.items():
        if name != "demo":
            assert "load_demo" not in str(service.get("command", "")), name
            assert "demo" not in service.get("depends_on", {}), name
    assert SERVICES["web"]["environment"]["DEMO_GATEWAY"] == "${DEMO_GATEWAY:-off}"


def test_hosts_and_sender_follow_the_environment():
    environment = SERVICES["web"]["environment"]

    assert environment["SITE_URL"].startswith("${SITE_URL:?")
    assert environment["ALLOWED_HOSTS"] == "${ALLOWED_HOSTS:-}"
    assert environment["DEFAULT_FROM_EMAIL"] == "${DEFAULT_FROM_EMAIL:-}"


def test_site_containers_share_one_environment():
    environments = {str(SERVICES[name]["environment"]) for name in OURS}

    assert len(environments) == 1


def test_every_variable_in_the_compose_file_exists():
    known = set(re.findall(r"(?m)^([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text()))

    assert set(SERVICES["web"]["environment"]) <= known


def test_image_runs_without_root_and_code_is_read_only():
    lines = (ROOT / "Dockerfile").read_text().splitlines()

    assert "COPY . ." in lines
    assert not [line for line in lines if "--chown" in line]
    assert "USER vitrine" in lines
    assert lines.index("USER vitrine") > lines.index("COPY . .")
    assert "VAR_DIR=/var/lib/vitrine MEDIA_ROOT=/srv/media STATIC_ROOT=/app/collected" in str(lines)


def test_writable_folders_are_volumes():
    image = {"/var/lib/vitrine", "/srv/media"}

    for name in OURS:
        mounted = {row.split(":")[1] for row in SERVICES[name]["volumes"]}
        assert image <= mounted, name


@pytest.mark.parametrize("name", ["tls.conf", "behind-tls.conf"])
def test_both_nginx_files_set_the_shoppers_scheme(name):
    text = (ROOT / "deploy" / "nginx" / name).read_text()

    assert "$shopper_scheme" in text
    assert "include /etc/nginx/vitrine/site.conf;" in text
