"""System checks that refuse an unsafe configuration with a sentence."""

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.db import connection

from commerce.money import THREE_DECIMAL, UNCLEAR


@register(Tags.security)
def check_payment(app_configs, **kwargs):
    """Money needs keys of one mode and a webhook secret, or the demo gateway's opt-in."""
    secret, public = settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLISHABLE_KEY
    if not secret:
        if settings.DEBUG or settings.DEMO_GATEWAY or not settings.SALES:
            return []
        return [
            Error(
                "No real money can be taken: set STRIPE_SECRET_KEY, or say SALES=off for a shop that "
                "does not sell yet, or DEMO_GATEWAY=on for one that only demonstrates.",
                id="vitrine.E001",
            )
        ]
    errors = []
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
                "STRIPE_WEBHOOK_SECRETS is empty: payments would be confirmed only by the browser.",
                id="vitrine.E003",
            )
        )
    if "_live_" in secret and settings.DEBUG:
        errors.append(Error("Live keys with DEBUG on.", id="vitrine.E004"))
    return errors


@register()
def check_currency(app_configs, **kwargs):
    """Oscar's money columns have two decimals."""
    if settings.OSCAR_DEFAULT_CURRENCY in THREE_DECIMAL:
        return [
            Error(
                f"{settings.OSCAR_DEFAULT_CURRENCY} has three decimals and Oscar stores two.",
                id="vitrine.E005",
            )
        ]
    if settings.OSCAR_DEFAULT_CURRENCY in UNCLEAR:
        return [
            Error(
                f"It is not clear in which unit Stripe counts {settings.OSCAR_DEFAULT_CURRENCY}.",
                id="vitrine.E005",
            )
        ]
    return []


@register()
def check_seller(app_configs, **kwargs):
    """An invoice without its seller's address is none."""
    if settings.STRIPE_SECRET_KEY and not settings.SELLER["address"]:
        return [
            Warning(
                "Invoices have no address of the seller: set SELLER_NAME, SELLER_ADDRESS and, for a "
                "shop that is registered for VAT, SELLER_VAT_NUMBER.",
                id="vitrine.W002",
            )
        ]
    return []


@register(Tags.database)
def check_database(app_configs, databases, **kwargs):
    """The settings that correctness rests on, asked of the server itself."""
    if not databases:
        return []
    if settings.DATABASES["default"]["ATOMIC_REQUESTS"]:
        return [Error("ATOMIC_REQUESTS must stay off.", id="vitrine.E006")]
    if connection.vendor == "mysql":
        return _check_mysql()
    return _check_sqlite()


def _check_mysql():
    problems = []
    with connection.cursor() as cursor:
        isolation = (
            "@@transaction_isolation" if not connection.mysql_is_mariadb else "@@tx_isolation"
        )
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


def _check_sqlite():
    if settings.DATABASES["default"]["OPTIONS"].get("transaction_mode") != "IMMEDIATE":
        return [Error("SQLite needs transaction_mode IMMEDIATE.", id="vitrine.E009")]
    return []
