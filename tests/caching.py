"""Stores to test the page cache with: always files, and Redis if TEST_REDIS_URL is set."""

import os
from urllib.parse import urlsplit

import pytest

from commerce.page_cache import memoise, stores, versions


def redis_of_worker(url, worker):
    """The URL of a separate Redis database for each test process, because tests empty it."""
    parts = urlsplit(url)
    if not url or not worker:
        return url
    number = (int(parts.path.strip("/") or 0) - int(worker.removeprefix("gw"))) % 16
    return parts._replace(path=f"/{number}").geturl()


REDIS = redis_of_worker(
    os.environ.get("TEST_REDIS_URL", ""), os.environ.get("PYTEST_XDIST_WORKER", "")
)
needs_redis = pytest.mark.skipif(not REDIS, reason="TEST_REDIS_URL names no Redis")
PLACES = ["file", pytest.param("redis", marks=needs_redis)]


def forget():
    """Clear what the process cached, as in a new process."""
    versions.versions.cache_clear()
    stores.store.cache_clear()
    stores.memory.cache_clear()
    memoise._values.clear()
