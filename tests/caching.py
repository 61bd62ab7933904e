"""Where the page cache is tested: files always, Redis where TEST_REDIS_URL names one."""

import os

import pytest

from commerce import kept_sets
from commerce.page_cache import changes, front, kept, parts, stores

REDIS = os.environ.get("TEST_REDIS_URL", "")
needs_redis = pytest.mark.skipif(not REDIS, reason="TEST_REDIS_URL names no Redis")
PLACES = ["file", pytest.param("redis", marks=needs_redis)]


def forget():
    """Begin as a new process does."""
    changes.sequence.cache_clear()
    stores.store.cache_clear()
    stores.memory.cache_clear()
    front.known.cache_clear()
    kept._facts.clear()
    parts.parts.cache_clear()
    kept_sets.memory.clear()
