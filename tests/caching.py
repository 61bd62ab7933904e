"""Where the page cache is tested: files always, Redis where TEST_REDIS_URL names one."""

import os
from urllib.parse import urlsplit

import pytest

from commerce.page_cache import memoise, stores, versions


def redis_of_worker(url, worker):
    """The address of a database of its own for each process of a run: they empty it."""
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
    """Begin as a new process does."""
    versions.versions.cache_clear()
    stores.store.cache_clear()
    stores.memory.cache_clear()
    memoise._values.clear()
