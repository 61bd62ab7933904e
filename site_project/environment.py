"""Reads environment variables. Every error names the variable and what is wrong with it."""

import tomllib
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote, urlsplit, urlunsplit

import environ
from django.core.exceptions import ImproperlyConfigured

#: Run on every connection to MySQL or MariaDB (docs/architecture.md, "Both databases").
MYSQL_SESSION = (
    "SET SESSION sql_mode='STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout=5"
    # MariaDB turns IN lists of 1000 or more values into a table, and then often joins in a slow order.
    " /*M!100300 , in_predicate_conversion_threshold=0 */"
)
MYSQL_OPTIONS = {
    "charset": "utf8mb4",
    "isolation_level": "read committed",
    "init_command": MYSQL_SESSION,
    "connect_timeout": 5,
    "read_timeout": 30,
    "write_timeout": 30,
}
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON",
}
#: Seconds a thread keeps its connection. In SQLite, opening one takes as long as four queries.
CONNECTION_SECONDS = 300

#: The minimum of Django's deployment check.
MIN_KEY_LENGTH = 50

# The methods of Environment that are named after these types hide them inside the class.
Text: TypeAlias = str
Texts: TypeAlias = list[str]
Number: TypeAlias = int
Switch: TypeAlias = bool


def read_toml(path: Path) -> dict[Text, Any]:
    """The content of a TOML file."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def demo_defaults(folder: Path, name: Text) -> dict[Text, Any]:
    """The defaults of environment variables in a demo shop; "" is the first one.

    Raises ImproperlyConfigured for an unknown one.
    """
    file = folder / name / "data" / "settings.toml"
    if not file.is_file():
        known = sorted(path.parents[1].name for path in folder.glob("*/data/settings.toml"))
        raise ImproperlyConfigured(
            f"DEMO must be empty or one of {', '.join(known)}, not {name!r}."
        )
    return read_toml(file)


class Environment:
    """The process's environment variables, with those of an optional ``.env`` file as defaults.

    An empty variable counts as not set. Each method raises ``ImproperlyConfigured`` with the
    variable's name if its value is invalid.
    """

    def __init__(self, dotenv: Path) -> None:
        self._env = environ.Env()
        if dotenv.is_file():
            self._env.read_env(dotenv)

    def str(self, name: Text, *, default: Text) -> Text:
        """The variable's text without surrounding spaces."""
        return self._env.str(name, default="").strip() or default

    def decimal(self, name: Text, *, default: Text) -> Decimal:
        """A decimal number of zero or more, such as an amount of money."""
        text = self.str(name, default=default)
        try:
            value = Decimal(text)
        except InvalidOperation as error:
            raise ImproperlyConfigured(f"{name} must be a number, not {text!r}.") from error
        if not value.is_finite() or value < 0:
            raise ImproperlyConfigured(f"{name} must be zero or more, not {text!r}.")
        return value

    def list(self, name: Text, *, default: Texts) -> Texts:
        """The comma-separated values of the variable."""
        values = [value.strip() for value in self.str(name, default="").split(",")]
        return [value for value in values if value] or default

    def bool(self, name: Text, *, default: Switch) -> Switch:
        """Whether the variable is on, in one of the usual spellings."""
        value = self.str(name, default="").lower()
        if value in {"on", "true", "yes", "1"}:
            return True
        if value in {"off", "false", "no", "0"}:
            return False
        if value:
            raise ImproperlyConfigured(f"{name} must be on or off, not {value!r}.")
        return default

    def int(self, name: Text, *, default: Number) -> Number:
        """A whole number of zero or more."""
        value = self.str(name, default="")
        if not value:
            return default
        if not value.isdigit():
            raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")
        return int(value)

    def choice(self, name: Text, choices: Collection[Text], *, default: Text) -> Text:
        """One of the choices."""
        value = self.str(name, default=default)
        if value not in choices:
            raise ImproperlyConfigured(
                f"{name} must be one of {', '.join(choices)}, not {value!r}."
            )
        return value

    def country(self, name: Text, *, default: Text) -> Text:
        """A code of ISO 3166-1 in capitals. An unknown one would have no VAT."""
        value = self.str(name, default=default).strip().upper()
        if len(value) != 2 or not (value.isascii() and value.isalpha()) or value == "UK":
            raise ImproperlyConfigured(
                f"{name} must be a two-letter code of ISO 3166-1 such as GB or DE, not {value!r}."
            )
        return value

    def url(self, name: Text, *, default: Text) -> Text:
        """An http or https URL of a host, without a path or trailing slash."""
        value = self.str(name, default=default).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
            raise ImproperlyConfigured(
                f"{name} must be a URL such as https://shop.example, not {value!r}."
            )
        return value

    def seller(self, *, name: Text, defaults: Mapping[Text, Text]) -> dict[Text, Any]:
        """The seller that invoices name; ``defaults`` holds values for variables that are not set."""
        vat_number = defaults.get("SELLER_VAT_NUMBER", "")
        address = self.str("SELLER_ADDRESS", default=defaults.get("SELLER_ADDRESS", ""))
        company_number = defaults.get("SELLER_COMPANY_NUMBER", "")
        return {
            "name": self.str("SELLER_NAME", default=name),
            "address": [line.strip() for line in address.split("|") if line.strip()],
            "vat_number": self.str("SELLER_VAT_NUMBER", default=vat_number),
            "company_number": self.str("SELLER_COMPANY_NUMBER", default=company_number),
        }

    def secret(self, name: Text) -> Text:
        """The variable, or the content of the file that NAME_FILE names; "" without either."""
        path = self.str(f"{name}_FILE", default="")
        if not path:
            return self.str(name, default="")
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error}") from error

    def secrets(self, name: Text) -> Texts:
        """The comma-separated values of the variable, or of the file that NAME_FILE names."""
        return [value.strip() for value in self.secret(name).split(",") if value.strip()]

    def redis(self, name: Text, *, password: Text) -> Text:
        """A Redis URL, with ``password`` added if it has none; "" if it is not set."""
        value = self.str(name, default="")
        if not value:
            return ""
        parts = urlsplit(value)
        if parts.scheme not in {"redis", "rediss", "unix"}:
            raise ImproperlyConfigured(
                f"{name} must begin with redis://, rediss:// or unix://: redis://host:6379/0."
            )
        if password and not parts.password:
            where = parts.netloc.rpartition("@")[2]
            parts = parts._replace(
                netloc=f"{parts.username or ''}:{quote(password, safe='')}@{where}"
            )
        return urlunsplit(parts)

    def secret_key(self, name: Text) -> Text:
        """A secret key of sufficient length."""
        value = self.secret(name)
        if len(value) < MIN_KEY_LENGTH:
            raise ImproperlyConfigured(
                f"{name} must be set to at least {MIN_KEY_LENGTH} random characters; "
                "`make run` writes one into .env on a development machine."
            )
        return value

    def database(self, name: Text, *, default: Text) -> dict[Text, Any]:
        """Django's DATABASES entry for a URL, with the options that the shop requires."""
        value = self.str(name, default=default)
        scheme = urlsplit(value).scheme
        if scheme in {"mysql", "mariadb"}:
            password = self.secret("DATABASE_PASSWORD")
            return self._mysql(value) | ({"PASSWORD": password} if password else {})
        if scheme == "sqlite":
            return {
                **environ.Env.db_url_config(value),
                "OPTIONS": dict(SQLITE_OPTIONS),
                "CONN_MAX_AGE": CONNECTION_SECONDS,
            }
        # Only the scheme: the URL may contain a password.
        found = f"not {scheme}://" if scheme else "and has no scheme"
        raise ImproperlyConfigured(f"{name} must begin with sqlite:// or mysql://, {found}.")

    @staticmethod
    def _mysql(value: Text) -> dict[Text, Any]:
        config = environ.Env.db_url_config(value.replace("mariadb://", "mysql://", 1))
        config["ENGINE"] = "django.db.backends.mysql"
        return {
            **config,
            "OPTIONS": {**config.get("OPTIONS", {}), **MYSQL_OPTIONS},
            "CONN_MAX_AGE": CONNECTION_SECONDS,
            "CONN_HEALTH_CHECKS": True,
        }

    @staticmethod
    def email(value: Text, *, password: Text = "") -> dict[Text, Any]:
        """Django's EMAIL_* settings for ``smtp://user:password@host:port`` (or smtp+tls://).

        ``password`` replaces the URL's password.
        """
        try:
            config = environ.Env.email_url_config(value)
        except Exception as error:
            raise ImproperlyConfigured(f"EMAIL_URL is not usable: {error}") from error
        return config | ({"EMAIL_HOST_PASSWORD": password} if password else {})
