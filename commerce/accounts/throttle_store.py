"""The store of allauth's limits: a cache shared by all processes."""

from typing import Any, cast

from allauth.core.internal import ratelimit
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import caches
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection
from django.utils import timezone
from django.utils.connection import ConnectionProxy

#: The cache alias of all counters outside ``commerce.throttles``.
ALIAS = "throttles"
#: Backends that all processes of a shop share.
SHARED = ("DatabaseCache", "RedisCache", "PyMemcacheCache")


def share_allauth_limits() -> None:
    """Make allauth count in the shared store, and remember used authenticator codes there.

    It imports the default cache by name, which may be the memory of one process.
    """
    ratelimit.cache = totp.cache = ConnectionProxy(caches, ALIAS)


def forget_expired_counters() -> None:
    """Delete what Django's database cache would only delete once its table is full."""
    table = connection.ops.quote_name(cast(Any, caches[ALIAS])._table)
    now = connection.ops.adapt_datetimefield_value(timezone.now().replace(microsecond=0))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [now])  # noqa: S608  our own table


@register(Tags.security)
def check_shared_throttles(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Two workers must not allow twice the attempts."""
    backend = type(caches[ALIAS]).__name__
    used = {getattr(module.cache, "_alias", "default") for module in (ratelimit, totp)}
    if backend in SHARED and used == {ALIAS}:
        return []
    return [
        Error(
            "Attempts are counted by each process for itself: the cache alias “throttles” must be a "
            "database or Redis cache, and allauth must use it.",
            id="vitrine.E020",
        )
    ]
