"""System checks of the configuration. Each message is a sentence that names the remedy."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection

from commerce.money import THREE_DECIMAL, UNCLEAR


@register(Tags.security)
def check_payment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Payments need Stripe keys of one mode and a webhook secret, or the opt-in to the demo gateway."""
    secret, public = settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLISHABLE_KEY
    if not secret:
        if settings.DEBUG or settings.DEMO_GATEWAY or not settings.SALES:
            return []
        return [
            Error(
                "The shop cannot take payments: set STRIPE_SECRET_KEY, or SALES=off for a shop that does "
                "not sell yet, or DEMO_GATEWAY=on for a demonstration.",
                id="vitrine.E001",
            )
        ]
    errors: list[CheckMessage] = []
    if ("_live_" in secret) != ("_live_" in public):
        errors.append(
            Error(
                "STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY must both be test keys or both live.",
                id="vitrine.E002",
            )
        )
    if not settings.STRIPE_WEBHOOK_SECRETS:
        errors.append(
            Error(
                "STRIPE_WEBHOOK_SECRETS is empty: only the browser would confirm payments.",
                id="vitrine.E003",
            )
        )
    if "_live_" in secret and settings.DEBUG:
        errors.append(Error("DEBUG is on with live Stripe keys.", id="vitrine.E004"))
    return errors


@register()
def check_currency(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The currency must have at most two decimals, as Oscar's columns do, and a clear minor unit."""
    if settings.OSCAR_DEFAULT_CURRENCY in THREE_DECIMAL:
        return [
            Error(
                f"{settings.OSCAR_DEFAULT_CURRENCY} has three decimals, but Oscar stores two.",
                id="vitrine.E005",
            )
        ]
    if settings.OSCAR_DEFAULT_CURRENCY in UNCLEAR:
        return [
            Error(
                f"The unit of {settings.OSCAR_DEFAULT_CURRENCY} at Stripe is not clear.",
                id="vitrine.E005",
            )
        ]
    return []


@register()
def check_seller(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Invoices need the seller's address."""
    if settings.STRIPE_SECRET_KEY and not settings.SELLER["address"]:
        return [
            Warning(
                "Invoices lack the seller's address: set SELLER_NAME, SELLER_ADDRESS and, if the seller "
                "is registered for VAT, SELLER_VAT_NUMBER.",
                id="vitrine.W002",
            )
        ]
    return []


@register(Tags.database)
def check_database(
    app_configs: Any, databases: Iterable[str] | None, **kwargs: Any
) -> list[CheckMessage]:
    """The database must have the settings that correctness depends on. Queries the server."""
    if not databases:
        return []
    if settings.DATABASES["default"]["ATOMIC_REQUESTS"]:
        return [Error("ATOMIC_REQUESTS must be off.", id="vitrine.E006")]
    if connection.vendor == "mysql":
        return _check_mysql()
    return _check_sqlite()


def _check_mysql() -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    with connection.cursor() as cursor:
        is_mariadb = getattr(connection, "mysql_is_mariadb", False)
        isolation = "@@tx_isolation" if is_mariadb else "@@transaction_isolation"
        cursor.execute(f"SELECT {isolation}, @@sql_mode, @@collation_database")
        level, mode, collation = cursor.fetchone()
    if level.upper() != "READ-COMMITTED":
        problems.append(
            Error(f"Transactions run at {level}, not READ-COMMITTED.", id="vitrine.E007")
        )
    if "STRICT_TRANS_TABLES" not in mode:
        problems.append(Error("sql_mode is not strict.", id="vitrine.E008"))
    if not collation.startswith("utf8mb4") or "_ai_" in collation:
        problems.append(
            Warning(
                f"The database's collation is {collation}: create it with utf8mb4_uca1400_as_ci "
                "(MariaDB) or utf8mb4_0900_as_ci (MySQL), or accents are ignored.",
                id="vitrine.W001",
            )
        )
    return problems


def _check_sqlite() -> list[CheckMessage]:
    if settings.DATABASES["default"]["OPTIONS"].get("transaction_mode") != "IMMEDIATE":
        return [Error("SQLite needs transaction_mode IMMEDIATE.", id="vitrine.E009")]
    return []
