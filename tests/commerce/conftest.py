"""The page cache, switched on for one test."""

import pytest

from commerce.page_cache import changes
from tests.caching import REDIS, forget


@pytest.fixture
def caching(settings, tmp_path):
    """``caching(place)`` switches the page cache on, with an empty store."""

    def switch_on(place="file"):
        settings.PAGE_CACHE = True
        settings.PAGE_CHANGES = settings.PAGE_STORE = place
        settings.PAGE_CACHE_FOLDER = tmp_path / "pages"
        settings.REDIS_URL = REDIS
        forget()
        if place == "redis":
            changes.sequence().client.flushdb()

    yield switch_on
    forget()
