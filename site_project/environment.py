"""Reading the environment, so that a wrong variable is named in the sentence that refuses it."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import environ
from django.core.exceptions import ImproperlyConfigured

#: Sent on every connection to MySQL or MariaDB (docs/architecture.md, "Both databases").
MYSQL_SESSION = (
    "SET SESSION sql_mode='STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout=5"
    # MariaDB makes a table of a thousand keys or more, and then often reads the wrong one first.
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
#: Seconds for which a thread keeps its connection. Opening one costs SQLite as much as four queries.
CONNECTION_SECONDS = 300

#: What Django's own deployment check asks of a key.
MIN_KEY_LENGTH = 50


class Environment:
    """The process's variables, and those of an optional ``.env`` file below them.

    Each reader raises ``ImproperlyConfigured`` with the variable's name when its value is unusable.
    """

    def __init__(self, dotenv: Path):
        self._env = environ.Env()
        if dotenv.is_file():
            self._env.read_env(dotenv)

    def str(self, name, *, default):
        """The variable's text; an empty one counts as not set, in every reader."""
        return self._env.str(name, default="").strip() or default

    def decimal(self, name, *, default):
        """An exact number of zero or more, such as an amount of money."""
        text = self.str(name, default=default)
        try:
            value = Decimal(text)
        except InvalidOperation as error:
            raise ImproperlyConfigured(f"{name} must be a number, not {text!r}.") from error
        if not value.is_finite() or value < 0:
            raise ImproperlyConfigured(f"{name} must be zero or more, not {text!r}.")
        return value

    def list(self, name, *, default):
        values = [value.strip() for value in self.str(name, default="").split(",")]
        return [value for value in values if value] or default

    def bool(self, name, *, default):
        value = self.str(name, default="").lower()
        if value in {"on", "true", "yes", "1"}:
            return True
        if value in {"off", "false", "no", "0"}:
            return False
        if value:
            raise ImproperlyConfigured(f"{name} must be on or off, not {value!r}.")
        return default

    def int(self, name, *, default):
        value = self.str(name, default="")
        if not value:
            return default
        if not value.isdigit():
            raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")
        return int(value)

    def choice(self, name, choices, *, default):
        value = self.str(name, default=default)
        if value not in choices:
            raise ImproperlyConfigured(
                f"{name} must be one of {', '.join(choices)}, not {value!r}."
            )
        return value

    def url(self, name, *, default):
        value = self.str(name, default=default).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
            raise ImproperlyConfigured(
                f"{name} must be an address such as https://shop.example, not {value!r}."
            )
        return value

    def seller(self, *, shop_name, is_demo):
        """Who sells, as invoices name it; the demo names a company that is nobody's."""
        address = "The Sail Loft|3 Quay Lane|Saltmarsh|NR23 1ZZ|United Kingdom" if is_demo else ""
        rows = self.str("SELLER_ADDRESS", default=address).split("|")
        return {
            "name": self.str("SELLER_NAME", default=f"{shop_name} Ltd" if is_demo else shop_name),
            "address": [row.strip() for row in rows if row.strip()],
            "vat_number": self.str(
                "SELLER_VAT_NUMBER", default="GB 999 9999 73" if is_demo else ""
            ),
            "company_number": self.str(
                "SELLER_COMPANY_NUMBER", default="00000000" if is_demo else ""
            ),
        }

    def secret(self, name):
        """The variable, or the content of the file that NAME_FILE points to; "" without either."""
        path = self.str(f"{name}_FILE", default="")
        if not path:
            return self.str(name, default="")
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error}") from error

    def secrets(self, name):
        """The comma-separated values of the variable, or of the file that NAME_FILE points to."""
        return [value.strip() for value in self.secret(name).split(",") if value.strip()]

    def redis(self, name, *, password):
        """A Redis URL with ``password`` in it where the URL has none; "" where it is not set."""
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

    def secret_key(self, name):
        value = self.secret(name)
        if len(value) < MIN_KEY_LENGTH:
            raise ImproperlyConfigured(
                f"{name} must be set to at least {MIN_KEY_LENGTH} random characters; "
                "`make run` writes one into .env on a development machine."
            )
        return value

    def database(self, name, *, default):
        """Django's DATABASES entry for a URL, with the options that correctness rests on."""
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
        raise ImproperlyConfigured(f"{name} must begin with sqlite:// or mysql://, not {value!r}.")

    @staticmethod
    def _mysql(value):
        config = environ.Env.db_url_config(value.replace("mariadb://", "mysql://", 1))
        config["ENGINE"] = "django.db.backends.mysql"
        return {
            **config,
            "OPTIONS": {**config.get("OPTIONS", {}), **MYSQL_OPTIONS},
            "CONN_MAX_AGE": CONNECTION_SECONDS,
            "CONN_HEALTH_CHECKS": True,
        }

    @staticmethod
    def email(value, *, password=""):
        """Django's EMAIL_* settings for ``smtp://user:password@host:port`` (or smtp+tls://).

        ``password`` stands in for the URL's.
        """
        try:
            config = environ.Env.email_url_config(value)
        except Exception as error:
            raise ImproperlyConfigured(f"EMAIL_URL is not usable: {error}") from error
        return config | ({"EMAIL_HOST_PASSWORD": password} if password else {})
