"""Django's Redis cache, off while Redis does not answer: a cache costs speed, never an answer."""

import logging
from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache

log = logging.getLogger("vitrine.cache")


def _forgiving(name: str, nothing: Any) -> Callable:
    """The method of that name, which gives ``nothing`` where Redis does not answer."""
    method = getattr(RedisCache, name)

    def call(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except redis.RedisError as error:
            log.warning("The cache did not %s: %s", name, error)
            return nothing(args, kwargs) if callable(nothing) else nothing

    return call


def _default(args: tuple, kwargs: dict) -> Any:
    return kwargs.get("default", args[1] if len(args) > 1 else None)


class ForgivingRedisCache(RedisCache):
    """What cannot be read is missing, and what cannot be written is not stored.

    ``incr`` raises ValueError, as for a key that does not exist. Sessions and everything else that
    must not be lost has the database behind it.
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
        """Raises ValueError where the key does not exist, or Redis does not answer."""
        try:
            return super().incr(key, delta, version)
        except redis.RedisError as error:
            raise ValueError(str(error)) from error
