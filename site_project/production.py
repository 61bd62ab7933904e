"""Start checks: the site does not start with an unsafe production configuration.

WSGI servers do not run Django's system checks, so ``refuse_unsafe_start`` runs these before the first
request. ``manage.py check --deploy`` runs the same checks.
"""

import ipaddress
import os
import pkgutil
import sys
from collections.abc import Iterator
from importlib import import_module
from urllib.parse import urlsplit

import django
from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from site_project import checks

#: Exit status on which gunicorn stops instead of restarting the worker.
REFUSED = 3
#: Prefix of the public keys in this repository.
PUBLISHED_KEY = "only-for-"
#: A random key of 50 characters has at least this many distinct characters.
MIN_KEY_CHARACTERS = 16


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine: localhost, 127.0.0.0/8, ::1 or an unspecified address."""
    if not host or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def is_local() -> bool:
    """Whether the site serves only this machine's own addresses and takes no real money."""
    hosts = {urlsplit(settings.SITE_URL).hostname, *settings.ALLOWED_HOSTS}
    return all(map(is_loopback, hosts)) and "_live_" not in settings.STRIPE_SECRET_KEY


# --- The settings ---------------------------------------------------------------------------------


@register(Tags.security, deploy=True)
def check_production(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Errors prevent the start, warnings are printed. A local demonstration has neither."""
    if is_local():
        return []
    found = (_check_site, _check_key, _check_mail, _check_redis, _check_database_password)
    return [message for check in found for message in check()]


def _check_site() -> Iterator[CheckMessage]:
    host = urlsplit(settings.SITE_URL).hostname
    if settings.DEBUG:
        yield Error(
            "DEBUG is on at a public address, where error pages show code and settings: set DEBUG=off.",
            id="vitrine.E018",
        )
    if not settings.IS_HTTPS:
        yield Error("SITE_URL must begin with https:// in production.", id="vitrine.E010")
    elif not settings.IS_BEHIND_PROXY:
        yield Warning(
            "BEHIND_PROXY is off: if a proxy terminates TLS, every page redirects to itself. "
            "Set BEHIND_PROXY=on.",
            id="vitrine.W004",
        )
    if host not in settings.ALLOWED_HOSTS:
        yield Error(
            f"ALLOWED_HOSTS lacks {host}, the host of SITE_URL: add it, or leave ALLOWED_HOSTS empty.",
            id="vitrine.E014",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS=* accepts every Host header: name the hosts of the shop.",
            id="vitrine.E015",
        )
    if settings.TASK_QUEUE == "immediate":
        yield Error(
            "TASK_QUEUE=immediate makes shoppers wait for the mail server: set TASK_QUEUE=database.",
            id="vitrine.E019",
        )
    if not settings.HAS_OWN_NAME:
        yield Warning(
            f"SITE_NAME is not set: pages and mails call the shop {settings.SITE_NAME}.",
            id="vitrine.W005",
        )
    if "_test_" in settings.STRIPE_SECRET_KEY:
        yield Warning(
            "Stripe's test keys at a public address: the shop takes orders but no money. Set "
            "STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY to live keys before you sell.",
            id="vitrine.W003",
        )


def _check_key() -> Iterator[CheckMessage]:
    key = settings.SECRET_KEY
    is_weak = len(set(key)) < MIN_KEY_CHARACTERS or key.startswith("django-insecure-")
    if is_weak or key.startswith(PUBLISHED_KEY):
        yield Error(
            "SECRET_KEY can be guessed: set it to at least 50 random characters, "
            "such as `python3 -c 'import secrets; print(secrets.token_urlsafe(48))'` prints.",
            id="vitrine.E011",
        )


def _check_mail() -> Iterator[CheckMessage]:
    if not settings.EMAIL_URL and not settings.MAIL_TO_FILES:
        yield Error(
            "EMAIL_URL is not set, so no mail leaves this machine: set it to the mail server, or set "
            "MAIL_TO_FILES=on to write mails to files in var/mail.",
            id="vitrine.E012",
        )
    if not settings.HAS_OWN_SENDER:
        yield Error(
            "DEFAULT_FROM_EMAIL is not set: set the sender of the shop's mails, "
            "such as `My shop <orders@shop.example>`.",
            id="vitrine.E013",
        )


def _check_redis() -> Iterator[CheckMessage]:
    parts = urlsplit(settings.REDIS_URL)
    if is_loopback(parts.hostname) or parts.password or settings.REDIS_WITHOUT_PASSWORD:
        return
    yield Error(
        f"Redis at {parts.hostname} stores sessions but has no password: set REDIS_PASSWORD (or "
        "REDIS_PASSWORD_FILE), or set REDIS_WITHOUT_PASSWORD=on for a private network.",
        id="vitrine.E016",
    )


def _check_database_password() -> Iterator[CheckMessage]:
    database = settings.DATABASES["default"]
    host = database.get("HOST", "")
    if database["ENGINE"].endswith("sqlite3") or is_loopback(host) or host.startswith("/"):
        return
    if not database.get("PASSWORD"):
        yield Error(
            f"The database at {host} has no password: set DATABASE_PASSWORD or "
            "DATABASE_PASSWORD_FILE.",
            id="vitrine.E017",
        )


# --- The database ---------------------------------------------------------------------------------


def database_errors() -> list[str]:
    """Why the database cannot be used, as sentences: it does not respond, or lacks migrations."""
    try:
        applied = set(MigrationRecorder(connection).applied_migrations())
    except DatabaseError as error:
        return [unusable_database(error)]
    finally:
        connection.close()
    missing = [name for name in _migrations_on_disk() if name not in applied]
    if not missing:
        return []
    sentence = (
        "The database lacks {} migrations: run `make seed`, or `manage.py migrate_if_needed`."
    )
    return [sentence.format(len(missing))]


def unusable_database(error: Exception) -> str:
    """A sentence about a database that cannot be opened or does not respond."""
    reason = error.args[-1] if error.args else error
    if connection.vendor == "sqlite":
        path = connection.settings_dict["NAME"]
        return f"The database {path} cannot be opened ({reason}): is its folder writable?"
    return f"The database in DATABASE_URL does not respond ({reason}): start it or correct the URL."


def cache_errors() -> list[str]:
    """Errors of ``commerce.task_leases.cache_errors``: another process has a separate page cache."""
    from commerce import task_leases  # needs the apps

    return task_leases.cache_errors()


def _migrations_on_disk() -> Iterator[tuple[str, str]]:
    """``(app label, name)`` of every migration. Does not import them, so that workers start faster."""
    for config in apps.get_app_configs():
        path = settings.MIGRATION_MODULES.get(config.label, f"{config.name}.migrations")
        try:
            package = import_module(path)
        except ModuleNotFoundError:
            continue
        for module in pkgutil.iter_modules(package.__path__):
            if not module.ispkg and module.name[0] not in "_~":
                yield config.label, module.name


# --- The start ------------------------------------------------------------------------------------


def problems() -> tuple[list[str], list[str]]:
    """``(errors, warnings)`` as sentences. Errors prevent the start. Queries the database."""
    messages = [
        *checks.check_payment(None),
        *checks.check_currency(None),
        *checks.check_seller(None),
        *check_production(None),
    ]
    unreachable = []
    if not settings.DEBUG:  # `runserver` reports missing migrations itself.
        unreachable = database_errors()
        if not unreachable:
            messages += checks.check_database(None, databases=["default"])
            connection.close()
            unreachable = cache_errors()
    errors = [message.msg for message in messages if message.is_serious()]
    return errors + unreachable, [row.msg for row in messages if not row.is_serious()]


def refuse_unsafe_start() -> None:
    """Print the problems to stderr. Raise SystemExit if there is an error.

    Django must be set up. Leaves no database connection open.
    """
    errors, warnings = problems()
    sys.stderr.writelines(f"vitrine: {sentence}\n" for sentence in warnings)
    sys.stderr.writelines(f"vitrine: not started. {sentence}\n" for sentence in errors)
    sys.stderr.flush()
    if errors:
        raise SystemExit(REFUSED)


def main() -> None:
    """Check this process's environment, invalid variables included."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"vitrine: not started. {error}\n")
        raise SystemExit(REFUSED) from None
    refuse_unsafe_start()
    import_module(settings.ROOT_URLCONF)  # fail here, not in each worker


if __name__ == "__main__":
    main()
