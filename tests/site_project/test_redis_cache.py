"""Without Redis the cache is off: reads find nothing, writes store nothing, and nothing raises."""

import pytest
from django.contrib.sessions.backends.cached_db import SessionStore

from site_project.redis_cache import ForgivingRedisCache
from site_project.settings_caches import caches
from tests.caching import REDIS, needs_redis

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def gone():
    options = caches(NOWHERE, is_debug=False)["default"]
    return ForgivingRedisCache(NOWHERE, {"OPTIONS": options["OPTIONS"]})


def test_settings_use_the_fault_tolerant_cache():
    backend = caches(NOWHERE, is_debug=False)["default"]["BACKEND"]

    assert backend == "site_project.redis_cache.ForgivingRedisCache"


def test_nothing_raises(gone):
    assert gone.get("a") is None
    assert gone.get("a", "default") == "default"
    assert gone.get("a", default=3) == 3
    assert gone.get_many(["a", "b"]) == {}
    assert gone.set("a", 1) is None
    assert gone.set_many({"a": 1}) == []
    assert gone.add("a", 1) is True
    assert gone.touch("a") is False
    assert gone.delete("a") is False
    assert gone.delete_many(["a"]) is None
    assert gone.has_key("a") is False
    assert gone.get_or_set("a", lambda: 5) == 5
    gone.clear()


def test_incr_raises_value_error(gone):
    with pytest.raises(ValueError, match="refused|onnect"):
        gone.incr("a")


@pytest.mark.django_db
def test_sessions_continue_from_the_database(settings):
    settings.CACHES = caches(NOWHERE, is_debug=False)
    session = SessionStore()
    session["basket"] = 7
    session.save()

    assert SessionStore(session.session_key)["basket"] == 7


@needs_redis
def test_with_redis_it_works_like_djangos_cache():
    cache = ForgivingRedisCache(REDIS, {})
    cache.set("a", 1)

    assert cache.get("a") == 1
    assert cache.incr("a") == 2
    cache.delete("a")
