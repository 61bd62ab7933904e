"""The caches of the site: Redis if configured, otherwise the process's memory."""

from typing import Any

LOCAL = "django.core.cache.backends.locmem.LocMemCache"


def caches(redis_url: str, *, is_debug: bool) -> dict[str, Any]:
    """Return ``CACHES``. In development fragments are not cached, so template changes show at once."""
    default: dict[str, Any] = {"BACKEND": LOCAL}
    if redis_url:
        default = {
            "BACKEND": "site_project.redis_cache.ForgivingRedisCache",
            "LOCATION": redis_url,
            "OPTIONS": {
                "socket_connect_timeout": 2,
                "socket_timeout": 2,
                "serializer": "site_project.cache_values.CacheSerializer",
            },
        }
    fragments = {
        "BACKEND": "django.core.cache.backends.dummy.DummyCache" if is_debug else LOCAL,
        "LOCATION": "fragments",
        "TIMEOUT": 900,
        "OPTIONS": {"MAX_ENTRIES": 5000},
    }
    return {"default": default, "template_fragments": fragments}
