"""Django's Redis cache, which turns itself off while Redis is unreachable. Pages then only get slower."""

import logging
from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache

log = logging.getLogger("vitrine.cache")


def _forgiving(name: str, nothing: Any) -> Callable:
    """Wrap the method of that name to return ``nothing`` if Redis does not respond."""
    method = getattr(RedisCache, name)

    def call(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except redis.RedisError as error:
            log.warning("Redis cache operation %s failed: %s", name, error)
            return nothing(args, kwargs) if callable(nothing) else nothing

    return call


def _default(args: tuple, kwargs: dict) -> Any:
    return kwargs.get("default", args[1] if len(args) > 1 else None)


class ForgivingRedisCache(RedisCache):
    """Treats unreadable keys as missing and skips failed writes.

    ``incr`` raises ValueError, as it does for a missing key. Sessions and other data that must not
    be lost are also in the database.
    """

    add = _forgiving("add", nothing=True)
    get = _forgiving("get", nothing=_default)
    set = _forgiving("set", nothing=None)
    touch = _forgiving("touch", nothing=False)
    delete = _forgiving("delete", nothing=False)
    get_many = _forgiving("get_many", nothing=lambda args, kwargs: {})
    set_many = _forgiving("set_many", nothing=lambda args, kwargs: [])
    delete_many = _forgiving("delete_many", nothing=None)
    has_key = _forgiving("has_key", nothing=False)
    clear = _forgiving("clear", nothing=False)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Raises ValueError if the key does not exist or Redis does not respond."""
        try:
            return super().incr(key, delta, version)
        except redis.RedisError as error:
            raise ValueError(str(error)) from error
